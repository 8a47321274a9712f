/**
 * Cursors that callers carry for us: readable by anyone, changeable by no one.
 *
 * Text form `<base64url JSON>.<base64url of a 16-byte HMAC-SHA-256>`. What a cursor may open (whose it is, how
 * long it holds) belongs into its payload; the seal only says that this registry wrote it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DerivedKey } from './key-ring.ts'

/** Seals payloads into cursors and opens them again. */
export interface CursorSealer {
  /** The payload as a cursor; the payload must survive JSON. */
  seal(payload: unknown): string
  /** The payload of a cursor this registry sealed; `undefined` when malformed or forged. Parse it by schema. */
  open(text: string): unknown | undefined
}

const MAC_BYTES = 16 // 128 bits cannot be guessed online, and cursors travel in URLs
const MAX_CURSOR_CHARS = 4096 // beyond what servers accept in a URL; nothing longer was made by us

/**
 * A sealer over derived keys, `ring.deriveKeys('cursor')`: the first signs, all verify, so cursors survive a
 * new first key.
 */
export function createCursorSealer(keys: readonly DerivedKey[]): CursorSealer {
  const [first] = keys
  if (first === undefined) throw new TypeError('A cursor sealer needs at least one key.')
  return {
    seal(payload) {
      const body = Buffer.from(JSON.stringify(payload)).toString('base64url')
      return `${body}.${macOf(first, body)}`
    },
    open(text) {
      if (text.length > MAX_CURSOR_CHARS) return undefined
      const [body, mac, ...rest] = text.split('.')
      if (body === undefined || mac === undefined || rest.length > 0) return undefined
      if (!keys.some((key) => equals(macOf(key, body), mac))) return undefined
      return parsePayload(body)
    },
  }
}

function macOf({ key }: DerivedKey, body: string): string {
  return createHmac('sha256', key).update(body).digest().subarray(0, MAC_BYTES).toString('base64url')
}

/** Compares the texts, not the decoded bytes: each cursor has exactly one spelling. */
function equals(expected: string, given: string): boolean {
  const a = Buffer.from(expected)
  const b = Buffer.from(given)
  return a.length === b.length && timingSafeEqual(a, b)
}

function parsePayload(body: string): unknown | undefined {
  try {
    const payload: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
    return payload
  } catch {
    return undefined // the seal held, so only a payload of another release can come here
  }
}
