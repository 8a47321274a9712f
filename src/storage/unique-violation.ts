/** The one failure of a constraint that callers branch on, as each driver tells it. */

/** @see https://www.postgresql.org/docs/15/errcodes-appendix.html */
const POSTGRES_UNIQUE_VIOLATION = '23505'

/** `SQLITE_CONSTRAINT_UNIQUE` and `SQLITE_CONSTRAINT_PRIMARYKEY` (https://sqlite.org/rescode.html). */
const SQLITE_UNIQUE_VIOLATIONS: readonly unknown[] = [2067, 1555]

/** Whether a statement failed because another row already has a value that must be unique. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && error.code === POSTGRES_UNIQUE_VIOLATION) return true
  return 'errcode' in error && SQLITE_UNIQUE_VIOLATIONS.includes(error.errcode)
}
