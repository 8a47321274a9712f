/** Letting a registry in that used an invite of ours, after its fingerprint was compared. */
import type { VNode } from 'preact'
import { confirmPeer } from '../../api/invites.ts'
import type { Peer } from '../../api/peers.ts'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { Mark } from '../../design/mark.tsx'
import { Section } from '../../design/section.tsx'
import { useDraft } from '../forms/drafts.ts'
import { BOTH_DIRECTIONS, DirectionChoice, directionsIn } from '../invites/direction-choice.tsx'
import { Fingerprint } from '../parts/fingerprint.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { draftedPolicy } from '../sharing/drafted-policy.ts'
import { storedForm } from '../sharing/policy-draft.ts'
import { SharingChoice } from '../sharing/sharing-choice.tsx'

export function ConfirmPeer({
  peer,
  onConfirmed,
}: {
  readonly peer: Peer
  readonly onConfirmed: () => void
}): VNode {
  const api = useApi()
  const act = useAct()
  const key = peer.key_thumbprint ?? ''
  // With its key, since what was compared is that one.
  const draft = useDraft(`confirm ${peer.id} ${key}`, BOTH_DIRECTIONS)
  const comparison = compare(draft.textOf('told'), key)

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const wanted = {
      ...{ key_thumbprint: key, ...directionsIn(draft) },
      // An invite that was made with a policy has set it already.
      ...(peer.share_policy === null && { share_policy: storedForm(draftedPolicy(draft)) }),
    }
    const confirmed = await act.run(() => confirmPeer(api, peer.id, wanted))
    if (confirmed === undefined) return
    draft.clear()
    onConfirmed()
  }

  return (
    <Section title="It waits for you">
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <p>
          This registry used an invite of ours. Nothing passes before you confirm it. Compare its fingerprint
          with its operator, over a way that does not run through the registries: if it differs, somebody else
          used the invite.
        </p>
        <div>
          <p class="label">Its fingerprint, as it showed it here</p>
          <Fingerprint of={peer.key_thumbprint} what="its fingerprint" />
        </div>
        <Field
          label="What its operator tells you"
          hint="Paste it, and this page compares; or read it to each other."
        >
          {(control) => (
            <input
              {...control}
              {...{ type: 'text', class: 'mono', spellcheck: false, autocomplete: 'off' }}
              {...draft.text('told')}
            />
          )}
        </Field>
        <p role="status">
          {comparison === 'same' && (
            <Mark tone="ok" shape="disc">
              The same
            </Mark>
          )}
          {comparison === 'different' && (
            <Mark tone="bad" shape="cross">
              Not the same: do not confirm, remove it, and find out who used your invite
            </Mark>
          )}
        </p>
        {comparison === 'nothing' && (
          <label class="check">
            <input {...draft.check('compared')} />
            <span>We read it to each other, and it is the same</span>
          </label>
        )}
        {peer.share_policy === null && <SharingChoice draft={draft} />}
        <DirectionChoice draft={draft} />
        <Button
          type="submit"
          kind="main"
          isBusy={act.isBusy}
          disabled={comparison === 'different' || (comparison === 'nothing' && !draft.isChecked('compared'))}
        >
          Confirm the peer
        </Button>
        {act.problem !== null && <ProblemNote problem={act.problem} />}
      </form>
    </Section>
  )
}

/** Whoever reads or copies it may set it in groups. */
function compare(told: string, key: string): 'nothing' | 'same' | 'different' {
  const said = told.replaceAll(/\s/g, '')
  if (said === '') return 'nothing'
  return said === key ? 'same' : 'different'
}
