/** Share policies made up for tests, over few values, so that they meet records often. */
import fc from 'fast-check'
import type { ShareSelector } from '../../src/domain/share-policy.ts'
import { type SharePolicy, WITHHOLDABLE_FIELDS } from '../../src/domain/share-policy.ts'

export const SHARED_TAGS: readonly string[] = ['NLP', 'internal', 'Übersetzung', 'x;y', "o'clock", '%']
export const SHARED_TYPES: readonly string[] = ['a2a', 'mcp-server', 'api']
export const SHARED_PROVIDERS: readonly string[] = ['Acme', 'ÅRHUS Ltd', 'o’neil']

/** @param ids of records that selectors may name. */
export function arbitraryPolicy(ids: readonly string[]): fc.Arbitrary<SharePolicy> {
  const selectors = fc.array(arbitrarySelector(ids), { maxLength: 3 })
  return fc.record({
    include: fc.option(selectors, { freq: 3 }),
    exclude: selectors,
    fields: fc.option(fc.subarray([...WITHHOLDABLE_FIELDS]), { freq: 2 }),
    maxResults: fc.option(fc.integer({ min: 1, max: 6 }), { freq: 2 }),
  })
}

function arbitrarySelector(ids: readonly string[]): fc.Arbitrary<ShareSelector> {
  const inAnyCase = (values: readonly string[]) =>
    fc
      .tuple(fc.constantFrom(...values), fc.boolean())
      .map(([text, isUpper]) => (isUpper ? text.toUpperCase() : text))
  const member = (values: readonly string[]) => fc.option(inAnyCase(values), { freq: 2 })
  return fc
    .record({
      agentType: member(SHARED_TYPES),
      tag: member(SHARED_TAGS),
      provider: member(SHARED_PROVIDERS),
      id: fc.option(fc.constantFrom(...ids), { freq: 2 }),
    })
    .filter((selector) => Object.values(selector).some((value) => value !== null))
}
