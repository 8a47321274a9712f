/** Refusals, for tests that are about something else than their form. */
import assert from 'node:assert/strict'
import type { Answer, Problem } from './registry.ts'

/** @param expected the status, and the code. */
export function assertProblem(
  { status, body }: Answer<Problem>,
  expected: readonly [number, string],
  what = '',
): void {
  assert.deepEqual([status, body.code], expected, `${what} ${JSON.stringify(body)}`)
}
