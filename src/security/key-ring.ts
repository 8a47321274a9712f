/**
 * The key ring: the secrets that protect other secrets.
 *
 * Text form `k2:<base64 of 32 bytes>,k1:<…>`: the first key writes, all read, so a key is rotated by putting a
 * new one in front and dropping the old one when nothing uses it. Ring keys are never used directly: each
 * purpose (sealing secrets, signing cursors) gets its own keys by HKDF, equal on every replica with this ring.
 */
import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'

/** A key for one purpose, named by the ring key it comes from. */
export interface DerivedKey {
  readonly kid: string
  readonly key: Uint8Array
}

/** The parsed ring. Key bytes are held as `KeyObject`, which neither `JSON.stringify` nor a logger shows. */
export interface KeyRing {
  /** Ring keys, the writing one first; never empty. */
  readonly keys: readonly RingKey[]
  /** Keys for one purpose in ring order: the first signs or seals, all verify or open. */
  deriveKeys(purpose: string): readonly DerivedKey[]
}

/** One key of the ring and its name. */
export interface RingKey {
  readonly kid: string
  readonly secret: KeyObject
}

/** A key ring that cannot be used; the message is a sentence for the operator and holds no key material. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError'
}

const KEY_BYTES = 32
const KID_GRAMMAR = /^[A-Za-z0-9_-]{1,32}$/

/**
 * Parses `kid:base64,kid:base64`; line breaks may stand for commas, spaces around entries are ignored.
 *
 * @throws KeyRingError naming the entry at fault, never its key.
 */
export function parseKeyRing(text: string): KeyRing {
  const entries = text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length === 0)
    throw new KeyRingError('The key ring is empty; it needs at least one kid:base64 entry.')
  const keys = entries.map((entry, index) => parseEntry(entry, index + 1))
  const seen = new Set<string>()
  for (const { kid } of keys) {
    if (seen.has(kid))
      throw new KeyRingError(`The key ring names "${kid}" twice; every key needs its own name.`)
    seen.add(kid)
  }
  return ringOf(keys)
}

/** A ring with one new random key, `k1`. */
export function createKeyRing(): KeyRing {
  return ringOf([newKey('k1')])
}

/** The same ring with a new random key in front, which from then on writes. */
export function withNewKey(ring: KeyRing): KeyRing {
  const taken = new Set(ring.keys.map(({ kid }) => kid))
  let number = ring.keys.length + 1
  while (taken.has(`k${number}`)) number += 1
  return ringOf([newKey(`k${number}`), ...ring.keys])
}

/** The text form, secrets included: for the key file only. */
export function formatKeyRing(ring: KeyRing): string {
  return ring.keys.map(({ kid, secret }) => `${kid}:${secret.export().toString('base64')}`).join(',')
}

function ringOf(keys: readonly RingKey[]): KeyRing {
  return {
    keys,
    deriveKeys: (purpose) => keys.map(({ kid, secret }) => ({ kid, key: derive(secret, purpose) })),
  }
}

/** HKDF without salt: the input is already uniformly random (RFC 5869, section 3.1). */
function derive(secret: KeyObject, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', `agentvault-registry/v1/${purpose}`, KEY_BYTES))
}

function newKey(kid: string): RingKey {
  return { kid, secret: createSecretKey(randomBytes(KEY_BYTES)) }
}

function parseEntry(entry: string, position: number): RingKey {
  const colon = entry.indexOf(':')
  if (colon === -1) throw new KeyRingError(`Entry ${position} of the key ring has no name; write kid:base64.`)
  const kid = entry.slice(0, colon)
  if (!KID_GRAMMAR.test(kid)) {
    throw new KeyRingError(
      `Entry ${position} of the key ring has a bad name; use up to 32 letters, digits, "_" or "-".`,
    )
  }
  const encoded = entry.slice(colon + 1)
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, '')) {
    throw new KeyRingError(`Key "${kid}" of the key ring is not valid base64.`)
  }
  if (bytes.length !== KEY_BYTES) {
    throw new KeyRingError(
      `Key "${kid}" of the key ring has ${bytes.length} bytes; it needs exactly ${KEY_BYTES}.`,
    )
  }
  return { kid, secret: createSecretKey(bytes) }
}
