/**
 * HTTP message signatures (RFC 9421) as two registries use them: one signature, by the label `fed`, over components
 * that are agreed on; and the digest of a body (RFC 9530).
 *
 * Stricter than the RFC where leniency gives nothing: a header must be in the one spelling that serialising it gives,
 * so that no two texts mean the same and nothing unread travels along.
 */
import { createHash } from 'node:crypto'
import {
  type BareItem,
  isInnerList,
  parseDictionary,
  serializeDictionary,
  serializeInnerList,
  serializeItem,
} from 'structured-headers'

/** The one signature's name in both headers. */
export const SIGNATURE_LABEL = 'fed'
/** What signatures between registries are for: one made for another application is none here. */
export const SIGNATURE_TAG = 'agent-registry-federation'

/** A component of a message: its identifier as serialised, quotes and parameters included, and its value. */
export type Component = readonly [identifier: string, value: string]

/** A parameter of a signature: `created`, `keyid`, … */
export type SignatureParameters = ReadonlyMap<string, string | number>

/** Both headers, read and not verified. */
export type SignatureFields = {
  /** Identifiers of the covered components in order, as they were serialised. */
  readonly identifiers: readonly string[]
  readonly parameters: ReadonlyMap<string, BareItem>
  /** Components and parameters as they stand in `Signature-Input`, which the signature covers. */
  readonly parametersText: string
  readonly signature: Uint8Array
  /** The signature as it stands in `Signature`. */
  readonly signatureText: string
}

export type ReadFields =
  | { readonly ok: true; readonly fields: SignatureFields }
  | { readonly ok: false; readonly problem: string }

/** @see RFC 9421, section 2.5 */
export function signatureBase(components: readonly Component[], parametersText: string): string {
  const lines = components.map(([identifier, value]) => `${identifier}: ${value}\n`)
  return `${lines.join('')}"@signature-params": ${parametersText}`
}

/** Components and parameters as `Signature-Input` has them. */
export function formatParameters(identifiers: readonly string[], parameters: SignatureParameters): string {
  const texts = [...parameters].map(([name, value]) => `;${name}=${serializeItem(value)}`)
  return `(${identifiers.join(' ')})${texts.join('')}`
}

/** Both headers of a signature. */
export function formatFields(
  parametersText: string,
  signature: Uint8Array,
): { readonly 'signature-input': string; readonly signature: string } {
  return {
    'signature-input': `${SIGNATURE_LABEL}=${parametersText}`,
    signature: `${SIGNATURE_LABEL}=${signatureText(signature)}`,
  }
}

/** An Ed25519 signature as it stands in `Signature`. */
export function signatureText(signature: Uint8Array): string {
  return `:${Buffer.from(signature).toString('base64')}:`
}

/** The only form of `Content-Digest` that is made and taken. @see RFC 9530, section 2 */
export function contentDigest(body: Uint8Array): string {
  return body.length === 0 ? EMPTY_DIGEST : digestOf(body)
}

function digestOf(body: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
}

const EMPTY_DIGEST = digestOf(new Uint8Array(0))

const MAX_INPUT_CHARS = 1_024
const MAX_SIGNATURE_CHARS = 256
const SIGNATURE_BYTES = 64 // Ed25519

/** Reads `Signature-Input` and `Signature`, of any length and content. */
export function readSignatureFields(input: string, signature: string): ReadFields {
  const refuse = (problem: string): ReadFields => ({ ok: false, problem })
  if (input.length > MAX_INPUT_CHARS || signature.length > MAX_SIGNATURE_CHARS) {
    return refuse('Signature-Input or Signature is too long.')
  }
  const covered = onlyMember(input)
  if (covered === undefined || !isInnerList(covered)) {
    return refuse(
      `Signature-Input must hold one signature by the label "${SIGNATURE_LABEL}", serialised as RFC 8941 has it.`,
    )
  }
  const value = onlyMember(signature)
  if (
    value === undefined ||
    isInnerList(value) ||
    !(value[0] instanceof ArrayBuffer) ||
    value[0].byteLength !== SIGNATURE_BYTES ||
    value[1].size > 0
  ) {
    return refuse(`Signature must be ${SIGNATURE_LABEL}=:<base64 of 64 bytes>:, with nothing around it.`)
  }
  const [components, parameters] = covered
  const bytes = new Uint8Array(value[0])
  return {
    ok: true,
    fields: {
      identifiers: components.map((component) => serializeItem(component)),
      parameters,
      parametersText: serializeInnerList(covered),
      signature: bytes,
      signatureText: signatureText(bytes),
    },
  }
}

/** The member of our label, if there is no other and the text is the one that serialising gives. */
function onlyMember(text: string) {
  try {
    const members = parseDictionary(text)
    const member = members.get(SIGNATURE_LABEL)
    return members.size === 1 && serializeDictionary(members) === text ? member : undefined
  } catch {
    return undefined // the caller says what it takes; where the text breaks does not matter
  }
}
