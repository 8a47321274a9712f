/** The share policy of a peer while it is written: as fields and as JSON, of which each follows the other. */
import type { WireSharePolicy } from '../../../src/domain/read-share-policy.ts'
import type { Peer } from '../../api/peers.ts'
import { type Draft, useDraft } from '../forms/drafts.ts'
import { draftedPolicy, draftPolicy } from './drafted-policy.ts'
import { OPEN_POLICY } from './policy-draft.ts'

type PolicyDraft = {
  readonly policy: WireSharePolicy
  /** The text as `json`; apart from the policy, which it need not be while it is typed. */
  readonly text: Draft
  /** The text is not what the policy would be written as. */
  readonly isTyping: boolean
  readonly tab: string
  readonly setTab: (tab: string) => void
  /** Written as fields, it is written anew as JSON. */
  readonly change: (policy: WireSharePolicy, by: 'fields' | 'json') => void
  /** Back to what it is at present. */
  readonly drop: () => void
}

export function usePolicyDraft({ id, share_policy }: Peer): PolicyDraft {
  const present = share_policy ?? OPEN_POLICY
  const draft = useDraft(`share policy of ${id}`, { tab: 'fields' })
  const policy = draftedPolicy(draft, present)
  const json = JSON.stringify(policy, null, 2)
  const text = useDraft(`share policy of ${id} as JSON`, { json })
  return {
    ...{ policy, text, isTyping: text.textOf('json') !== json, tab: draft.textOf('tab') },
    setTab: (tab) => draft.set('tab', tab),
    change(written, by) {
      if (by === 'fields') text.clear()
      draftPolicy(draft, written, present)
    },
    drop() {
      text.clear()
      draftPolicy(draft, present, present)
    },
  }
}
