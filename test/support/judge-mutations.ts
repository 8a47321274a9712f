/** Forgeries put to the verifier that every request of a peer meets, without a network between. */
import assert from 'node:assert/strict'
import type { PeerId } from '../../src/domain/peer.ts'
import { checkPeerRequest, type PeerRequestRule } from '../../src/http/peer-request.ts'
import { canonicalJwk } from '../../src/security/ed25519-key.ts'
import { makePeer } from './federation.ts'
import { createRandom } from './random.ts'
import {
  type Components,
  type Genuine,
  genuineRequest,
  makePeerKeys,
  mutate,
  type PeerKeys,
  type Scheme,
} from './request-mutations.ts'

const NOW = 1_790_000_000
const RULE: PeerRequestRule = {
  ...{ requireSignature: true, maxAgeSeconds: 300, now: NOW, basePath: '' },
  certificate: () => ({ ok: false, reason: 'missing', detail: '' }),
  authority: 'registry.example:8443',
}
const TARGETS = [
  '/api/v1/agents?search=caf%C3%A9%20au+lait&tags=x%2Cy&limit=50',
  '/api/v1/agents?limit=50&search=nlp',
  '/api/v1/agents',
  '/api/v1/agents/did%3Aweb%3Aregistry.example%3Aagents%3A7',
  '/api/v1/changes?since=4711&limit=1000',
  '/api/v1/health',
]

const KEYS: readonly PeerKeys[] = [
  makePeerKeys('https://asker.example', 'avf_the-token-of-the-asker', 'the secret of the asker'),
  makePeerKeys('https://other.example/registry', 'avf_the-token-of-the-other', 'the secret of the other'),
]

export type Judged = {
  readonly judged: number
  /** Forgeries that were believed. */
  readonly accepted: readonly {
    readonly scheme: Scheme
    readonly component: string
    readonly sent: Components
  }[]
  /** How many there were of each component. */
  readonly byComponent: ReadonlyMap<string, number>
}

/** Half of the forgeries in either scheme. Fails if a genuine request is not believed. */
export function judgeMutations(count: number, seed: number): Judged {
  const { next: random } = createRandom(seed)
  const byComponent = new Map<string, number>()
  const accepted: Judged['accepted'][number][] = []
  for (const scheme of ['hmac-sha256', 'rfc9421-ed25519'] as const) {
    let genuine = makeAll(scheme)
    for (let made = 0; made < count / 2; made += 1) {
      if (made % 1_000 === 0) genuine = makeAll(scheme)
      const [first, ...others] = genuine
      assert.ok(first)
      if (made % 500 === 0) assert.ok(isBelieved(first.components), `${scheme} of an honest peer is refused`)
      const { component, components } = mutate(first, others, random)
      byComponent.set(component, (byComponent.get(component) ?? 0) + 1)
      if (isBelieved(components)) accepted.push({ scheme, component, sent: components })
      genuine = [...genuine.slice(1), first]
    }
  }
  return { judged: count, accepted, byComponent }
}

/** Of either peer, to every target, in this second and the one before; those of the first peer are put to the verifier. */
function makeAll(scheme: Scheme): Genuine[] {
  return KEYS.flatMap((keys) =>
    TARGETS.flatMap((target) =>
      [NOW, NOW - 1].map((now) => genuineRequest(scheme, keys, { authority: RULE.authority, target, now })),
    ),
  )
}

/** The token names the peer, as it does in the server: one that names none opens nothing. */
function isBelieved({ method = '', target = '', ...headers }: Components): boolean {
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1]
  const keys = KEYS.find((one) => one.token === token)
  if (keys === undefined) return false
  const peer = makePeer(keys.registry, {
    id: 'p' as PeerId,
    isInboundActive: true,
    publicKey: canonicalJwk(keys.pair.x),
    signatureScheme: headers['x-federation-signature'] === undefined ? 'rfc9421-ed25519' : 'hmac-sha256',
  })
  const verdict = checkPeerRequest(
    { method, target, headers },
    { peer, hmacSecret: keys.signingSecret },
    RULE,
  )
  return verdict.ok && (verdict.pending === null || verdict.pending.verify().ok)
}
