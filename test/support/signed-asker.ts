/** Peers that sign with a key: made by hand, and whole registries that know each other by their keys. */
import { sign } from 'node:crypto'
import type { MessageSigner } from '../../src/domain/peer.ts'
import { canonicalJwk, mintKeyPair, toPrivateKey } from '../../src/security/ed25519-key.ts'
import { signRequest } from '../../src/security/signature-rfc9421.ts'
import { enrol, type RunningRegistry } from './registry.ts'

export type SignedAsker = {
  readonly peerId: string
  readonly token: string
  readonly signingSecret: string
  /** Public URL of the registry it says it is. */
  readonly registry: string
  readonly signer: MessageSigner
  /** All headers of one request, signed anew at each call. */
  headersFor(target: string, options?: { readonly method?: string; readonly at?: number }): SignedHeaders
}

export type SignedHeaders = {
  readonly authorization: string
  readonly 'x-federation-registry': string
  readonly 'content-digest': string
  readonly 'signature-input': string
  readonly signature: string
}

/** A peer that `registry` knows by its key, and takes no other signature of. */
export async function enrolSignedAsker(
  registry: RunningRegistry,
  asker = 'https://asker.example',
): Promise<SignedAsker> {
  const pair = mintKeyPair()
  const privateKey = toPrivateKey(pair)
  const signer: MessageSigner = {
    thumbprint: pair.thumbprint,
    sign: (bytes) => sign(null, bytes, privateKey),
  }
  const given = await registry.succeed<{ peer_id: string; token: string; signing_secret: string }>(
    'POST',
    '/federation/tokens',
    { body: { name: new URL(asker).hostname, registry_url: asker } },
  )
  await registry.succeed('PUT', `/federation/peers/${given.peer_id}`, {
    body: { public_key: canonicalJwk(pair.x), signature_scheme: 'rfc9421-ed25519' },
  })
  const authorization = `Bearer ${given.token}`
  return {
    ...{ peerId: given.peer_id, token: given.token, signingSecret: given.signing_secret },
    ...{ registry: asker, signer },
    headersFor(target, { method = 'GET', at = Date.now() } = {}) {
      const [path = '', query = ''] = target.split(/(?=\?)/)
      const parts = {
        ...{ method, authority: new URL(registry.url).host, path, query: query || '?' },
        ...{ body: new Uint8Array(0), registry: asker, authorization },
      }
      const { headers } = signRequest(parts, { signer, now: at / 1000 })
      return { authorization, 'x-federation-registry': asker, ...headers }
    },
  }
}

/** The key a registry shows, as operators pass it on. */
export async function publicKeyOf(registry: RunningRegistry): Promise<string> {
  const { body } = await registry.send<{ keys: readonly [{ x: string }] }>(
    'GET',
    '/.well-known/agent-registry.json',
  )
  return canonicalJwk(body.keys[0].x)
}

/** Lets `asker` ask `answerer`, each knowing the other by its key. */
export async function enrolByKey(
  asker: RunningRegistry,
  answerer: RunningRegistry,
): Promise<{ readonly peerId: string; readonly peerIdThere: string }> {
  const { peerId } = await enrol(asker, answerer)
  await asker.succeed('PUT', `/federation/peers/${peerId}`, {
    body: { public_key: await publicKeyOf(answerer), signature_scheme: 'rfc9421-ed25519' },
  })
  const { peers } = await answerer.succeed<{ peers: { id: string; registry_url: string }[] }>(
    'GET',
    '/federation/peers',
  )
  const peerIdThere = peers.find(({ registry_url: url }) => url === asker.url)?.id ?? ''
  await answerer.succeed('PUT', `/federation/peers/${peerIdThere}`, {
    body: { public_key: await publicKeyOf(asker), signature_scheme: 'rfc9421-ed25519' },
  })
  return { peerId, peerIdThere }
}
