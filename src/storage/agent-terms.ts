/**
 * A record's own terms as one text, kept beside it: exact scores without reading whole posting lists, and what
 * to take out of the index when the record goes.
 *
 * One line a stem, `<form> <form>…\t<stem>\t<impact>`, in a frame of line feeds. Tokens hold letters, digits, marks,
 * `+` and `#` only, so the separators never stand in one. Impacts are written by `String`, which reads back exact.
 */
import type { TermImpact } from '../search/score.ts'

export function encodeTerms(terms: readonly TermImpact[]): string {
  return `\n${terms.map(({ forms, stem, impact }) => `${forms.join(' ')}\t${stem}\t${impact}\n`).join('')}`
}

export function decodeTerms(text: string): TermImpact[] {
  return text
    .slice(1, -1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [forms = '', stem = '', impact = ''] = line.split('\t')
      return { forms: forms.split(' '), stem, impact: Number(impact) }
    })
}

/** The impact of `stem` in the record, 0 if it is not there. */
export function findImpact(text: string, stem: string): number {
  const at = text.indexOf(`\t${stem}\t`)
  if (at < 0) return 0
  const start = at + stem.length + 2
  return Number(text.slice(start, text.indexOf('\n', start)))
}

/** The largest impact among the stems whose words in the record begin with `prefix`, 0 if there are none. */
export function findPrefixImpact(text: string, prefix: string): number {
  return Math.max(largestAfter(text, `\n${prefix}`), largestAfter(text, ` ${prefix}`))
}

function largestAfter(text: string, mark: string): number {
  let largest = 0
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
    const end = text.indexOf('\n', at + 1)
    largest = Math.max(largest, Number(text.slice(text.lastIndexOf('\t', end) + 1, end)))
  }
  return largest
}
