/** Rejected lines to take away: as lines of JSON for programs, as a table for people. */

export type RejectedLine = {
  /** Its number in the file, from 1. */
  readonly line: number
  readonly reason: string
  /** As it was sent. */
  readonly text: string
}

/** One object a line: number, reason and the line itself. */
export function rejectedAsNdjson(lines: readonly RejectedLine[]): string {
  return lines.map(({ line, reason, text }) => `${JSON.stringify({ line, reason, text })}\n`).join('')
}

/** @see RFC 4180 */
export function rejectedAsCsv(lines: readonly RejectedLine[]): string {
  const rows = lines.map(({ line, reason, text }) => [String(line), reason, text].map(cell).join(','))
  return ['line,reason,text', ...rows].map((row) => `${row}\r\n`).join('')
}

/** What was sent may come from anyone, and spreadsheets take a cell that begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
