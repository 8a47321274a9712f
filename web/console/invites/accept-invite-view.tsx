/** Accepting another registry's invite: whom it is from, what it will see, and what to compare afterwards. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { type AcceptedInvite, acceptInvite, type InviteContent, readInvite } from '../../api/invites.ts'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { Time, useNow } from '../../design/time.tsx'
import { useDraft } from '../forms/drafts.ts'
import { TextField } from '../forms/fields.tsx'
import { Fingerprint } from '../parts/fingerprint.tsx'
import { Head } from '../parts/head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { draftedPolicy } from '../sharing/drafted-policy.ts'
import { storedForm } from '../sharing/policy-draft.ts'
import { SharingChoice } from '../sharing/sharing-choice.tsx'
import { Accepted } from './accepted.tsx'
import { BOTH_DIRECTIONS, DirectionChoice, directionsIn } from './direction-choice.tsx'

export function AcceptInviteView(): VNode {
  const [accepted, setAccepted] = useState<AcceptedInvite | null>(null)
  return (
    <>
      <Head title="Accept an invite" back={{ href: 'console/invites', title: 'Invites' }}>
        <p>Paste the line that the operator of the other registry sent you.</p>
      </Head>
      {accepted === null ? <AcceptForm onAccepted={setAccepted} /> : <Accepted peer={accepted} />}
    </>
  )
}

function AcceptForm({ onAccepted }: { readonly onAccepted: (peer: AcceptedInvite) => void }): VNode {
  const api = useApi()
  const act = useAct()
  const [line, setLine] = useState('')
  const content = readInvite(line)
  // The line itself is a secret and is kept nowhere: pasted again, it brings back what was chosen for its registry.
  const draft = useDraft(`accept an invite of ${content?.registryUrl}`, BOTH_DIRECTIONS)

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const name = draft.textOf('name').trim()
    const wanted = {
      ...{ invite: line.trim(), ...directionsIn(draft), share_policy: storedForm(draftedPolicy(draft)) },
      ...(name !== '' && { name }),
    }
    const accepted = await act.run(() => acceptInvite(api, wanted))
    if (accepted === undefined) return
    draft.clear()
    onAccepted(accepted)
  }

  return (
    <form class="stack" onSubmit={(event) => void submit(event)}>
      <Field
        label="Invite"
        error={line.trim() !== '' && content === null ? 'This is no invite, or not a whole one.' : undefined}
      >
        {(control) => (
          <textarea
            {...control}
            {...{ rows: 4, required: true, spellcheck: false, class: 'mono', value: line }}
            placeholder="avp_…"
            onInput={({ currentTarget }) => setLine(currentTarget.value)}
          />
        )}
      </Field>
      {content !== null && (
        <>
          <From content={content} />
          <TextField
            {...{ label: 'What to call it here', name: 'name', maxLength: 200, draft }}
            hint="If you leave it empty, what it calls itself."
          />
          <SharingChoice draft={draft} />
          <DirectionChoice draft={draft} />
        </>
      )}
      <Button type="submit" kind="main" isBusy={act.isBusy} disabled={content === null}>
        Accept the invite
      </Button>
      {act.problem !== null && <ProblemNote problem={act.problem} />}
    </form>
  )
}

/** What the line says of itself; that the registry at the address is the one it names is checked on accepting. */
function From({ content }: { readonly content: InviteContent }): VNode {
  const isPast = content.expiresAt <= useNow(5_000)
  return (
    <dl class="pairs">
      <dt>Invites you</dt>
      <dd>
        <bdi>
          <strong>{content.registryUrl}</strong>
        </bdi>
      </dd>
      <dt>Its fingerprint</dt>
      <dd>
        <Fingerprint of={content.keyThumbprint} what="its fingerprint" />
        <p class="quiet">
          Compare it with its operator, over a way that does not run through the registries.
        </p>
      </dd>
      <dt>{isPast ? 'Was good until' : 'Good until'}</dt>
      <dd>
        <Time at={content.expiresAt} />
        {isPast && ' — ask its operator for a new one.'}
      </dd>
    </dl>
  )
}
