/** The exact bytes of a member of a JSON object: a card embedded in a body is kept as it was written. */

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACKET = 0x5b
const BACKSLASH = 0x5c
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf]

/**
 * The bytes of a top-level member's value, without the white space around it. Of several members with that name the
 * last one counts, as with `JSON.parse`; names are compared unescaped.
 *
 * @param json JSON text in UTF-8 that `JSON.parse` has accepted. Undefined if it is no object, has no such member or
 *   turns out malformed on the way.
 */
export function sliceMember(json: Uint8Array, member: string): Uint8Array | undefined {
  let at = skipBlanks(json, BYTE_ORDER_MARK.every((byte, index) => json[index] === byte) ? 3 : 0)
  if (json[at] !== OPEN_BRACE) return undefined
  at = skipBlanks(json, at + 1)
  let found: Uint8Array | undefined
  while (json[at] === QUOTE) {
    const nameEnd = skipString(json, at)
    const colon = skipBlanks(json, nameEnd)
    if (json[colon] !== COLON) return undefined
    const start = skipBlanks(json, colon + 1)
    const end = skipValue(json, start)
    if (end <= start) return undefined
    if (parseName(json.subarray(at, nameEnd)) === member) found = json.subarray(start, end)
    at = skipBlanks(json, end)
    if (json[at] === COMMA) at = skipBlanks(json, at + 1)
    else break
  }
  return json[at] === CLOSE_BRACE ? found : undefined
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

function skipBlanks(json: Uint8Array, start: number): number {
  let at = start
  while (isBlank(json[at])) at += 1
  return at
}

/** Bytes of UTF-8 beyond ASCII are never a quote or backslash, so bytes suffice. */
function skipString(json: Uint8Array, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at + 1
}

/** Counts depth instead of recursing, so that no nesting exhausts the stack. */
function skipValue(json: Uint8Array, start: number): number {
  let at = start
  let depth = 0
  while (at < json.length) {
    const byte = json[at]
    if (byte === QUOTE) at = skipString(json, at)
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1
      at += 1
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at // the end of a scalar, and of what it is in
      depth -= 1
      at += 1
      if (depth === 0) return at
    } else if (depth === 0 && (byte === COMMA || isBlank(byte))) return at
    else at += 1
    if (depth === 0 && byte === QUOTE) return at
  }
  return json.length
}

function parseName(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined // no name at all; JSON.parse has refused such a text before
  }
}
