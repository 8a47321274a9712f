/** How many columns of a terminal a text takes, and cutting it to fit. */

/** Columns: East Asian wide characters and emoji take two, combining marks none. @see UAX #11 */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes(text)) width += graphemeWidth(segment)
  return width
}

/** The text in at most `width` columns; one that is cut ends with an ellipsis. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let kept = ''
  let used = 0
  for (const { segment } of graphemes(text)) {
    used += graphemeWidth(segment)
    if (used > width - 1) break // the ellipsis takes one column
    kept += segment
  }
  return width < 1 ? '' : `${kept.trimEnd()}…`
}

/** The text with spaces behind it up to `width` columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

const ASCII = /^[\x20-\x7e]*$/
const ZERO = /^[\p{M}\p{Cf}]+$/u
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[0-9#*]\ufe0f?\u20e3/u

/** The blocks whose characters are wide: Hangul, CJK, kana, full-width forms. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u

function graphemes(text: string): Iterable<Intl.SegmentData> {
  return new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)
}

function graphemeWidth(grapheme: string): number {
  if (ZERO.test(grapheme)) return 0
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1
}
