/**
 * Where the elements of an array stand in a JSON text, found without parsing them: whoever has read an element with
 * the same bytes before need not read it again.
 *
 * Only the structure is looked at. Whether the text is JSON is told by parsing the slices and what is around them.
 */

/** A text that is an object with one array of objects as its member `name`. */
export type SlicedArray<Known = never> = {
  /** The text of the object with that array empty. */
  readonly around: Uint8Array
  /** Each element, in order; no more than were asked for. */
  readonly elements: readonly Slice<Known>[]
  /** Whether there are more of them than were asked for; those are not looked at. */
  readonly hasMore: boolean
}

/** Where an object stands in the text; `end` is behind it. */
export type Slice<Known = never> = {
  readonly start: number
  readonly end: number
  /** What is known of an object with these very bytes. */
  readonly known: Known | undefined
}

export type SliceOptions<Known> = {
  /** A text of two bytes an element must not become a hundred times as much memory. */
  readonly mostElements: number
  /**
   * What is known of the object that begins at `start`, if its text is known to be an object as it stands: where an
   * object ends is told by its own bytes, so equal bytes need not be looked at again.
   */
  readonly recall?: (start: number) => Slice<Known> | undefined
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_ARRAY = 0x5b
const BACKSLASH = 0x5c
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/**
 * Slices the array that is the only member of that name of the outermost object, in one pass.
 *
 * `undefined` for every other shape, however valid, and for names spelt with escapes: such a text is to be parsed
 * as a whole. Depth and size are not limited here; each part is parsed within limits later.
 */
export function sliceArray<Known = never>(
  text: Uint8Array,
  name: string,
  options: SliceOptions<Known>,
): SlicedArray<Known> | undefined {
  const quotedName = Buffer.from(JSON.stringify(name))
  let at = skipBlanks(text, 0)
  if (text[at] !== OPEN_OBJECT) return undefined
  let found: (Elements<Known> & { readonly start: number }) | undefined
  at += 1
  for (;;) {
    at = skipBlanks(text, at)
    if (text[at] !== QUOTE) return undefined
    const endOfName = endOfString(text, at)
    const isWanted = isSame(text, at, endOfName, quotedName)
    // An escape could spell the name in another way.
    if (hasEscape(text, at, endOfName) || (isWanted && found !== undefined)) return undefined
    at = skipBlanks(text, endOfName)
    if (text[at] !== COLON) return undefined
    const value = skipBlanks(text, at + 1)
    const sliced = isWanted ? sliceElements(text, value, options) : undefined
    if (isWanted && sliced === undefined) return undefined
    found ??= sliced && { start: value + 1, ...sliced }
    const end = sliced === undefined ? endOfValue(text, value) : sliced.end + 1
    at = skipBlanks(text, end)
    if (text[at] === CLOSE_OBJECT) break
    if (text[at] !== COMMA) return undefined
    at += 1
  }
  if (found === undefined) return undefined
  const { start, end, elements, hasMore } = found
  return { around: Buffer.concat([text.subarray(0, start), text.subarray(end)]), elements, hasMore }
}

/** `end` is where the closing bracket stands. */
type Elements<Known> = Pick<SlicedArray<Known>, 'elements' | 'hasMore'> & { readonly end: number }

/** The objects of the array that begins at `start`. */
function sliceElements<Known>(
  text: Uint8Array,
  start: number,
  { mostElements, recall }: SliceOptions<Known>,
): Elements<Known> | undefined {
  if (text[start] !== OPEN_ARRAY) return undefined
  const elements: Slice<Known>[] = []
  let at = skipBlanks(text, start + 1)
  while (text[at] !== CLOSE_ARRAY) {
    if (elements.length > 0) {
      if (text[at] !== COMMA) return undefined
      at = skipBlanks(text, at + 1)
    }
    if (elements.length === mostElements) {
      // A million of them are passed over as one.
      const behind = endOfNested(text, at, 1)
      return behind === undefined ? undefined : { end: behind - 1, elements, hasMore: true }
    }
    const slice = recall?.(at) ?? sliceObject(text, at)
    if (slice === undefined) return undefined
    elements.push(slice)
    at = skipBlanks(text, slice.end)
  }
  return { end: at, elements, hasMore: false }
}

function sliceObject(text: Uint8Array, start: number): Slice | undefined {
  const end = text[start] === OPEN_OBJECT ? endOfNested(text, start) : undefined
  return end === undefined ? undefined : { start, end, known: undefined }
}

/** Behind the value at `start`; of a number or word, at its first character if it is none. */
function endOfValue(text: Uint8Array, start: number): number {
  const first = text[start]
  if (first === QUOTE) return endOfString(text, start)
  if (first === OPEN_OBJECT || first === OPEN_ARRAY) return endOfNested(text, start) ?? text.length
  let at = start
  while (at < text.length && text[at] !== COMMA && text[at] !== CLOSE_OBJECT) at += 1
  return at
}

/**
 * Behind the bracket that closes the one at `start`, or that many levels above it; undefined if none does.
 * @param depth how many brackets are open at `start`.
 */
function endOfNested(text: Uint8Array, start: number, depth = 0): number | undefined {
  for (let at = start; at < text.length; at += 1) {
    switch (text[at]) {
      case QUOTE:
        at = endOfString(text, at) - 1
        break
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth += 1
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        depth -= 1
        if (depth === 0) return at + 1
        break
    }
  }
  return undefined
}

/** Behind the closing quote of the string at `start`, or the end of the text. */
function endOfString(text: Uint8Array, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1
  return at + 1
}

/** @see RFC 8259, section 2: white space is these four characters. */
function skipBlanks(text: Uint8Array, start: number): number {
  let at = start
  while (text[at] === 0x20 || text[at] === 0x0a || text[at] === 0x0d || text[at] === 0x09) at += 1
  return at
}

/** Without a view of the name: a text may hold a million of them. */
function hasEscape(text: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (text[at] === BACKSLASH) return true
  return false
}

function isSame(text: Uint8Array, start: number, end: number, other: Uint8Array): boolean {
  return end - start === other.length && other.every((byte, index) => text[start + index] === byte)
}
