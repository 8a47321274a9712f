/**
 * What TLS each peer's origin is spoken to with: our certificate for it, the authorities and keys of its own. Read from
 * the database every few seconds, since another replica may have changed it; connections made under what was before are
 * then closed. What cannot be had or contradicts itself connects to nobody: never to just anybody.
 */
import { X509Certificate } from 'node:crypto'
import { checkServerIdentity } from 'node:tls'
import type { Peer, PeerId } from '../domain/peer.ts'
import type { OutboundTls } from './outbound.ts'
import { pinOf } from './peer-tls.ts'

export interface PeerTlsDirectory extends AsyncDisposable {
  /** For the pool of an origin; undefined where nothing is said of it. */
  tlsFor(origin: string): OutboundTls | undefined
  /** Reads anew; what has changed holds when it resolves. */
  refresh(): Promise<void>
}

export type PeerTlsDirectoryDeps = {
  readonly peers: {
    list(): Promise<readonly Peer[]>
    getClientKey(id: PeerId): Promise<string | null>
  }
  /** Closes connections to an origin. */
  readonly forget: (origin: string) => void
  readonly onFault: (error: unknown, during: string) => void
  readonly refreshMs?: number
}

const REFRESH_MS = 4_000 // a pin that is taken out holds on all replicas within 5 s

type Known = { readonly mark: string; readonly tls: OutboundTls }

export function createPeerTlsDirectory(deps: PeerTlsDirectoryDeps): PeerTlsDirectory {
  const { peers, forget, onFault, refreshMs = REFRESH_MS } = deps
  let known: ReadonlyMap<string, Known> = new Map()
  let reading: Promise<void> = Promise.resolve()

  const read = async (): Promise<void> => {
    const next = new Map<string, Known>()
    for (const peer of (await peers.list()).filter(hasTls)) {
      const { origin } = new URL(peer.registryUrl)
      const mark = markOf(peer)
      const before = next.get(origin)
      if (before !== undefined && before.mark === mark) continue
      if (before !== undefined) next.set(origin, CONTRADICTION)
      else next.set(origin, known.get(origin)?.mark === mark ? keep(known, origin) : await make(peer, mark))
    }
    const changed = new Set([...known.keys(), ...next.keys()])
    const last = known
    known = next
    for (const origin of changed) if (last.get(origin)?.mark !== next.get(origin)?.mark) forget(origin)
  }

  const make = async (peer: Peer, mark: string): Promise<Known> => {
    if (peer.clientCertificate === null) return { mark, tls: tlsOf(peer, null) }
    try {
      return { mark, tls: tlsOf(peer, await peers.getClientKey(peer.id)) }
    } catch (error) {
      // Told once, not at every look.
      const { origin } = new URL(peer.registryUrl)
      if (known.get(origin) !== UNREADABLE) onFault(error, `opening the TLS key for peer ${peer.id}`)
      return UNREADABLE
    }
  }

  const refresh = (): Promise<void> => {
    reading = reading.then(read, read)
    return reading
  }
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => onFault(error, "reading peers' TLS settings"))
  }, refreshMs).unref()
  return {
    tlsFor: (origin) => known.get(origin)?.tls,
    refresh,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await reading.catch(() => {}) // told already, by whoever asked for it
    },
  }
}

function keep(known: ReadonlyMap<string, Known>, origin: string): Known {
  const before = known.get(origin)
  if (before === undefined) throw new Error('what was known a moment ago is gone')
  return before
}

function hasTls({ serverPins, serverCa, clientCertificate }: Peer): boolean {
  return serverPins.length > 0 || serverCa !== null || clientCertificate !== null
}

/** Equal for equal settings. A key comes and goes with its certificate. */
function markOf({ serverPins, serverCa, clientCertificate }: Peer): string {
  return JSON.stringify([serverPins, serverCa, clientCertificate])
}

function tlsOf({ serverPins, serverCa, clientCertificate }: Peer, key: string | null): OutboundTls {
  return {
    ...(serverCa !== null && { ca: serverCa }),
    ...(clientCertificate !== null && key !== null && { cert: clientCertificate, key }),
    ...(serverPins.length > 0 && { checkServerIdentity: checkPinned(serverPins) }),
  }
}

/** The name first, as always; then that the key is one of the peer's. */
function checkPinned(pins: readonly string[]): NonNullable<OutboundTls['checkServerIdentity']> {
  return (host, certificate) =>
    checkServerIdentity(host, certificate) ??
    (pins.includes(pinOf(new X509Certificate(certificate.raw))) ? undefined : refusal('ERR_PEER_NOT_PINNED'))
}

const CONTRADICTION: Known = {
  mark: 'contradiction',
  tls: { refusal: refusal('ERR_PEER_TLS_CONTRADICTION') },
}
/** Its mark is no peer's: it is tried again at every look. */
const UNREADABLE: Known = { mark: 'unreadable', tls: { refusal: refusal('ERR_PEER_TLS_KEY') } }

function refusal(code: string): Error {
  return Object.assign(new Error(code), { code })
}
