/**
 * What a registry says of itself at `/.well-known/agent-registry.json`: its address, its keys, the signatures it can
 * make and check. Each of its keys signs the document, so that whoever knows one of them can believe the others.
 */
import { sign as signBytes, verify } from 'node:crypto'
import type { IdentityKey } from '../domain/identity.ts'
import { SIGNATURE_SCHEMES } from '../domain/peer.ts'
import { canonicalJson } from './canonical-json.ts'
import { jwkOf, type PublicKey, readJwk, toPrivateKey } from './ed25519-key.ts'

/** Under a registry's public URL (RFC 8615 where that has no path). */
export const REGISTRY_DOCUMENT_PATH = '/.well-known/agent-registry.json'

export type WireRegistryDocument = {
  readonly origin: string
  /** The one that signs now comes first. */
  readonly keys: readonly (ReturnType<typeof jwkOf> & { readonly kid: string })[]
  readonly schemes: readonly string[]
  readonly issued_at: string
  readonly expires_at: string
  readonly signatures: readonly { readonly keyid: string; readonly signature: string }[]
}

/** A document that has been checked: its registry holds every one of these keys. */
export type RegistryDocument = {
  readonly origin: string
  /** The one that signs now comes first; never empty. */
  readonly keys: readonly [PublicKey, ...PublicKey[]]
  readonly schemes: readonly string[]
}

export type ReadDocument =
  | { readonly ok: true; readonly document: RegistryDocument }
  | { readonly ok: false; readonly problem: string }

const LIFETIME_MS = 86_400_000
/** Longer than clocks are apart, too short to matter. */
const CLOCK_SKEW_MS = 300_000
const MOST_KEYS = 8
/** What is signed for one purpose is nothing for another; RFC 9421 signs nothing that begins like this. */
const PURPOSE = 'agent-registry-document\n'

/**
 * @param keys all that are shown, the one that signs now first.
 * @param now Unix ms.
 */
export function makeRegistryDocument(
  origin: string,
  keys: readonly IdentityKey[],
  now: number,
): WireRegistryDocument {
  const document = {
    origin,
    keys: keys.map(({ x, thumbprint }) => ({ ...jwkOf(x), kid: thumbprint })),
    schemes: SIGNATURE_SCHEMES,
    issued_at: new Date(now).toISOString(),
    expires_at: new Date(now + LIFETIME_MS).toISOString(),
  }
  const bytes = signedBytes(document)
  const signatures = keys.map((key) => ({
    keyid: key.thumbprint,
    signature: signBytes(null, bytes, toPrivateKey(key)).toString('base64url'),
  }))
  return { ...document, signatures }
}

/**
 * Checks what a registry says of itself.
 *
 * @param value the document as parsed JSON.
 * @param expected.origin the public URL it was asked for at; it speaks for no other.
 * @param expected.now Unix ms.
 */
export function readRegistryDocument(
  value: unknown,
  { origin, now }: { readonly origin: string; readonly now: number },
): ReadDocument {
  const refuse = (problem: string): ReadDocument => ({ ok: false, problem })
  if (!isRecord(value)) return refuse('Its registry document is no JSON object.')
  if (value.origin !== origin) {
    return refuse('Its registry document names another address than the one it was asked at.')
  }
  const outside = outsideLifetime(value, now)
  if (outside !== null) return refuse(outside)
  const keys = readKeys(value.keys)
  if (typeof keys === 'string') return refuse(keys)
  const { signatures, ...unsigned } = value
  const bytes = signedBytes(unsigned)
  const unproven = keys.find((key) => !hasSigned(key, signatures, bytes))
  if (unproven !== undefined) {
    return refuse(`Its registry document is not signed by its key ${unproven.thumbprint}.`)
  }
  const schemes = Array.isArray(value.schemes)
    ? value.schemes.filter((scheme: unknown): scheme is string => typeof scheme === 'string')
    : []
  return { ok: true, document: { origin, keys, schemes } }
}

function outsideLifetime({ issued_at, expires_at }: Record<string, unknown>, now: number): string | null {
  const [issuedAt, expiresAt] = [timeOf(issued_at), timeOf(expires_at)]
  if (Number.isNaN(issuedAt) || Number.isNaN(expiresAt)) {
    return 'Its registry document does not say from when to when it holds.'
  }
  if (issuedAt > now + CLOCK_SKEW_MS) return 'Its registry document is of the future; compare both clocks.'
  return expiresAt < now ? 'Its registry document has expired; compare both clocks.' : null
}

/** The keys, or what is wrong with them. */
function readKeys(value: unknown): RegistryDocument['keys'] | string {
  if (!Array.isArray(value) || value.length > MOST_KEYS) {
    return `Its registry document has no list of 1 to ${MOST_KEYS} keys.`
  }
  const keys: PublicKey[] = []
  for (const given of value) {
    const read = readJwk(given)
    if (!read.ok) return `A key of its registry document cannot be used. ${read.problem}`
    keys.push(read.key)
  }
  const [first, ...others] = keys
  return first === undefined ? 'Its registry document has no key.' : [first, ...others]
}

function hasSigned({ key, thumbprint }: PublicKey, signatures: unknown, bytes: Uint8Array): boolean {
  if (!Array.isArray(signatures)) return false
  return signatures
    .slice(0, MOST_KEYS)
    .some((given: unknown) => isRecord(given) && given.keyid === thumbprint && isSignature(given, bytes, key))
}

function isSignature({ signature }: Record<string, unknown>, bytes: Uint8Array, key: PublicKey['key']) {
  return typeof signature === 'string' && verify(null, bytes, key, Buffer.from(signature, 'base64url'))
}

function signedBytes(document: object): Uint8Array {
  return Buffer.from(PURPOSE + canonicalJson(document))
}

function timeOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
