/** Column values of both engines to and from plain values: times as Unix ms, JSON parsed, booleans real. */

/** @param ms Unix milliseconds. */
export function toStoredTime(ms: number): string {
  return new Date(ms).toISOString()
}

export function fromStoredTime(value: unknown): number {
  const ms =
    value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (!Number.isFinite(ms)) throw new TypeError('a stored time is not a time')
  return ms
}

export function fromNullableTime(value: unknown): number | null {
  return value === null || value === undefined ? null : fromStoredTime(value)
}

export function toNullableTime(ms: number | null): string | null {
  return ms === null ? null : toStoredTime(ms)
}

/** Stored JSON, parsed; what it holds is `unknown` until the caller looks. */
export function fromStoredJson(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value
}

export function fromStoredBoolean(value: unknown): boolean {
  return value === true || value === 1
}
