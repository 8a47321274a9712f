/** Making an invite: for how long, for whom without confirmation, and what its peer will see. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { makeInvite, type NewInvite } from '../../api/invites.ts'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { Section } from '../../design/section.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { OPEN_POLICY, storedForm } from '../sharing/policy-draft.ts'
import { SharingChoice } from '../sharing/sharing-choice.tsx'

const LIFETIMES = [
  { seconds: 900, words: '15 minutes' },
  { seconds: 3_600, words: '1 hour' },
  { seconds: 86_400, words: '1 day' },
] as const

export function InviteForm({ onMade }: { readonly onMade: (invite: NewInvite) => void }): VNode {
  const api = useApi()
  const act = useAct()
  const [seconds, setSeconds] = useState<number>(LIFETIMES[0].seconds)
  const [isAutoAccepting, setAutoAccepting] = useState(false)
  const [policy, setPolicy] = useState(OPEN_POLICY)

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const wanted = { auto_accept: isAutoAccepting, expires_in: seconds, share_policy: storedForm(policy) }
    const made = await act.run(() => makeInvite(api, wanted))
    if (made !== undefined) onMade(made)
  }

  return (
    <Section title="Make an invite">
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <Field label="Good for" hint="It is used up by the first registry that accepts it.">
          {(control) => (
            <select
              {...control}
              value={seconds}
              onChange={({ currentTarget }) => setSeconds(Number(currentTarget.value))}
            >
              {LIFETIMES.map((one) => (
                <option key={one.seconds} value={one.seconds}>
                  {one.words}
                </option>
              ))}
            </select>
          )}
        </Field>
        <label class="check">
          <input
            type="checkbox"
            checked={isAutoAccepting}
            onChange={({ currentTarget }) => setAutoAccepting(currentTarget.checked)}
          />
          <span>
            Whoever accepts it needs no confirmation here
            <span class="field-hint">
              Only for registries that you run yourself, or a line that you hand over in person.
            </span>
          </span>
        </label>
        <SharingChoice policy={policy} onChange={setPolicy} />
        <Button type="submit" kind="main" isBusy={act.isBusy}>
          Make the invite
        </Button>
      </form>
      {act.problem !== null && <ProblemNote problem={act.problem} />}
    </Section>
  )
}
