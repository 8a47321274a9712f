/**
 * Answers signed with Ed25519 (RFC 9421): each over its status and body and over the signature of the very request it
 * answers. An answer to another question, or to the same one at another time, does not fit.
 */
import { verify } from 'node:crypto'
import type { MessageSigner } from '../domain/peer.ts'
import type { PublicKey } from './ed25519-key.ts'
import {
  type Component,
  contentDigest,
  formatFields,
  formatParameters,
  readSignatureFields,
  SIGNATURE_LABEL,
  SIGNATURE_TAG,
  signatureBase,
} from './message-signature.ts'
import type { RequestHeaders, SignedRequestReference } from './signature-rfc9421.ts'
import { outsideWindow, refuse, type SignatureClock, type SignatureVerdict } from './signature-verdict.ts'

export type SignableResponse = { readonly status: number; readonly body: Uint8Array }

type Signed = { readonly response: SignableResponse; readonly request: SignedRequestReference }

const COMPONENTS: Readonly<Record<string, (signed: Signed) => string>> = {
  '"@status"': ({ response }) => String(response.status),
  '"content-digest"': ({ response }) => contentDigest(response.body),
  '"@method";req': ({ request }) => request.method,
  '"@path";req': ({ request }) => request.path,
  '"@query";req': ({ request }) => request.query,
  [`"signature";req;key="${SIGNATURE_LABEL}"`]: ({ request }) => request.signatureText,
}

const IDENTIFIERS: readonly string[] = Object.keys(COMPONENTS)

/** The same component with its parameters in the other order. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ...IDENTIFIERS.map((identifier): [string, string] => [identifier, identifier]),
  [`"signature";key="${SIGNATURE_LABEL}";req`, `"signature";req;key="${SIGNATURE_LABEL}"`],
])

/**
 * Signs the answer to a signed request.
 *
 * @param options.now Unix seconds.
 * @see RFC 9421, section 2.4
 */
export function signResponse(
  response: SignableResponse,
  request: SignedRequestReference,
  { signer, now }: { readonly signer: MessageSigner; readonly now: number },
): RequestHeaders {
  const parametersText = formatParameters(
    IDENTIFIERS,
    new Map<string, string | number>([
      ['created', Math.floor(now)],
      ['keyid', signer.thumbprint],
      ['alg', 'ed25519'],
      ['tag', SIGNATURE_TAG],
    ]),
  )
  const base = signatureBase(componentsOf({ response, request }, IDENTIFIERS), parametersText)
  return {
    'content-digest': contentDigest(response.body),
    ...formatFields(parametersText, signer.sign(Buffer.from(base))),
  }
}

/**
 * Whether the answer to `request` was signed by the holder of one of `keys`.
 *
 * @param headers of the answer, names in lower case.
 */
export function verifyResponse(
  response: SignableResponse & { readonly headers: Readonly<Record<string, string>> },
  request: SignedRequestReference,
  { keys, clock }: { readonly keys: readonly PublicKey[]; readonly clock: SignatureClock },
): SignatureVerdict {
  const { 'signature-input': input, signature, 'content-digest': digest } = response.headers
  if (input === undefined || signature === undefined || digest === undefined)
    return refuse('missing', 'Its answer is not signed.')
  const read = readSignatureFields(input, signature)
  if (!read.ok) return refuse('malformed', `The signature of its answer cannot be read. ${read.problem}`)
  const { identifiers, parameters, parametersText } = read.fields
  const [created, keyid] = [parameters.get('created'), parameters.get('keyid')]
  const covered = new Set(identifiers.map((identifier) => SPELLINGS.get(identifier)))
  if (
    identifiers.length !== IDENTIFIERS.length ||
    IDENTIFIERS.some((identifier) => !covered.has(identifier)) ||
    typeof created !== 'number' ||
    !Number.isSafeInteger(created) ||
    parameters.get('tag') !== SIGNATURE_TAG ||
    (parameters.get('alg') ?? 'ed25519') !== 'ed25519'
  ) {
    return refuse('malformed', 'The signature of its answer does not cover what it must.')
  }
  const outside = outsideWindow(created, clock)
  if (outside !== undefined) return outside
  const key = keys.find(({ thumbprint }) => thumbprint === keyid)
  if (key === undefined) {
    return refuse('unknown-key', 'Its answer is signed by a key that is not the one we know it by.')
  }
  if (digest !== contentDigest(response.body)) {
    return refuse('mismatch', 'The Content-Digest of its answer is not that of what came.')
  }
  const base = signatureBase(componentsOf({ response, request }, identifiers), parametersText)
  if (verify(null, Buffer.from(base), key.key, read.fields.signature)) return { ok: true }
  return refuse('mismatch', 'The signature of its answer does not match the answer, or our question.')
}

function componentsOf(signed: Signed, identifiers: readonly string[]): Component[] {
  return identifiers.map((identifier) => {
    const value = COMPONENTS[SPELLINGS.get(identifier) ?? '']
    if (value === undefined) throw new TypeError(`no answer has a component ${identifier}`)
    return [identifier, value(signed)]
  })
}
