/**
 * Tokens this registry issues: `ava_…` keys for people and programs, `avf_…` tokens for peers, `avs_…` tokens of
 * sessions in a browser.
 *
 * Prefix, 43 base62 characters of 256 random bits, 6 base62 characters of CRC-32 over all before. The check
 * characters let a mistyped token be refused before the database is asked, and let secret scanners be sure.
 */
import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** `ava`: API key of this registry; `avf`: federation token given to a peer; `avs`: session of the console. */
export type TokenKind = 'ava' | 'avf' | 'avs'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const SECRET_CHARS = 43 // 62^43 is just above 2^256
const CHECK_CHARS = 6 // 62^6 is above 2^32
const TOKEN_GRAMMAR = /^(av[afs])_[0-9A-Za-z]{49}$/

/**
 * Makes a new token.
 *
 * @param random 32 random bytes, read as one big-endian number.
 */
export function mintToken(kind: TokenKind, random: Uint8Array = randomBytes(32)): string {
  if (random.length !== 32) throw new TypeError('A token is made of exactly 32 random bytes.')
  const secret = base62(BigInt(`0x${Buffer.from(random).toString('hex')}`), SECRET_CHARS)
  const body = `${kind}_${secret}`
  return body + checkOf(body)
}

/**
 * Whether the text has the form of a token we issue, check characters included. It says nothing about the
 * token being known. Not constant in time: it compares public check characters only.
 */
export function isWellFormedToken(text: string, kind?: TokenKind): boolean {
  const found = TOKEN_GRAMMAR.exec(text)?.[1]
  if (found === undefined || (kind !== undefined && found !== kind)) return false
  return checkOf(text.slice(0, -CHECK_CHARS)) === text.slice(-CHECK_CHARS)
}

/** SHA-256 of the token in hex: what is stored and looked up. 256 random bits need no slow hash. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'hex')
}

/** What may be shown of a token in lists: its prefix and last four characters, `ava_…3fXq`. */
export function tokenHint(token: string): string {
  return `${token.slice(0, 4)}…${token.slice(-4)}`
}

function checkOf(text: string): string {
  return base62(BigInt(crc32(text)), CHECK_CHARS)
}

function base62(value: bigint, width: number): string {
  let digits = ''
  for (let rest = value; rest > 0n; rest /= 62n) digits = ALPHABET.charAt(Number(rest % 62n)) + digits
  return digits.padStart(width, '0')
}
