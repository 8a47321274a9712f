/** Where malformed JSON goes wrong: `JSON.parse` does not always say. */

/** The first offset (UTF-16 units) at which the text cannot be JSON any more, and what was expected there. */
export interface JsonFault {
  readonly position: number
  readonly expected: string
}

/**
 * Finds the first fault of a text that `JSON.parse` refused. Recursive: bound the nesting before calling.
 *
 * @see RFC 8259
 */
export function findJsonFault(text: string): JsonFault {
  const end = readValue(text, 0)
  if (typeof end !== 'number') return end
  return { position: skipSpace(text, end), expected: 'expected the end of the text' }
}

/** Each reader gives the offset behind what it read, or the fault. */
type Read = number | JsonFault

const SPACE = /[ \t\n\r]*/y
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const STRING_PART = /[^"\\\x00-\x1f]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

function readValue(text: string, offset: number): Read {
  const start = skipSpace(text, offset)
  const char = text[start]
  if (char === '{') return readMembers(text, start, '}', readMember)
  if (char === '[') return readMembers(text, start, ']', readValue)
  if (char === '"') return readString(text, start)
  const end = matchAt(SCALAR, text, start)
  return end === start ? { position: start, expected: 'expected a value' } : end
}

function readMembers(
  text: string,
  start: number,
  closing: string,
  readOne: (t: string, o: number) => Read,
): Read {
  let offset = skipSpace(text, start + 1)
  if (text[offset] === closing) return offset + 1
  for (;;) {
    const end = readOne(text, offset)
    if (typeof end !== 'number') return end
    offset = skipSpace(text, end)
    if (text[offset] === closing) return offset + 1
    if (text[offset] !== ',') return { position: offset, expected: `expected a comma or ${closing}` }
    offset += 1
  }
}

function readMember(text: string, offset: number): Read {
  const start = skipSpace(text, offset)
  if (text[start] !== '"') return { position: start, expected: 'expected a name in double quotes' }
  const end = readString(text, start)
  if (typeof end !== 'number') return end
  const colon = skipSpace(text, end)
  if (text[colon] !== ':') return { position: colon, expected: 'expected a colon' }
  return readValue(text, colon + 1)
}

function readString(text: string, start: number): Read {
  let offset = start + 1
  for (;;) {
    const end = matchAt(STRING_PART, text, offset)
    if (end === offset) break
    offset = end
  }
  if (text[offset] === '"') return offset + 1
  if (offset >= text.length) return { position: start, expected: 'this string has no closing quote' }
  const expected = text[offset] === '\\' ? 'unknown escape' : 'control character inside a string'
  return { position: offset, expected }
}

function skipSpace(text: string, offset: number): number {
  return matchAt(SPACE, text, offset)
}

/** The offset behind a sticky match; the offset itself when nothing matches there. */
function matchAt(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset
  const [found = ''] = pattern.exec(text) ?? []
  return offset + found.length
}
