/** What the routes that rotate keys and those that rotate tokens have in common. */
import type { Rotation } from '../domain/credential-ports.ts'
import { ProblemError } from '../problem.ts'
import { type ObjectSchema, type OptionalSchema, optional, strictObject } from './json-schema.ts'
import { count } from './schemas.ts'

/** Whoever holds the replaced one has to be reached, and to put in the new one. */
const DEFAULT_OVERLAP_SECONDS = 86_400
const MOST_OVERLAP_SECONDS = 7 * 86_400

export const ROTATION_BODY: ObjectSchema<{ readonly overlap_seconds: OptionalSchema<number> }> = strictObject(
  {
    overlap_seconds: optional(
      count('How long the replaced one still opens doors; a day, if not given. With 0 it ends now.', {
        minimum: 0,
        maximum: MOST_OVERLAP_SECONDS,
      }),
    ),
  },
  { examples: [{ overlap_seconds: DEFAULT_OVERLAP_SECONDS }] },
)

export function overlapMsOf(body: { readonly overlap_seconds?: number }): number {
  return (body.overlap_seconds ?? DEFAULT_OVERLAP_SECONDS) * 1000
}

/** @throws ProblemError 404 `absent`, 409 when another was made before. */
export function rotated<Credential>(
  outcome: Rotation<Credential>,
  absent: ProblemError,
): Extract<Rotation<Credential>, { readonly kind: 'rotated' }> {
  switch (outcome.kind) {
    case 'rotated':
      return outcome
    case 'absent':
      throw absent
    case 'rotated-already':
      throw new ProblemError(
        'rotated-already',
        'Another was made in its place before: rotate that one, or revoke this one to end it now.',
      )
  }
}
