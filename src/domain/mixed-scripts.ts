/**
 * Words that are made to look like others: a Cyrillic letter among Latin ones looks the same and is another. It is a
 * sign for the reader, no verdict: some honest names mix scripts, and a word that is foreign from its first letter to
 * its last shows nothing.
 */

/**
 * Whether a word of the text has letters of scripts that are not written together. Latin may stand with Japanese,
 * with Chinese and Bopomofo, and with Korean; digits, symbols and accents stand with every script; words may each have
 * their own.
 *
 * @see UTS #39 (Unicode security mechanisms), section 5.2, the level "highly restrictive"
 */
export function hasMixedScripts(text: string): boolean {
  return !ASCII.test(text) && (text.match(WORDS) ?? []).some((word) => !ONE_WRITING.test(word))
}

/** Nearly all names are this and need no further look. */
const ASCII = /^[\x00-\x7f]*$/

/** A hyphen or a stop ends a word: two scripts may stand on its two sides. */
const WORDS = /[\p{Letter}\p{Mark}\p{Number}]+/gu

/** The scripts of living languages (UAX #31, table 5); those of the three mixtures come first. */
const HAN_MIXTURES = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
]
const OTHER_SCRIPTS = [
  ...['Arabic', 'Armenian', 'Bengali', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek', 'Gujarati'],
  ...['Gurmukhi', 'Hebrew', 'Kannada', 'Khmer', 'Lao', 'Malayalam', 'Myanmar', 'Oriya', 'Sinhala', 'Tamil'],
  ...['Telugu', 'Thaana', 'Thai', 'Tibetan'],
]

const WITH_ALL = '\\p{Script_Extensions=Common}\\p{Script=Inherited}'

/** A word as it is written: in one script, one of the mixtures, or letters of no living language alone. */
const ONE_WRITING = new RegExp(
  [
    ...[...HAN_MIXTURES, ...OTHER_SCRIPTS.map((script) => [script])].map(
      (scripts) => `[${WITH_ALL}${lettersOf(scripts)}]+`,
    ),
    `[[\\p{Any}--[${lettersOf([...HAN_MIXTURES.flat(), ...OTHER_SCRIPTS])}]]${WITH_ALL}]+`,
  ]
    .map((word) => `^${word}$`)
    .join('|'),
  'v',
)

function lettersOf(scripts: readonly string[]): string {
  return [...new Set(scripts)].map((script) => `\\p{Script_Extensions=${script}}`).join('')
}
