/**
 * The client certificate a request came with: of the TLS connection itself, or as a proxy of ours says in `Client-Cert`
 * (RFC 9440). From anybody else that header says nothing: it is not read, whatever is in it. Chain, period and usage are
 * checked here in both cases, against the authorities as they are now, so one that was taken out of the file lets nobody
 * in, not on an open connection either.
 */
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import {
  type CertificateRefusal,
  type ChainVerdict,
  checkPeriod,
  findChain,
  pinOf,
} from '../security/peer-tls.ts'
import type { TlsKeeper } from '../security/tls-keeper.ts'
import type { TrustProxy } from './caller-address.ts'

export type ClientCertificate =
  | { readonly ok: true; readonly pin: string }
  | { readonly ok: false; readonly reason: CertificateRefusal; readonly detail: string }

/** Reads the certificate of a request; costs nothing until it is called. */
export type ReadClientCertificate = (
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
) => ClientCertificate

export function createClientCertificates(deps: {
  readonly tls: Pick<TlsKeeper, 'current'>
  readonly trustProxy: TrustProxy
  /** Unix ms. */
  readonly now: () => number
}): ReadClientCertificate {
  // Signatures of a chain are checked once for a connection and a set of authorities.
  const known = new WeakMap<Socket, { readonly tls: object; readonly verdict: ChainVerdict }>()

  const ofConnection = (socket: TLSSocket): ChainVerdict => {
    const tls = deps.tls.current()
    const before = known.get(socket)
    if (before?.tls === tls) return before.verdict
    const verdict = judge(shownOn(socket), tls.clientAuthorities)
    known.set(socket, { tls, verdict })
    return verdict
  }

  return ({ headers, socket }) => {
    const isProxied = deps.trustProxy(socket.remoteAddress ?? '') && headers['client-cert'] !== undefined
    const verdict = isProxied
      ? judge(readHeaders(headers), deps.tls.current().clientAuthorities)
      : socket instanceof TLSSocket
        ? ofConnection(socket)
        : MISSING
    if (!verdict.ok) return verdict.reason === 'missing' ? missing(headers) : verdict
    const outdated = checkPeriod(verdict.chain, deps.now())
    if (outdated !== null) return outdated
    if (!isProxied && socket instanceof TLSSocket && !socket.authorized) {
      const detail = `The client certificate was refused when the connection was made (${socket.authorizationError}).`
      return { ok: false, reason: 'untrusted', detail }
    }
    const [shown] = verdict.chain
    return shown === undefined ? missing(headers) : { ok: true, pin: pinOf(shown) }
  }
}

type Shown = { readonly certificate: X509Certificate; readonly between: readonly X509Certificate[] }

const MISSING = { ok: false, reason: 'missing', detail: '' } as const

function judge(
  shown: Shown | 'malformed' | undefined,
  authorities: readonly X509Certificate[],
): ChainVerdict {
  if (shown === undefined) return MISSING
  if (shown === 'malformed') {
    const detail = 'The Client-Cert header of the proxy is not a certificate as RFC 9440 writes it.'
    return { ok: false, reason: 'untrusted', detail }
  }
  return findChain(shown.certificate, shown.between, authorities)
}

function missing(headers: IncomingMessage['headers']): ClientCertificate {
  const detail =
    headers['client-cert'] === undefined
      ? 'No client certificate came with the request.'
      : 'No client certificate came with the connection, and Client-Cert is believed of proxies in REGISTRY_TRUSTED_PROXIES alone.'
  return { ok: false, reason: 'missing', detail }
}

const MAX_SHOWN = 10 // the one, and what may be between it and an authority

function shownOn(socket: TLSSocket): Shown | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  const between: X509Certificate[] = []
  for (let at = certificate.issuerCertificate; at !== undefined && between.length < MAX_SHOWN; ) {
    between.push(at)
    at = at.issuerCertificate
  }
  return { certificate, between }
}

/** @see RFC 9440, sections 2.2 and 2.3: a byte sequence of RFC 8941, and a list of such */
function readHeaders(headers: IncomingMessage['headers']): Shown | 'malformed' {
  const certificate = readItem(String(headers['client-cert']))
  const chain = headers['client-cert-chain']
  const between = chain === undefined ? [] : String(chain).split(',').slice(0, MAX_SHOWN).map(readItem)
  if (certificate === undefined || between.includes(undefined)) return 'malformed'
  return { certificate, between: between.filter((one) => one !== undefined) }
}

function readItem(text: string): X509Certificate | undefined {
  const base64 = /^[ \t]*:([A-Za-z0-9+/]+={0,2}):[ \t]*$/.exec(text)?.[1]
  if (base64 === undefined) return undefined
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'))
  } catch {
    // Whatever it is, it is no certificate.
    return undefined
  }
}
