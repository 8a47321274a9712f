/** Forgeries of peers' requests: many at the verifier, fewer over sockets, none believed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJwk } from '../src/security/ed25519-key.ts'
import { judgeMutations } from './support/judge-mutations.ts'
import { type RawAnswer, sendRaw } from './support/peer-request.ts'
import { createRandom } from './support/random.ts'
import { publish } from './support/records.ts'
import { type RunningRegistry, startRegistry } from './support/registry.ts'
import {
  type Components,
  type Genuine,
  genuineRequest,
  makePeerKeys,
  mutate,
  type PeerKeys,
  type Scheme,
} from './support/request-mutations.ts'

test('of forgeries of every component, in either scheme, the verifier believes none', () => {
  const { judged, accepted, byComponent } = judgeMutations(10_000, 1)
  assert.equal(judged, 10_000)
  assert.deepEqual(accepted, [])
  assert.deepEqual([...byComponent.keys()].sort(), [
    ...['authorization', 'content-digest', 'method', 'signature', 'signature-input', 'target'],
    ...['x-federation-registry', 'x-federation-signature'],
  ])
})

const SCHEMES: readonly Scheme[] = ['hmac-sha256', 'rfc9421-ed25519']

async function enrolKeys(lumen: RunningRegistry, scheme: Scheme): Promise<PeerKeys> {
  const registry = `https://${scheme}.example`
  const given = await lumen.succeed<{ peer_id: string; token: string; signing_secret: string }>(
    'POST',
    '/federation/tokens',
    { body: { name: scheme, registry_url: registry } },
  )
  const keys = makePeerKeys(registry, given.token, given.signing_secret)
  await lumen.succeed('PUT', `/federation/peers/${given.peer_id}`, {
    body: { public_key: canonicalJwk(keys.pair.x), signature_scheme: scheme },
  })
  return keys
}

function send({ url }: RunningRegistry, components: Components): Promise<RawAnswer> {
  const { method = '', target = '', ...headers } = components
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    'Connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  return sendRaw(url, Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
}

test('of a thousand forgeries over sockets none is answered with anything', async (t) => {
  const lumen = await startRegistry(t, { name: 'Lumen', env: { REGISTRY_ANONYMOUS_READ: 'false' } })
  await publish(lumen, { name: 'Treasure', visibility: 'federated' })
  const { next: random } = createRandom(7)
  const authority = new URL(lumen.url).host
  const statuses = new Map<number, number>()
  for (const scheme of SCHEMES) {
    const keys = await enrolKeys(lumen, scheme)
    const make = (target: string): Genuine =>
      genuineRequest(scheme, keys, { authority, target, now: Date.now() / 1000 })
    for (let round = 0; round < 50; round += 1) {
      const genuine = make('/api/v1/agents?search=treasure&limit=50')
      const others = [make('/api/v1/agents?search=treasure&limit=20'), make('/api/v1/changes?since=0')]
      const forged = await Promise.all(
        Array.from({ length: 10 }, async () => {
          const mutation = mutate(genuine, others, random)
          return { ...mutation, answer: await send(lumen, mutation.components) }
        }),
      )
      for (const { component, components, answer } of forged) {
        const what = `${component}: ${JSON.stringify(components)} got ${answer.status} ${answer.text}`
        assert.ok(answer.status >= 400 && answer.status < 500, what)
        assert.doesNotMatch(answer.text, /Treasure|avf_/, what)
        assert.equal(answer.headers.signature, undefined, what)
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      }
      // Not used up, nor slowed down, by what was made of it.
      const honest = await send(lumen, genuine.components)
      assert.equal(honest.status, 200, honest.text)
      assert.match(honest.text, /Treasure/)
    }
  }
  const refusals = [...statuses.values()].reduce((sum, count) => sum + count)
  assert.equal(refusals, 1_000)
  assert.ok((statuses.get(401) ?? 0) > 500, JSON.stringify([...statuses]))
})
