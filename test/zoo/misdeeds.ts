/** The whole zoo. */
import { BODIES } from './bodies.ts'
import { CLAIMS } from './claims.ts'
import { CONNECTIONS } from './connections.ts'
import { FIGURES } from './figures.ts'
import { FRAMING } from './framing.ts'
import type { Misdeeds } from './misdeed.ts'
import { RECORDS } from './records.ts'
import { STATUSES } from './statuses.ts'

export const MISDEEDS: Misdeeds = {
  ...CONNECTIONS,
  ...FRAMING,
  ...STATUSES,
  ...BODIES,
  ...RECORDS,
  ...CLAIMS,
  ...FIGURES,
}
