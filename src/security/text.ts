/**
 * Text that strangers wrote, made safe to show: what is invisible, reorders its surroundings or hides messages
 * from the reader goes; every script stays readable. It is no HTML escaping: render the result as text.
 */

/**
 * Removes control characters (but line feed and tab), bidi controls, zero-width and tag characters, blank
 * letters and stray variation selectors; line ends become line feeds, lone surrogates U+FFFD. Joiners stay
 * where they change what is read: between letters of joining scripts (Persian, Indic) and inside emoji.
 *
 * @see UTS #39 (Unicode security mechanisms), UAX #9 (bidi controls), RFC 5892 appendix A.1 (joiners)
 */
export function cleanText(text: string): string {
  if (PLAIN.test(text)) return text
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(ALWAYS_REMOVED, '')
    .replace(STRAY_SELECTOR, '')
    .replace(STRAY_JOINER, '')
}

/** The same for names and titles: one line, runs of white space become one space, ends are trimmed. */
export function cleanLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim()
}

/** Most text is this and needs no further look. */
const PLAIN = /^[\x20-\x7e\n\t]*$/

const ALWAYS_REMOVED = new RegExp(
  [
    '[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f', // C0 and C1 but tab and line feed
    '\\u200e\\u200f\\u061c\\u202a-\\u202e\\u2066-\\u2069', // bidi marks, embeddings, overrides, isolates
    '\\u200b\\u2060-\\u2064\\u206a-\\u206f\\ufeff\\u00ad\\u034f\\u180e', // zero width, invisible operators
    '\\u115f\\u1160\\u3164\\uffa0', // Hangul fillers: letters that print nothing
    '\\ufff9-\\ufffb', // interlinear annotation
    '\\u{e0000}-\\u{e007f}]', // tags: a whole hidden ASCII
  ].join(''),
  'gu',
)

/**
 * A selector picks the glyph of an emoji, a keycap or a Han character; after anything else, and doubled, it
 * only carries hidden bytes.
 */
const STRAY_SELECTOR = new RegExp(
  [
    '(?<![\\p{Extended_Pictographic}\\u{1f3fb}-\\u{1f3ff}])(?!(?<=[0-9#*])\\ufe0f\\u20e3)[\\ufe0e\\ufe0f]',
    '(?<!\\p{Script=Han})[\\ufe00-\\ufe0d\\u{e0100}-\\u{e01ef}]',
  ].join('|'),
  'gu',
)

const JOINING_SCRIPTS = [
  ...[
    'Arabic',
    'Syriac',
    'Mandaic',
    'Nko',
    'Mongolian',
    'Devanagari',
    'Bengali',
    'Gurmukhi',
    'Gujarati',
    'Oriya',
  ],
  ...[
    'Tamil',
    'Telugu',
    'Kannada',
    'Malayalam',
    'Sinhala',
    'Tibetan',
    'Khmer',
    'Myanmar',
    'Javanese',
    'Balinese',
  ],
]
  .map((script) => `\\p{Script=${script}}`)
  .join('')

const JOINABLE_EMOJI = '\\p{Extended_Pictographic}'

/** A joiner with no joining letter, or no emoji, on both sides is invisible and changes nothing but equality. */
const STRAY_JOINER = new RegExp(
  [
    `(?!(?<=[${JOINING_SCRIPTS}])[\\u200c\\u200d][${JOINING_SCRIPTS}])`,
    `(?!(?<=[${JOINABLE_EMOJI}\\ufe0f\\u{1f3fb}-\\u{1f3ff}])\\u200d${JOINABLE_EMOJI})`,
    '[\\u200c\\u200d]',
  ].join(''),
  'gu',
)
