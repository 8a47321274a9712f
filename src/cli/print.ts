/** Writing answers: as they came for programs, in words for people. */
import { cleanLine } from '../security/text.ts'
import { type Column, renderTable } from './table.ts'
import type { Terminal } from './terminal.ts'

/** The API's own JSON, byte for byte in a pipe; on a terminal, what could steer it is written as `\u` escapes. */
export function printJson(text: string, terminal: Terminal): void {
  const shown = terminal.isInteractive ? text.replace(STEERING, escapeUnit) : text
  terminal.out(shown.endsWith('\n') ? shown : `${shown}\n`)
}

/** A table as wide as the terminal; without rows, a sentence on standard error instead. */
export function printTable(
  rows: readonly (readonly string[])[],
  { columns, none }: { readonly columns: readonly Column[]; readonly none: string },
  terminal: Terminal,
): void {
  if (rows.length === 0) terminal.err(`${none}\n`)
  else terminal.out(renderTable(columns, rows, terminal.width))
}

/** Names and values in two columns; lines without a value are left out. */
export function printFields(
  fields: readonly (readonly [name: string, value: string])[],
  terminal: Terminal,
): void {
  const shown = fields.filter(([, value]) => value !== '')
  const width = Math.max(...shown.map(([name]) => name.length))
  for (const [name, value] of shown) terminal.out(`${name.padEnd(width)}  ${cleanLine(value)}\n`)
}

/** A word for a POSIX shell, quoted where it must be. */
export function shellWord(text: string): string {
  const word = cleanLine(text)
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

// C0 but white space, C1, and characters that reorder or hide text; in JSON they stand only inside strings.
const STEERING =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
