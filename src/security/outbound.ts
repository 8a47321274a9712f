/**
 * The only way out to the network.
 *
 * Every request leaves through here and meets the same rules: https to public addresses; plain http and other
 * networks only inside those that the operator opened, for peers and only for the exact origin of one, or for agents'
 * cards; no redirects; headers, body and time bounded. A peer that misbehaves is a `failed` result, never an exception. The guard
 * runs when a connection is opened; a request on an open connection pays for none of it.
 */
import type { checkServerIdentity, SecureContextOptions } from 'node:tls'
import { LRUCache } from 'lru-cache'
import type { buildConnector, Pool } from 'undici'
import type { StopSignal } from '../domain/stop.ts'
import { type Networks, parseNetworks } from './addresses.ts'
import { type Ceiling, createCeiling } from './outbound-ceiling.ts'
import { exchange } from './outbound-exchange.ts'
import { failed, type OutboundFailure } from './outbound-failure.ts'
import { type ResolveHost, whyForbidden } from './outbound-guard.ts'
import { openPool, reachOf } from './outbound-pool.ts'

export type { OutboundFailure, OutboundFailureReason } from './outbound-failure.ts'

/**
 * Whom a request is for. Beyond public addresses, `peer` may use the operator's peer networks, for exactly that peer's
 * origin; `card`, an address that a publisher gave, the networks of cards.
 */
export type OutboundPurpose =
  | { readonly purpose: 'card' }
  | {
      readonly purpose: 'peer'
      /** Registry URL or origin, enrolled or being added. */
      readonly peerOrigin: string
    }

/** One request. Sign what is sent: `pathname + search` of the URL as `new URL` writes it. */
export type OutboundRequest = OutboundPurpose & {
  readonly url: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as they are. Without `accept-encoding` servers answer uncompressed; gzip, br and deflate are read. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** The caller's deadline; the ceiling (`OutboundOptions.ceilingMs`) holds in any case. */
  readonly signal: StopSignal
  /** Largest body accepted, as sent and after inflation. */
  readonly maxBodyBytes: number
  /** Told how long each part of the body is, as sent, when it comes: also of a body that is then refused, or never ends. */
  readonly onBodyBytes?: (bytes: number) => void
}

/** A complete response, of any status but a redirect; header names in lower case, repeated ones joined. */
export interface OutboundResponse {
  readonly kind: 'response'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What came of a request. */
export type OutboundResult = OutboundResponse | OutboundFailure

/** TLS of one origin: own authorities, our client certificate, a stricter identity check. */
export type OutboundTls = Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> & {
  readonly checkServerIdentity?: typeof checkServerIdentity
  /** Why no connection is made at all. */
  readonly refusal?: Error
}

/** What a registry decides about its outbound requests. */
export interface OutboundOptions {
  /** Otherwise forbidden networks in which enrolled peers may live. */
  readonly peerNetworks: Networks
  /** Otherwise forbidden networks where agents may show their cards. */
  readonly cardNetworks?: Networks
  /** TLS of a peer's origin, asked when its pool is made; see `forget`. */
  readonly tlsFor?: (origin: string) => OutboundTls | undefined
  /** Resolves names; the system's resolver by default. */
  readonly resolve?: ResolveHost
  /** Opens sockets in place of the built-in connector, to try the check on connected sockets. */
  readonly dial?: buildConnector.connector
  /** Hard limit on the total time of a request, 5,000 ms by default. */
  readonly ceilingMs?: number
  /** Most origins with open connections, 1,100 by default: a thousand peers and some; least used closed first. */
  readonly maxPools?: number
}

/** The guarded client; dispose it to close its connections. */
export interface Outbound extends AsyncDisposable {
  /** Sends one request; never rejects for what the network or the other side does. */
  request(request: OutboundRequest): Promise<OutboundResult>
  /** Closes an origin's connections once idle, so that the next request meets changed TLS settings. */
  forget(origin: string): void
}

const CEILING_MS = 5_000
const CONNECTIONS_PER_PEER = 8

/** A guarded client with its own connections. */
export function createOutbound(options: OutboundOptions): Outbound {
  return new GuardedClient(options)
}

class GuardedClient implements Outbound {
  readonly #options: OutboundOptions
  /** Of peers, by origin. */
  readonly #pools: LRUCache<string, Pool>
  readonly #passing = new Set<Pool>()
  readonly #ceiling: Ceiling
  #isDisposed = false

  constructor(options: OutboundOptions) {
    this.#options = options
    this.#ceiling = createCeiling(options.ceilingMs ?? CEILING_MS)
    // Evicted pools finish what they carry, then close.
    this.#pools = new LRUCache({ max: options.maxPools ?? 1_100, dispose: (pool) => void closeQuietly(pool) })
  }

  request(request: OutboundRequest): Promise<OutboundResult> {
    const target = admit(request)
    if ('kind' in target) return Promise.resolve(target)
    if (this.#isDisposed) return Promise.resolve(failed('unreachable', 'This registry is shutting down.'))
    const { url, origin } = target
    const askThrough = (pool: Pool): Promise<OutboundResult> =>
      exchange(pool, url, { request, ceiling: this.#ceiling })
    return request.purpose === 'peer'
      ? askThrough(this.#peerPool(url, origin))
      : this.#askOnce(url, askThrough)
  }

  forget(origin: string): void {
    this.#pools.delete(origin)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    const pools = [...this.#pools.values(), ...this.#passing]
    await Promise.all(pools.map((pool) => pool.destroy()))
    this.#pools.clear()
  }

  #peerPool(target: URL, origin: string): Pool {
    const known = this.#pools.get(origin)
    if (known !== undefined) return known
    const { peerNetworks, tlsFor } = this.#options
    const pool = openPool(target, {
      reach: reachOf(target, 'REGISTRY_PEER_NETWORKS', peerNetworks),
      tls: tlsFor?.(origin) ?? {},
      connections: CONNECTIONS_PER_PEER,
      options: this.#options,
    })
    this.#pools.set(origin, pool)
    return pool
  }

  /** Over a connection of its own: whoever has us look at a thousand addresses closes no peer's. */
  async #askOnce(target: URL, ask: (pool: Pool) => Promise<OutboundResult>): Promise<OutboundResult> {
    const { cardNetworks = NO_NETWORKS } = this.#options
    const reach = reachOf(target, 'REGISTRY_CARD_NETWORKS', cardNetworks)
    // Nothing could be reached, so no name is looked up.
    if (reach.scheme === 'http' && cardNetworks.cidrs.length === 0)
      return failed('blocked', whyForbidden(target.hostname, reach))
    // What we show a peer of ourselves, and trust of it, is for what we ask it as a peer.
    const pool = openPool(target, { reach, tls: {}, connections: 1, options: this.#options })
    this.#passing.add(pool)
    try {
      return await ask(pool)
    } finally {
      this.#passing.delete(pool)
      void closeQuietly(pool)
    }
  }
}

const NO_NETWORKS = parseNetworks([])

type Target = { readonly url: URL; readonly origin: string }

/** What can be refused before any connection: the form of the URL, its scheme, a peer's origin that differs. */
function admit(request: OutboundRequest): Target | OutboundFailure {
  const url = URL.parse(request.url)
  if (url === null) return failed('blocked', 'The address is not a valid URL.')
  if (url.username !== '' || url.password !== '')
    return failed('blocked', 'The address holds a user name or password.')
  if (hasHostHeader(request.headers)) return failed('blocked', 'The host header follows from the address.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return failed('blocked', 'Only https addresses are contacted.')
  const { origin } = url
  if (request.purpose === 'card') return { url, origin }
  const { peerOrigin } = request
  // The peer's own text where it is the same: as a key it is looked up faster than one made for each request.
  if (peerOrigin === origin) return { url, origin: peerOrigin }
  return URL.parse(peerOrigin)?.origin === origin
    ? { url, origin }
    : failed('blocked', 'The address does not belong to the origin of this peer.')
}

/** A host header of the caller's would change the name TLS checks. */
function hasHostHeader(headers: Readonly<Record<string, string>>): boolean {
  return Object.keys(headers).some((name) => name.length === 4 && name.toLowerCase() === 'host')
}

async function closeQuietly(pool: Pool): Promise<void> {
  try {
    await pool.close()
  } catch {
    // It was closed or destroyed already, which is all that was wanted.
  }
}
