/**
 * Requests signed with Ed25519 (RFC 9421): each is good once, for one registry, for a minute. Unlike an HMAC, what
 * checks such a signature cannot make one: a registry whose database is read gives its peers' names away to nobody.
 *
 * What is cheap to check is checked first, by the caller in this order: `readRequestSignature`, `outsideLifetime`, who
 * holds the key, how often it may ask; `verifyRequest`; and last that the nonce is new.
 */
import { type KeyObject, randomBytes, verify } from 'node:crypto'
import type { MessageSigner } from '../domain/peer.ts'
import {
  type Component,
  contentDigest,
  formatFields,
  formatParameters,
  readSignatureFields,
  SIGNATURE_TAG,
  type SignatureFields,
  signatureBase,
} from './message-signature.ts'
import {
  MAX_SKEW_SECONDS,
  outsideWindow,
  refuse,
  type SignatureClock,
  type SignatureVerdict,
} from './signature-verdict.ts'

/** What is signed of a request. Header values are as they travel. */
export type SignableRequest = {
  readonly method: string
  /** Host and port of the registry that is asked, as in its public URL. */
  readonly authority: string
  readonly path: string
  /** With its question mark; `?` alone when there is none. */
  readonly query: string
  readonly body: Uint8Array
  readonly registry: string
  readonly authorization: string
}

/** The request that an answer belongs to, as its signature covers it. */
export type SignedRequestReference = Pick<SignableRequest, 'method' | 'path' | 'query'> & {
  /** The request's signature as it stands in its `Signature` header. */
  readonly signatureText: string
}

export type RequestHeaders = {
  readonly 'content-digest': string
  readonly 'signature-input': string
  readonly signature: string
}

/** A signature that was read and is in form; whether it is right has not been asked. */
export type RequestSignature = {
  readonly fields: SignatureFields
  /** `Content-Digest` as it was sent. */
  readonly digest: string
  /** RFC 7638 thumbprint of the key. */
  readonly keyid: string
  readonly nonce: string
  /** Unix seconds. */
  readonly created: number
  readonly expires: number
}

const LIFETIME_SECONDS = 60

const COMPONENTS = {
  '"@method"': ({ method }) => method,
  '"@authority"': ({ authority }) => authority,
  '"@path"': ({ path }) => path,
  '"@query"': ({ query }) => query,
  // Computed from the body; that the header says the same is looked at by itself.
  '"content-digest"': ({ body }) => contentDigest(body),
  '"x-federation-registry"': ({ registry }) => registry,
  '"authorization"': ({ authorization }) => authorization,
} as const satisfies Readonly<Record<string, (request: SignableRequest) => string>>

const IDENTIFIERS = Object.keys(COMPONENTS) as readonly (keyof typeof COMPONENTS)[]

/**
 * Signs one request.
 *
 * @param options.now Unix seconds.
 * @returns the headers to send, and what its answer will be signed over.
 * @see RFC 9421, section 3.1
 */
export function signRequest(
  request: SignableRequest,
  { signer, now }: { readonly signer: MessageSigner; readonly now: number },
): { readonly headers: RequestHeaders; readonly reference: SignedRequestReference } {
  const created = Math.floor(now)
  const parametersText = formatParameters(
    IDENTIFIERS,
    new Map<string, string | number>([
      ['created', created],
      ['expires', created + LIFETIME_SECONDS],
      ['nonce', randomBytes(16).toString('base64url')],
      ['keyid', signer.thumbprint],
      ['alg', 'ed25519'],
      ['tag', SIGNATURE_TAG],
    ]),
  )
  const base = signatureBase(componentsOf(request, IDENTIFIERS), parametersText)
  const fields = formatFields(parametersText, signer.sign(Buffer.from(base)))
  const { method, path, query, body } = request
  return {
    headers: { 'content-digest': contentDigest(body), ...fields },
    reference: { method, path, query, signatureText: fields.signature.replace(/^\w+=/, '') },
  }
}

/** Reads the headers of a signature: their form, the components they name, and all parameters. */
export function readRequestSignature(headers: {
  readonly input: string
  readonly signature: string
  readonly digest: string
}):
  | { readonly ok: true; readonly signature: RequestSignature }
  | (SignatureVerdict & { readonly ok: false }) {
  const read = readSignatureFields(headers.input, headers.signature)
  if (!read.ok) return refuse('malformed', read.problem)
  const { identifiers, parameters } = read.fields
  const isComplete =
    identifiers.length === IDENTIFIERS.length && IDENTIFIERS.every((one) => identifiers.includes(one))
  if (!isComplete) {
    return refuse('malformed', `The signature must cover ${IDENTIFIERS.join(' ')}, each once, nothing else.`)
  }
  const [created, expires] = [parameters.get('created'), parameters.get('expires')]
  const [nonce, keyid] = [parameters.get('nonce'), parameters.get('keyid')]
  if (
    !isTime(created) ||
    !isTime(expires) ||
    !isText(nonce, /^[A-Za-z0-9_-]{16,64}$/) ||
    !isText(keyid, /^[A-Za-z0-9_-]{43}$/) ||
    parameters.get('tag') !== SIGNATURE_TAG ||
    (parameters.get('alg') ?? 'ed25519') !== 'ed25519' ||
    [...parameters.keys()].some((name) => !PARAMETERS.has(name))
  ) {
    return refuse(
      'malformed',
      `The signature's parameters must be created, expires, nonce (16 to 64 characters A-Z a-z 0-9 _ -), keyid (a thumbprint) and tag="${SIGNATURE_TAG}"; alg, if given, "ed25519".`,
    )
  }
  return {
    ok: true,
    signature: { fields: read.fields, digest: headers.digest, keyid, nonce, created, expires },
  }
}

const PARAMETERS: ReadonlySet<string> = new Set(['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'])

/** Why a signature is refused at this time; undefined when it is not. */
export function outsideLifetime(
  { created, expires }: RequestSignature,
  clock: SignatureClock,
): SignatureVerdict | undefined {
  const outside = outsideWindow(created, clock)
  if (outside !== undefined) return outside
  const ours = Math.floor(clock.now)
  if (expires > ours && expires > created) return undefined
  return refuse(
    'expired',
    `The signature was good from ${created} until ${expires}, our clock says ${ours}; compare both clocks.`,
  )
}

/** Until when a nonce must be known to have been used, in Unix seconds; other replicas' clocks may be behind. */
export function nonceExpiry(
  { created, expires }: RequestSignature,
  { maxAgeSeconds }: SignatureClock,
): number {
  return Math.min(expires, created + maxAgeSeconds + 1) + MAX_SKEW_SECONDS
}

/**
 * Whether the holder of `key` signed exactly this request.
 *
 * @param request as received; its authority is our own, whatever host the request names.
 */
export function verifyRequest(
  { fields, digest }: RequestSignature,
  request: SignableRequest,
  key: KeyObject,
): SignatureVerdict {
  if (digest !== contentDigest(request.body)) {
    return refuse('mismatch', 'Content-Digest is not sha-256=:<base64>: of the body that was sent.')
  }
  const components = componentsOf(request, fields.identifiers)
  const base = signatureBase(components, fields.parametersText)
  if (verify(null, Buffer.from(base), key, fields.signature)) return { ok: true }
  return refuse(
    'mismatch',
    `The signature does not match this request: check the key, that @authority was signed as ${request.authority}, and method, path, query, body and headers as sent.`,
  )
}

function componentsOf(request: SignableRequest, identifiers: readonly string[]): Component[] {
  return identifiers.map((identifier) => {
    if (!isKnown(identifier)) throw new TypeError(`no request has a component ${identifier}`)
    return [identifier, COMPONENTS[identifier](request)]
  })
}

function isKnown(identifier: string): identifier is keyof typeof COMPONENTS {
  return Object.hasOwn(COMPONENTS, identifier)
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function isText(value: unknown, grammar: RegExp): value is string {
  return typeof value === 'string' && grammar.test(value)
}
