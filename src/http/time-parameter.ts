/** Times as query parameters. */
import { ProblemError } from '../problem.ts'

/** Without its offset a time would be taken for one of this machine's. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/i

/** @returns Unix ms. @throws ProblemError 400 */
export function timeOf(written: string, name: string): number {
  const ms = RFC_3339.test(written) ? Date.parse(written) : Number.NaN
  if (!Number.isNaN(ms)) return ms
  throw new ProblemError('invalid-parameter', `${name}: takes a time such as 2026-01-31T12:00:00Z.`, {
    errors: [{ pointer: `?${name}`, message: 'Takes a time such as 2026-01-31T12:00:00Z.' }],
  })
}
