/**
 * A file of records cut into pieces that are sent one after the other: after each, the registry's own counts tell how
 * far the import is, and one that was stopped or lost its session goes on with the piece it stopped at.
 */

/** Some lines, to be sent as they are. */
export type Piece = {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The number of its first line in the whole, from 1. */
  readonly firstLine: number
  /** Bytes of the file up to the end of the piece. */
  readonly endsAt: number
}

type PieceLimits = { readonly bytes: number; readonly lines: number }

/** Small enough for progress that moves and to be sent in a few seconds, large enough that requests cost nothing. */
const PIECE_LIMITS: PieceLimits = { bytes: 1024 * 1024, lines: 2_000 }

const LINE_FEED = 0x0a

/** Pieces that end with a line; a line longer than a piece is a piece by itself, and the registry's to refuse. */
export async function* cutLines(
  chunks: AsyncIterable<Uint8Array>,
  limits: PieceLimits = PIECE_LIMITS,
): AsyncGenerator<Piece> {
  let parts: Uint8Array[] = []
  let bytes = 0
  let lines = 0
  let firstLine = 1
  let endsAt = 0
  const take = (): Piece => {
    endsAt += bytes
    const piece = { bytes: join(parts, bytes), firstLine, endsAt }
    firstLine += lines
    parts = []
    bytes = 0
    lines = 0
    return piece
  }
  for await (const chunk of chunks) {
    let start = 0
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, at + 1)) {
      lines += 1
      if (lines < limits.lines && bytes + at + 1 - start < limits.bytes) continue
      parts.push(chunk.subarray(start, at + 1))
      bytes += at + 1 - start
      start = at + 1
      yield take()
    }
    if (start === chunk.length) continue
    parts.push(chunk.subarray(start))
    bytes += chunk.length - start
  }
  if (bytes > 0) yield take()
}

/** The text of one line of a piece, without its end. */
export function lineOf(piece: Piece, line: number): string {
  let start = 0
  for (let number = piece.firstLine; number < line; number += 1) {
    const end = piece.bytes.indexOf(LINE_FEED, start)
    if (end === -1) return ''
    start = end + 1
  }
  const end = piece.bytes.indexOf(LINE_FEED, start)
  return new TextDecoder()
    .decode(piece.bytes.subarray(start, end === -1 ? undefined : end))
    .replace(/\r$/, '')
}

function join(parts: readonly Uint8Array[], bytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
