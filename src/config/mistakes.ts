/** What is wrong with the settings, in words for the operator. */
import { maskSecrets } from '../security/redact.ts'

export type ConfigMistake = {
  /** The setting's name, or a place in a file: `FEDERATION_PEERS_FILE peers[2].url`. */
  readonly name: string
  /** The value found, secrets masked; `null` where none was, or where showing it would help nobody. */
  readonly seen: string | null
  /** What is wrong, as the end of a sentence that begins with the value. */
  readonly problem: string
  /** What the setting accepts; `null` where it should not be there at all. */
  readonly takes: string | null
}

/** One line for each mistake: `REGISTRY_PORT: "80a" is not a port; takes a whole number from 0 to 65535`. */
export function describeMistakes(mistakes: readonly ConfigMistake[]): string {
  return mistakes
    .map(({ name, seen, problem, takes }) => {
      const value = seen === null ? '' : `${JSON.stringify(seen)} `
      return `${name}: ${value}${problem}${takes === null ? '' : `; takes ${takes}`}`
    })
    .join('\n')
}

const MAX_SEEN_CHARS = 120 // enough to recognise a value, short enough for a line

/**
 * A refused value as it may be shown: secrets of known shape masked, and all before the last `@` left out,
 * since whatever stands there in a URL, well-formed or not, may be a password.
 */
export function showRefused(text: string): string {
  const masked = maskSecrets(text.includes('@') ? `…${text.slice(text.lastIndexOf('@'))}` : text)
  return masked.length > MAX_SEEN_CHARS ? `${masked.slice(0, MAX_SEEN_CHARS)}…` : masked
}

/** Makes the end of a sentence of a whole one: `A name is needed.` becomes `a name is needed`. */
export function asClause(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '')
}
