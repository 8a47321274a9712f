/** Writing answers: as they came for programs, in words for people. */
import { cleanLine, cleanText } from '../security/text.ts'
import { type Column, renderTable } from './table.ts'
import type { Terminal } from './terminal.ts'
import { readTextLines } from './text-lines.ts'

/** The API's own JSON, byte for byte in a pipe; on a terminal, what could steer it is written as `\u` escapes. */
export function printJson(text: string, terminal: Terminal): void {
  const shown = terminal.isInteractive ? withoutSteering(text) : text
  terminal.out(shown.endsWith('\n') ? shown : `${shown}\n`)
}

/** The same for lines of JSON as they come, however many: in a pipe the very bytes. */
export async function printJsonLines(chunks: AsyncIterable<Uint8Array>, terminal: Terminal): Promise<void> {
  if (terminal.isInteractive) for await (const line of readTextLines(chunks)) printJson(line, terminal)
  else for await (const chunk of chunks) terminal.out(chunk)
}

/** A sentence that has words of an answer in it. */
export function printSentence(text: string, terminal: Pick<Terminal, 'out'>): void {
  terminal.out(`${cleanText(text)}\n`)
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

/** In JSON these stand only inside strings, where an escape means the same. */
const STEERING = new RegExp(
  [
    '[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f', // C0 but white space, C1
    '\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff', // what reorders or hides text
    '\\u{e0000}-\\u{e007f}]', // tags: a whole hidden ASCII
  ].join(''),
  'gu',
)

/** A lone carriage return is white space between JSON's members, and writes over the line that was there. */
const CARRIAGE_RETURN = /\r\n?/g

function withoutSteering(text: string): string {
  return text.replace(CARRIAGE_RETURN, '\n').replace(STEERING, escapeUnits)
}

function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
