/** A peer that asks by hand: with its token, signed, and shown whole what came back. */
import { signedBy } from './peer-request.ts'
import type { Answer, Problem, RunningRegistry } from './registry.ts'

export type PeerAsker = {
  readonly id: string
  readonly url: string
  /** Asks `path` below `/api/v1` as the peer. */
  ask<T = Problem>(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer<T>>
  /** The same, at another replica. */
  askAt<T = Problem>(replica: RunningRegistry, path: string): Promise<Answer<T>>
  /** Sets its share policy, or takes it away. */
  share(policy: unknown): Promise<void>
}

export type AskerOptions = {
  readonly name?: string
  readonly policy?: unknown
  /** Tells the time, Unix ms. */
  readonly now?: () => number
}

/** Makes a peer that may ask, at an address where nobody listens. */
export async function addAsker(registry: RunningRegistry, options: AskerOptions = {}): Promise<PeerAsker> {
  const { name = 'Partner', policy, now = Date.now } = options
  const url = `https://127.0.0.1/${encodeURIComponent(name.toLowerCase())}`
  const given = await registry.succeed<{ peer_id: string; token: string; signing_secret: string }>(
    'POST',
    '/federation/tokens',
    { body: { name, registry_url: url } },
  )
  const { peer_id: id, token: key, signing_secret: secret } = given
  const send = <T>(at: RunningRegistry, path: string, headers: Readonly<Record<string, string>>) => {
    const signature = signedBy({ registry: url, secret, at: now() }, `/api/v1${path}`)
    return at.call<T>('GET', path, { key, headers: { ...signature, ...headers } })
  }
  const asker: PeerAsker = {
    ...{ id, url },
    ask: (path, headers = {}) => send(registry, path, headers),
    askAt: (replica, path) => send(replica, path, {}),
    async share(share_policy) {
      await registry.succeed('PUT', `/federation/peers/${id}`, { body: { share_policy } })
    },
  }
  if (policy !== undefined) await asker.share(policy)
  return asker
}
