/** Rows in aligned columns, for people. */
import { cleanLine } from '../security/text.ts'
import { displayWidth, padTo, truncate } from './display-width.ts'

export type Column = {
  readonly title: string
  /** Numbers stand at the right. */
  readonly align?: 'left' | 'right'
  /** Such a column gives way when the table is wider than the terminal. */
  readonly canShrink?: boolean
}

const GAP = '  '
const NARROWEST = 8 // columns; less than this says nothing

/**
 * A table with a line of titles, each line at most `width` columns wide; ends with a line feed.
 * Cells are cleaned: no control or bidi character of a record reaches the terminal.
 *
 * @param width `Infinity` where nobody looks at lines, as in a pipe.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => row.map(cleanLine))]
  const natural = columns.map((_, index) => Math.max(...lines.map((line) => displayWidth(line[index] ?? ''))))
  const widths = shrink(natural, columns, width)
  return lines.map((line) => `${renderLine(line, columns, widths)}\n`).join('')
}

/** Takes columns from the widest that can give, one at a time, until the line fits or none can give. */
function shrink(natural: readonly number[], columns: readonly Column[], width: number): number[] {
  const widths = [...natural]
  let excess = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1) - width
  for (; excess > 0; excess -= 1) {
    const widest = widths.reduce(
      (best, one, index) => (columns[index]?.canShrink && one > (widths[best] ?? 0) ? index : best),
      -1,
    )
    const current = widths[widest]
    if (current === undefined || current <= NARROWEST) break
    widths[widest] = current - 1
  }
  return widths
}

function renderLine(line: readonly string[], columns: readonly Column[], widths: readonly number[]): string {
  return columns
    .map(({ align }, index) => {
      const cell = truncate(line[index] ?? '', widths[index] ?? 0)
      return align === 'right' ? padLeft(cell, widths[index] ?? 0) : padTo(cell, widths[index] ?? 0)
    })
    .join(GAP)
    .trimEnd()
}

function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text
}
