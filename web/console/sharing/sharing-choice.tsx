/** What a peer to come will see: everything federated, nothing, or what a policy written here says. */
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import type { Draft } from '../forms/drafts.ts'
import { draftedPolicy, draftPolicy } from './drafted-policy.ts'
import { OPEN_POLICY } from './policy-draft.ts'
import { PolicyFields } from './policy-fields.tsx'

const CHOICES = [
  { id: 'all', words: 'Every record marked federated' },
  { id: 'none', words: 'None yet; you choose later' },
  { id: 'some', words: 'Some, by a share policy' },
] as const
type Choice = (typeof CHOICES)[number]['id']

/** Of a policy that is written here, a line that is to be filled in: what is left empty must not share all. */
const BEGINNINGS = { all: null, none: [], some: [{}] } as const satisfies Record<Choice, unknown>

/** What is chosen is the draft's policy. */
export function SharingChoice({ draft }: { readonly draft: Draft }): VNode {
  const group = useId()
  // Beside the policy, which may say "every record" while it is being written.
  const chosen = draft.textOf('sharing') || 'all'
  const choose = (id: Choice): void => {
    draft.set('sharing', id)
    draftPolicy(draft, { ...OPEN_POLICY, include: BEGINNINGS[id] })
  }
  return (
    <fieldset class="group">
      <legend class="field-label">What it may see of our records</legend>
      <p class="field-hint">Records that are public anyone sees; local and private ones never leave.</p>
      {CHOICES.map(({ id, words }) => (
        <label class="check" key={id}>
          <input type="radio" name={group} checked={chosen === id} onChange={() => choose(id)} />
          <span>{words}</span>
        </label>
      ))}
      {chosen === 'some' && (
        <PolicyFields policy={draftedPolicy(draft)} onChange={(policy) => draftPolicy(draft, policy)} />
      )}
    </fieldset>
  )
}
