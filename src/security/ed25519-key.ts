/** Ed25519 public keys as registries show them to each other: as JWK (RFC 8037), named by their thumbprint (RFC 7638). */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type webcrypto,
} from 'node:crypto'
import type { IdentityKeyPair } from '../domain/identity.ts'

/** A public key that has been read: it is of the right kind and size, and no key of which anyone can sign. */
export type PublicKey = {
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string
  /** 32 bytes, base64url. */
  readonly x: string
  readonly key: KeyObject
}

export type ReadKey =
  | { readonly ok: true; readonly key: PublicKey }
  | { readonly ok: false; readonly problem: string }

/** A new key pair. */
export function mintKeyPair(): IdentityKeyPair {
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  if (x === undefined || d === undefined) throw new Error('an Ed25519 key has no coordinates')
  return { thumbprint: thumbprintOf(x), x, d }
}

/** The private key of a pair, to sign with. */
export function toPrivateKey({ x, d }: IdentityKeyPair): KeyObject {
  return createPrivateKey({ key: { ...jwkOf(x), d }, format: 'jwk' })
}

/** A public key in the members that every Ed25519 JWK has. */
export function jwkOf(x: string): { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string } {
  return { kty: 'OKP', crv: 'Ed25519', x }
}

/** @see RFC 7638, section 3; RFC 8037, appendix A.3 */
export function thumbprintOf(x: string): string {
  return thumbprintOfJwk(canonicalJwk(x))
}

/** The one spelling of a public key as text: its JWK without spaces, members in order. */
export function canonicalJwk(x: string): string {
  return `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`
}

/** The thumbprint of a key that `canonicalJwk` wrote. */
export function thumbprintOfJwk(canonical: string): string {
  return createHash('sha256').update(canonical).digest('base64url')
}

/** Reads a public key from the members of a JWK. */
export function readJwk(value: unknown): ReadKey {
  const refuse = (problem: string): ReadKey => ({ ok: false, problem })
  if (typeof value !== 'object' || value === null) return refuse('It is no JWK.')
  const { kty, crv, x, d } = value as webcrypto.JsonWebKey
  if (d !== undefined)
    return refuse('It is a private key, which nobody else may have: make a new one and show its public half.')
  if (kty !== 'OKP' || crv !== 'Ed25519') return refuse('It is not an Ed25519 key.')
  if (typeof x !== 'string') return refuse('It has no `x`.')
  return readCoordinate(x)
}

const MAX_KEY_CHARS = 4_096

/** Reads a public key from text: a JWK, or PEM (`-----BEGIN PUBLIC KEY-----`, SPKI). */
export function readPublicKey(text: string): ReadKey {
  const given = text.trim()
  if (given.length > MAX_KEY_CHARS) return { ok: false, problem: 'It is too long for a public key.' }
  if (given.startsWith('{')) return readJwkText(given)
  if (!/^-----BEGIN PUBLIC KEY-----\s[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----$/.test(given)) {
    return { ok: false, problem: 'It is neither a JWK nor a public key in PEM.' }
  }
  try {
    const key = createPublicKey(given)
    if (key.asymmetricKeyType !== 'ed25519') return { ok: false, problem: 'It is not an Ed25519 key.' }
    return readJwk(key.export({ format: 'jwk' }))
  } catch {
    // What OpenSSL says of it helps nobody.
    return { ok: false, problem: 'Its PEM does not hold a public key.' }
  }
}

function readJwkText(text: string): ReadKey {
  try {
    return readJwk(JSON.parse(text))
  } catch {
    return { ok: false, problem: 'It is no JSON.' } // where it breaks is of no use in so short a text
  }
}

function readCoordinate(x: string): ReadKey {
  const bytes = Buffer.from(x, 'base64url')
  if (bytes.length !== 32 || bytes.toString('base64url') !== x) {
    return { ok: false, problem: 'Its `x` is not 32 bytes in base64url.' }
  }
  if (isOfSmallOrder(bytes)) {
    return { ok: false, problem: 'It is a key that anyone can make signatures for.' }
  }
  const key = createPublicKey({ key: jwkOf(x), format: 'jwk' })
  return { ok: true, key: { thumbprint: thumbprintOf(x), x, key } }
}

/**
 * Points of order 1, 2, 4 and 8, their spellings beyond the field's prime included: under such a key one signature
 * fits many messages, so it proves nothing. Libraries differ in whether they refuse them. Without the sign bit.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

function isOfSmallOrder(point: Buffer): boolean {
  const bytes = Buffer.from(point)
  bytes.writeUInt8(bytes.readUInt8(31) & 0x7f, 31)
  return SMALL_ORDER.has(bytes.toString('hex'))
}
