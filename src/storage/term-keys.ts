/**
 * Words as keys of the index. PostgreSQL refuses index entries of some 2,700 bytes, and one run of letters may be as
 * long as a description: very long words are kept by their beginning and a digest of the whole.
 */
import { createHash } from 'node:crypto'

/**
 * UTF-16 code units; at most three bytes each. No word of a search text grows longer than this: of its 200
 * characters none becomes more than four letters of one word when it is normalised.
 */
const LONGEST_KEPT = 800

/** The key of a word: itself, unless it is very long. Different words have different keys. */
export function termKey(word: string): string {
  if (word.length <= LONGEST_KEPT) return word
  // A space stands in no word, so no other word has this key.
  return `${beginningOf(word)} ${createHash('sha256').update(word).digest('base64url')}`
}

/** The keys from `first` to `last`, both included, are those of the words that begin with `prefix`. */
export function keysWithPrefix(prefix: string): { readonly first: string; readonly last: string } {
  if (prefix.length > LONGEST_KEPT) return { first: termKey(prefix), last: termKey(prefix) }
  // The last code point there is: in byte order it follows every continuation of the prefix.
  return { first: prefix, last: `${prefix}\u{10ffff}` }
}

/** Half a character has no bytes: it would be stored as another one. */
function beginningOf(word: string): string {
  const beginning = word.slice(0, LONGEST_KEPT)
  return beginning.isWellFormed() ? beginning : beginning.slice(0, -1)
}
