/** Records as they are scored, for properties: every field holds texts of the given kind. */
import fc from 'fast-check'
import type { ScorableRecord } from '../../src/search/score.ts'

export function scorableRecords(
  text: fc.Arbitrary<string>,
  agentTypes: readonly string[],
): fc.Arbitrary<ScorableRecord> {
  return fc.record({
    name: text,
    description: text,
    agentType: fc.constantFrom(...agentTypes),
    tags: fc.array(text, { maxLength: 3 }),
    providerOrganization: fc.option(text),
    skills: fc.array(fc.record({ name: text, description: text }), { maxLength: 2 }),
  })
}
