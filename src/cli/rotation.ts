/** What `key rotate` and `token rotate` have in common. */
import { type Command, Option } from 'commander'
import { memberOf, textOf, timeOf } from './read-answer.ts'
import { wholeNumber } from './values.ts'

const SECONDS_PER_HOUR = 3_600
const DEFAULT_OVERLAP_HOURS = 24
const MOST_OVERLAP_HOURS = 168

export type OverlapOption = { readonly overlap: number }

export function addOverlapOption(command: Command): Command {
  const option = new Option('--overlap <hours>', 'how long the replaced one is still good; 0 ends it now')
  return command.addOption(
    option.argParser(wholeNumber(0, MOST_OVERLAP_HOURS)).default(DEFAULT_OVERLAP_HOURS),
  )
}

export function overlapToWire({ overlap }: OverlapOption): { readonly overlap_seconds: number } {
  return { overlap_seconds: overlap * SECONDS_PER_HOUR }
}

/** When a key or token of a list ends; to the minute once another was made in its place. */
export function endOf(credential: unknown): string {
  if (memberOf(credential, 'revoked_at')) return 'revoked'
  const end = timeOf(credential, 'expires_at')
  return memberOf(credential, 'rotated_at') ? `${end} (rotated)` : end.slice(0, 10)
}

/** The field that says until when the replaced one is good. */
export function replacedField(answer: unknown): [string, string] {
  return ['Replaces', `${textOf(answer, 'replaces')}, which ends ${timeOf(answer, 'replaced_ends_at')}`]
}
