/** A peer that asks by hand: with its token, signed, and shown whole what came back. */
import { signedBy } from './peer-request.ts'
import type { Answer, Problem, RunningRegistry } from './registry.ts'

export type PeerAsker = {
  readonly id: string
  readonly url: string
  /** Asks `path` below `/api/v1` as the peer. */
  ask<T = Problem>(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer<T>>
  /** Sets its share policy, or takes it away. */
  share(policy: unknown): Promise<void>
}

/** Makes a peer that may ask, at an address where nobody listens. */
export async function addAsker(
  registry: RunningRegistry,
  { name = 'Partner', policy }: { readonly name?: string; readonly policy?: unknown } = {},
): Promise<PeerAsker> {
  const url = `https://127.0.0.1/${encodeURIComponent(name.toLowerCase())}`
  const given = await registry.succeed<{ peer_id: string; token: string; signing_secret: string }>(
    'POST',
    '/federation/tokens',
    { body: { name, registry_url: url } },
  )
  const asker: PeerAsker = {
    ...{ id: given.peer_id, url },
    ask(path, headers = {}) {
      const signature = signedBy({ registry: url, secret: given.signing_secret }, `/api/v1${path}`)
      return registry.call('GET', path, { key: given.token, headers: { ...signature, ...headers } })
    },
    async share(share_policy) {
      await registry.succeed('PUT', `/federation/peers/${given.peer_id}`, { body: { share_policy } })
    },
  }
  if (policy !== undefined) await asker.share(policy)
  return asker
}
