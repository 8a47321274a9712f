/** Texts of the database as the closed sets and identifiers the domain knows. */
import { validate } from 'uuid'

/**
 * The member of `choices` that a column holds.
 * @throws TypeError when it holds another: the row was not written by this program.
 */
export function fromStoredChoice<T extends string>(value: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === value)
  if (choice === undefined) throw new TypeError(`a stored choice is none of ${choices.join(', ')}`)
  return choice
}

/**
 * The one spelling of a UUID that both engines find; `undefined` for other text, which PostgreSQL would refuse
 * with an error where SQLite just finds nothing.
 */
export function parseUuid(text: string): string | undefined {
  return validate(text) ? text.toLowerCase() : undefined
}

/** Text with U+FFFD for each null character, which PostgreSQL takes in no column. */
export function withoutNullCharacters(text: string): string {
  return text.replaceAll('\0', '\ufffd')
}
