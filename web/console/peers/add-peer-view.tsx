/** Adding a peer by its address and the token it gave us. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { addPeer, type CheckedPeer, type PeerDraft } from '../../api/peers.ts'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { type Draft, useDraft } from '../forms/drafts.ts'
import { TextField } from '../forms/fields.tsx'
import { Head } from '../parts/head.tsx'
import { faultAt, ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { draftedPolicy } from '../sharing/drafted-policy.ts'
import { storedForm } from '../sharing/policy-draft.ts'
import { SharingChoice } from '../sharing/sharing-choice.tsx'
import { AddedPeer } from './added-peer.tsx'

export function AddPeerView(): VNode {
  const [added, setAdded] = useState<CheckedPeer | null>(null)
  return (
    <>
      <Head title="Add a peer" back={{ href: 'console/peers', title: 'Peers' }}>
        <p>
          For a registry whose operator gave you a token. If you are to ask each other,{' '}
          <a href="console/invites">an invite</a> does it for both in one step.
        </p>
      </Head>
      {added === null ? <AddForm onAdded={setAdded} /> : <AddedPeer peer={added} />}
    </>
  )
}

const SECRETS = [
  {
    name: 'api_key',
    label: 'Token',
    hint: 'The federation token it gave you. It is kept sealed, and never shown again.',
  },
  {
    name: 'signing_secret',
    label: 'Signing secret',
    hint: 'If it gave you one beside the token; otherwise the token signs.',
  },
] as const

/** Kept out of the draft: they are gone with the form. */
type Secrets = Readonly<Partial<Record<(typeof SECRETS)[number]['name'], string>>>

function AddForm({ onAdded }: { readonly onAdded: (peer: CheckedPeer) => void }): VNode {
  const api = useApi()
  const act = useAct()
  const draft = useDraft('add a peer')
  const [secrets, setSecrets] = useState<Secrets>({})

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const added = await act.run(() => addPeer(api, peerOf(draft, secrets)))
    if (added === undefined) return
    draft.clear()
    onAdded(added)
  }

  return (
    <form class="stack" autocomplete="off" onSubmit={(event) => void submit(event)}>
      <TextField
        {...{ label: 'Address', name: 'registry_url', required: true, draft }}
        hint="Its public address, such as https://registry.example."
        error={faultAt(act.problem, '/registry_url')}
      />
      <TextField
        {...{ label: 'Name', name: 'name', required: true, draft }}
        hint="What to call it here; shown with its results."
        error={faultAt(act.problem, '/name')}
      />
      {SECRETS.map(({ name, label, hint }) => (
        <Field key={name} label={label} hint={hint} error={faultAt(act.problem, `/${name}`)}>
          {(control) => (
            <input
              {...{ ...control, name, type: 'password', spellcheck: false, value: secrets[name] ?? '' }}
              autocomplete="new-password"
              onInput={({ currentTarget }) => setSecrets({ ...secrets, [name]: currentTarget.value })}
            />
          )}
        </Field>
      ))}
      <SharingChoice draft={draft} />
      <Button type="submit" kind="main" isBusy={act.isBusy}>
        Add the peer
      </Button>
      {act.problem !== null && <ProblemNote problem={act.problem} />}
    </form>
  )
}

function peerOf(draft: Draft, secrets: Secrets): PeerDraft {
  const [key, secret] = [secrets.api_key?.trim() ?? '', secrets.signing_secret?.trim() ?? '']
  return {
    ...{ name: draft.textOf('name').trim(), registry_url: draft.textOf('registry_url').trim() },
    share_policy: storedForm(draftedPolicy(draft)),
    ...(key !== '' && { api_key: key }),
    ...(secret !== '' && { signing_secret: secret }),
  }
}
