/** Making an invite: for how long, for whom without confirmation, and what its peer will see. */
import type { VNode } from 'preact'
import { makeInvite, type NewInvite } from '../../api/invites.ts'
import { Button } from '../../design/button.tsx'
import { Section } from '../../design/section.tsx'
import { useDraft } from '../forms/drafts.ts'
import { CheckField, SelectField } from '../forms/fields.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { draftedPolicy } from '../sharing/drafted-policy.ts'
import { storedForm } from '../sharing/policy-draft.ts'
import { SharingChoice } from '../sharing/sharing-choice.tsx'

const LIFETIMES = [
  { value: '900', label: '15 minutes' },
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '1 day' },
] as const

export function InviteForm({ onMade }: { readonly onMade: (invite: NewInvite) => void }): VNode {
  const api = useApi()
  const act = useAct()
  const draft = useDraft('new invite', { lifetime: LIFETIMES[0].value })

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const wanted = {
      ...{ auto_accept: draft.isChecked('auto'), expires_in: Number(draft.textOf('lifetime')) },
      share_policy: storedForm(draftedPolicy(draft)),
    }
    const made = await act.run(() => makeInvite(api, wanted))
    if (made === undefined) return
    draft.clear()
    onMade(made)
  }

  return (
    <Section title="Make an invite">
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <SelectField
          {...{ label: 'Good for', name: 'lifetime', choices: LIFETIMES, draft }}
          hint="It is used up by the first registry that accepts it."
        />
        <CheckField
          {...{ label: 'Whoever accepts it needs no confirmation here', name: 'auto', draft }}
          hint="Only for registries that you run yourself, or a line that you hand over in person."
        />
        <SharingChoice draft={draft} />
        <Button type="submit" kind="main" isBusy={act.isBusy}>
          Make the invite
        </Button>
      </form>
      {act.problem !== null && <ProblemNote problem={act.problem} />}
    </Section>
  )
}
