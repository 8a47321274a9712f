/** A share policy while it is written into a form, kept with what else is typed there. */
import type { WireSharePolicy } from '../../../src/domain/read-share-policy.ts'
import type { Draft } from '../forms/drafts.ts'
import { isSamePolicy, OPEN_POLICY, storedForm } from './policy-draft.ts'

const NAME = 'policy'

/** @param present what it is before anybody writes. */
export function draftedPolicy(draft: Draft, present: WireSharePolicy = OPEN_POLICY): WireSharePolicy {
  const text = draft.textOf(NAME)
  // By `draftPolicy` alone, and in this page's memory: lines that say nothing yet, which the registry refuses, stay.
  return text === '' ? present : JSON.parse(text)
}

/** What says the same as the present one is no draft: it would outlive a change that somebody else makes. */
export function draftPolicy(
  draft: Draft,
  policy: WireSharePolicy,
  present: WireSharePolicy = OPEN_POLICY,
): void {
  const isSame = isSamePolicy(storedForm(present), storedForm(policy))
  draft.set(NAME, isSame ? '' : JSON.stringify(policy))
}
