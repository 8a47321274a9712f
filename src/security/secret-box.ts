/**
 * Secrets at rest: peers' keys, signing secrets and private keys, sealed for one place in the database.
 *
 * Envelope `v1.<kid>.<wrapped key>.<ciphertext>` (base64url): a fresh key per value seals the text with
 * AES-256-GCM, a key of the ring seals that key. Both seals cover table, row and column, so a sealed value
 * moved to another row does not open. Rotation re-wraps the small key and leaves the ciphertext alone.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { type SealContext, type SecretBox, SecretBoxError } from '../domain/secrets.ts'
import type { DerivedKey, KeyRing } from './key-ring.ts'

const IV_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

/** A box over the ring: its first key seals, all open. */
export function createSecretBox(ring: KeyRing): SecretBox {
  const keys = ring.deriveKeys('secret-box')
  const [first, ...others] = keys
  if (first === undefined) throw new TypeError('A key ring holds at least one key.')

  const unwrap = (envelope: Envelope, context: SealContext): Buffer => {
    const wrapper = findKey(keys, envelope.kid, context)
    return decrypt(wrapper.key, envelope.wrapped, context)
  }
  return {
    kids: [first.kid, ...others.map(({ kid }) => kid)],
    kidOf: (sealed) => ENVELOPE_GRAMMAR.exec(sealed)?.[1],
    seal(plain, context) {
      const dataKey = randomBytes(32)
      const ciphertext = encrypt(dataKey, Buffer.from(plain), context)
      return formatEnvelope({ kid: first.kid, wrapped: encrypt(first.key, dataKey, context), ciphertext })
    },
    open(sealed, context) {
      const envelope = parseEnvelope(sealed, context)
      return decrypt(unwrap(envelope, context), envelope.ciphertext, context).toString('utf8')
    },
    rewrap(sealed, context) {
      const envelope = parseEnvelope(sealed, context)
      const dataKey = unwrap(envelope, context)
      if (envelope.kid === first.kid) return sealed
      return formatEnvelope({ ...envelope, kid: first.kid, wrapped: encrypt(first.key, dataKey, context) })
    },
  }
}

interface Envelope {
  readonly kid: string
  readonly wrapped: Buffer
  readonly ciphertext: Buffer
}

const ENVELOPE_GRAMMAR = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/

function parseEnvelope(sealed: string, context: SealContext): Envelope {
  const [, kid, wrappedText, cipherText] = ENVELOPE_GRAMMAR.exec(sealed) ?? []
  const wrapped = decodeStrictly(wrappedText)
  const ciphertext = decodeStrictly(cipherText)
  if (kid === undefined || wrapped === undefined || ciphertext === undefined) {
    throw new SecretBoxError('malformed', `The secret in ${placeOf(context)} is not in sealed form.`)
  }
  return { kid, wrapped, ciphertext }
}

function formatEnvelope({ kid, wrapped, ciphertext }: Envelope): string {
  return `v1.${kid}.${wrapped.toString('base64url')}.${ciphertext.toString('base64url')}`
}

/** Only the one canonical spelling is read, so that no changed character goes unnoticed. */
function decodeStrictly(text: string | undefined): Buffer | undefined {
  if (text === undefined) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text && bytes.length >= IV_BYTES + TAG_BYTES ? bytes : undefined
}

function findKey(keys: readonly DerivedKey[], kid: string, context: SealContext): DerivedKey {
  const found = keys.find((key) => key.kid === kid)
  if (found !== undefined) return found
  throw new SecretBoxError(
    'unknown-key',
    `The secret in ${placeOf(context)} is sealed with key "${kid}", which is not in the key ring; put that key back to read it.`,
  )
}

function encrypt(key: Uint8Array, plain: Uint8Array, context: SealContext): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(associatedData(context))
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decrypt(key: Uint8Array, sealed: Buffer, context: SealContext): Buffer {
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(associatedData(context))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw new SecretBoxError(
      'tampered',
      `The secret in ${placeOf(context)} does not open: it was changed, sealed for another row, or the key ring holds another key of that name.`,
      { cause },
    )
  }
}

/** `table|id|column|v1`; table and column are plain names, so no two places share one text. */
function associatedData({ table, id, column }: SealContext): Buffer {
  if (!/^[a-z_]+$/.test(table) || !/^[a-z_]+$/.test(column)) {
    throw new TypeError('A seal needs plain lower-case table and column names.')
  }
  return Buffer.from(`${table}|${id}|${column}|v1`)
}

function placeOf({ table, id, column }: SealContext): string {
  return `${table}.${column} of row ${id}`
}
