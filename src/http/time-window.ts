/** How far back a report goes. */
import { ProblemError } from '../problem.ts'
import { type ObjectSchema, type OptionalSchema, optional, strictObject } from './json-schema.ts'
import { text } from './schemas.ts'

export const DEFAULT_WINDOW = '24h'

export const WINDOW_LENGTH: OptionalSchema<string> = optional(
  text('How far back: `90m`, `24h`, `7d`. 24h if not given.', 8),
)

/** Of reports that take nothing else. */
export const WINDOW: ObjectSchema<{ window: OptionalSchema<string> }> = strictObject({
  window: WINDOW_LENGTH,
})

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** @throws ProblemError 400 for what is no time. */
export function windowMs(written: string): number {
  const [, amount, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(written) ?? []
  if (amount !== undefined && (unit === 'm' || unit === 'h' || unit === 'd'))
    return Number(amount) * UNITS_MS[unit]
  const message = 'Takes a time such as 90m, 24h or 7d.'
  throw new ProblemError('invalid-parameter', `window: ${message}`, {
    errors: [{ pointer: '?window', message }],
  })
}
