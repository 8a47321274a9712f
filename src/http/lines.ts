/** Cuts a stream of bytes into lines, none of which is ever held beyond its limit. */

export type Line =
  | { readonly kind: 'line'; readonly number: number; readonly bytes: Uint8Array }
  /** Longer than the limit; its bytes were dropped as they came. */
  | { readonly kind: 'too-long'; readonly number: number }

const LINE_FEED = 0x0a

/** Lines by their number from 1, without their ends; lines of nothing but blanks are left out, and counted. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = []
  let size = 0
  let number = 0
  const add = (part: Uint8Array): void => {
    size += part.length
    if (size <= maxBytes) parts.push(part)
    else parts = []
  }
  const take = (): Line | undefined => {
    number += 1
    const line = lineOf(Buffer.concat(parts), { number, isTooLong: size > maxBytes })
    parts = []
    size = 0
    return line
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end))
      start = end + 1
      const line = take()
      if (line !== undefined) yield line
    }
    if (start < chunk.length) add(chunk.subarray(start))
  }
  const last = size > 0 ? take() : undefined
  if (last !== undefined) yield last
}

function lineOf(
  bytes: Uint8Array,
  { number, isTooLong }: { readonly number: number; readonly isTooLong: boolean },
): Line | undefined {
  if (isTooLong) return { kind: 'too-long', number }
  return bytes.every(isBlank) ? undefined : { kind: 'line', number, bytes }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d
}
