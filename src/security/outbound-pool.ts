/** Connections to one origin, each of which passes the guard when it is opened. */
import { lookup } from 'node:dns/promises'
import { buildConnector, Pool } from 'undici'
import type { Networks } from './addresses.ts'
import type { OutboundOptions, OutboundTls } from './outbound.ts'
import { checkConnected, checkLiteral, guardLookup, type Reach, type ResolveHost } from './outbound-guard.ts'

const CONNECT_TIMEOUT_MS = 2_000 // two lost SYNs; slower peers cannot answer within a search
const MAX_HEADER_BYTES = 16 * 1024

/** What connections to this address may reach. */
export function reachOf({ protocol }: URL, setting: Reach['setting'], openNetworks: Networks): Reach {
  return { scheme: protocol === 'https:' ? 'https' : 'http', openNetworks, setting }
}

export function openPool(
  { origin }: URL,
  {
    reach,
    tls,
    connections,
    options,
  }: {
    readonly reach: Reach
    readonly tls: OutboundTls
    readonly connections: number
    readonly options: Pick<OutboundOptions, 'resolve' | 'dial'>
  },
): Pool {
  return new Pool(origin, {
    ...{ connections, pipelining: 1, maxHeaderSize: MAX_HEADER_BYTES },
    // The request's own deadline covers these, and a slow drip as well.
    ...{ headersTimeout: 0, bodyTimeout: 0 },
    connect: guardedConnector(reach, tls, options),
  })
}

function guardedConnector(
  reach: Reach,
  { refusal, ...tls }: OutboundTls,
  options: Pick<OutboundOptions, 'resolve' | 'dial'>,
): buildConnector.connector {
  const resolve: ResolveHost = options.resolve ?? ((hostname) => lookup(hostname, { all: true }))
  const connect =
    options.dial ??
    buildConnector({
      ...tls,
      rejectUnauthorized: true, // whatever NODE_TLS_REJECT_UNAUTHORIZED says
      allowH2: false,
      timeout: CONNECT_TIMEOUT_MS,
      lookup: guardLookup(resolve, reach),
    })
  return (target, callback) => {
    const refused = checkLiteral(target.hostname, reach)
    if (refused !== undefined) return callback(refused, null)
    if (refusal !== undefined) return callback(refusal, null)
    return connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      const strayed = checkConnected(socket.remoteAddress, target.hostname, reach)
      if (strayed === undefined) return callback(null, socket)
      socket.destroy()
      return callback(strayed, null)
    })
  }
}
