/** Network errors in words: each becomes one of four reasons and a sentence without addresses or internals. */
import { ForbiddenConnection } from './outbound-guard.ts'

/** Why an outbound request has no response; a closed set, fit for metric labels. */
export type OutboundFailureReason = 'timeout' | 'unreachable' | 'blocked' | 'bad-response'

/** A request without a usable response; `detail` is a sentence for operators and users. */
export interface OutboundFailure {
  readonly kind: 'failed'
  readonly reason: OutboundFailureReason
  readonly detail: string
}

/** A response that broke a rule of ours; the message is the sentence to show. */
export class BadResponse extends Error {
  override readonly name = 'BadResponse'
}

/** Makes a failure. */
export function failed(reason: OutboundFailureReason, detail: string): OutboundFailure {
  return { kind: 'failed', reason, detail }
}

/**
 * What an error thrown while asking means.
 *
 * @param hasAnswered Whether response headers had arrived: a connection lost later is a broken answer.
 */
export function failureOf(error: unknown, hasAnswered: boolean): OutboundFailure {
  if (error instanceof ForbiddenConnection) return failed('blocked', error.message)
  if (error instanceof BadResponse) return failed('bad-response', error.message)
  const code = codeOf(error)
  const known = BY_CODE[code]
  if (known !== undefined) return failed(...known)
  if (isNoHttp(error)) return failed('bad-response', 'The answer is not valid HTTP.')
  if (hasAnswered) return failed('bad-response', 'The connection was lost in the middle of the answer.')
  if (isTlsCode(code)) return failed('unreachable', 'No secure connection could be agreed on.')
  return failed('unreachable', 'The connection was closed before an answer came.')
}

/** What undici's `SocketError` says of a `100 Continue` and a `101 Switching Protocols` that nobody asked for. */
const ODD_STATUS: readonly string[] = ['bad response', 'bad upgrade']

function isNoHttp(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'HTTPParserError') return true
  // A status below 100 passes the parser and fails an assertion behind it.
  return (
    error.name === 'AssertionError' || (error.name === 'SocketError' && ODD_STATUS.includes(error.message))
  )
}

const UNTRUSTED: readonly ['unreachable', string] = [
  'unreachable',
  'Its TLS certificate is not signed by an authority we trust.',
]
const REFUSED_TO_SEND: readonly ['blocked', string] = [
  'blocked',
  'The request holds a header or method that cannot be sent.',
]

const BY_CODE: Readonly<Record<string, readonly [OutboundFailureReason, string]>> = {
  ECONNREFUSED: ['unreachable', 'Nothing accepts connections at this address and port.'],
  ENOTFOUND: ['unreachable', 'Its host name does not resolve to an address.'],
  EAI_AGAIN: ['unreachable', 'Its host name could not be looked up just now.'],
  EHOSTUNREACH: ['unreachable', 'There is no route to its address.'],
  ENETUNREACH: ['unreachable', 'There is no route to its address.'],
  EADDRNOTAVAIL: ['unreachable', 'There is no route to its address.'],
  ETIMEDOUT: ['timeout', 'No connection was made in time.'],
  UND_ERR_CONNECT_TIMEOUT: ['timeout', 'No connection was made in time.'],
  UND_ERR_HEADERS_OVERFLOW: ['bad-response', 'The answer has more than 16 KiB of headers.'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['bad-response', 'The answer is not as long as it says.'],
  UND_ERR_INVALID_ARG: REFUSED_TO_SEND,
  UND_ERR_NOT_SUPPORTED: REFUSED_TO_SEND,
  UND_ERR_DESTROYED: ['unreachable', 'This registry is shutting down or has just dropped the connection.'],
  UND_ERR_CLOSED: ['unreachable', 'This registry is shutting down or has just dropped the connection.'],
  CERT_HAS_EXPIRED: ['unreachable', 'Its TLS certificate has expired.'],
  CERT_NOT_YET_VALID: ['unreachable', 'Its TLS certificate is not valid yet.'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['unreachable', 'Its TLS certificate is for another host name.'],
  ERR_PEER_NOT_PINNED: [
    'unreachable',
    'The key of its TLS certificate is not one that is pinned for it here.',
  ],
  ERR_PEER_TLS_CONTRADICTION: [
    'blocked',
    'Two peers at this address have different certificates or pins: give both the same.',
  ],
  ERR_PEER_TLS_KEY: [
    'blocked',
    'The private key of our certificate for it does not open with this key ring: give client_certificate and client_key anew.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
}

function isTlsCode(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')
}

/** The first error code along the chain of causes. */
function codeOf(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string' && at.code !== 'UND_ERR_SOCKET') return at.code
  }
  return ''
}
