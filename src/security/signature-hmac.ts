/**
 * HMAC-SHA-256 request signatures between registries that share a secret.
 *
 * The value of `X-Federation-Signature` is `<unix seconds>.<64 hex digits>`; the digits are the HMAC of
 * method, target, raw body and that timestamp, one per line. The timestamp is covered, so moving it breaks
 * the signature; identical requests within one second have identical signatures, so replay of safe requests
 * is bounded by the window only.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { outsideWindow, refuse, type SignatureClock, type SignatureVerdict } from './signature-verdict.ts'

/** What is signed: the request as it travels, `target` being path plus raw query, `body` the raw bytes. */
export interface SignedRequest {
  readonly method: string
  readonly target: string
  readonly body: Uint8Array
}

const HEADER_GRAMMAR = /^([1-9]\d{0,11})\.([0-9a-f]{64})$/

/**
 * Signs one request.
 *
 * @param request.secret Shared secret; its UTF-8 bytes are the HMAC key.
 * @param request.now Current Unix time in seconds; fractions are dropped.
 * @returns The value of `X-Federation-Signature`.
 * @throws TypeError when method or target hold a line break or NUL: two requests would share a signature.
 * @see RFC 2104
 */
export function signHmac(request: SignedRequest & { readonly secret: string; readonly now: number }): string {
  if (hasLineBreak(request)) throw new TypeError('A method or target with a line break cannot be signed.')
  const timestamp = String(Math.floor(request.now))
  return `${timestamp}.${macOf(request, request.secret, timestamp).toString('hex')}`
}

/**
 * Checks an `X-Federation-Signature` header against the request it came with.
 *
 * @param header The header as received; `undefined` when absent.
 * @param clock.now Current Unix time in seconds.
 * @param clock.maxAgeSeconds Oldest signature accepted; up to 30 s ahead of `now` count as clock skew.
 */
export function verifyHmac(
  header: string | undefined,
  request: SignedRequest,
  secret: string,
  clock: SignatureClock,
): SignatureVerdict {
  if (header === undefined) return refuse('missing', 'The request carries no X-Federation-Signature header.')
  const [, timestamp, hex] = HEADER_GRAMMAR.exec(header) ?? []
  if (timestamp === undefined || hex === undefined) {
    return refuse(
      'malformed',
      'X-Federation-Signature must be <unix seconds>.<64 lower-case hex digits>, with nothing around it.',
    )
  }
  if (hasLineBreak(request)) {
    return refuse(
      'malformed',
      'The method or target holds a line break or NUL, which a signature cannot cover.',
    )
  }
  const outside = outsideWindow(Number(timestamp), clock)
  if (outside) return outside
  if (timingSafeEqual(macOf(request, secret, timestamp), Buffer.from(hex, 'hex'))) return { ok: true }
  return refuse(
    'mismatch',
    'The signature does not match this request: check the signing secret, and that method, path with query and raw body were signed as sent.',
  )
}

function hasLineBreak({ method, target }: SignedRequest): boolean {
  return /[\r\n\0]/.test(method) || /[\r\n\0]/.test(target)
}

function macOf({ method, target, body }: SignedRequest, secret: string, timestamp: string): Buffer {
  return createHmac('sha256', secret)
    .update(`${method}\n${target}\n`)
    .update(body)
    .update(`\n${timestamp}`)
    .digest()
}
