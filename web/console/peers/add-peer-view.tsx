/** Adding a peer by its address and the token it gave us. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { addPeer, type CheckedPeer, type PeerDraft } from '../../api/peers.ts'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { Head } from '../parts/head.tsx'
import { faultAt, ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { OPEN_POLICY, storedForm } from '../sharing/policy-draft.ts'
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

const FIELDS = [
  {
    name: 'registry_url',
    label: 'Address',
    isSecret: false,
    isRequired: true,
    hint: 'Its public address, such as https://registry.example.',
  },
  {
    name: 'name',
    label: 'Name',
    isSecret: false,
    isRequired: true,
    hint: 'What to call it here; shown with its results.',
  },
  {
    name: 'api_key',
    label: 'Token',
    isSecret: true,
    isRequired: false,
    hint: 'The federation token it gave you. It is kept sealed, and never shown again.',
  },
  {
    name: 'signing_secret',
    label: 'Signing secret',
    isSecret: true,
    isRequired: false,
    hint: 'If it gave you one beside the token; otherwise the token signs.',
  },
] as const
type FieldName = (typeof FIELDS)[number]['name']

function AddForm({ onAdded }: { readonly onAdded: (peer: CheckedPeer) => void }): VNode {
  const api = useApi()
  const act = useAct()
  const [texts, setTexts] = useState<Readonly<Partial<Record<FieldName, string>>>>({})
  const [policy, setPolicy] = useState(OPEN_POLICY)

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const added = await act.run(() => addPeer(api, draftOf(texts, policy)))
    if (added !== undefined) onAdded(added)
  }

  return (
    <form class="stack" autocomplete="off" onSubmit={(event) => void submit(event)}>
      {FIELDS.map(({ name, label, isSecret, hint, isRequired }) => (
        <Field key={name} label={label} hint={hint} error={faultAt(act.problem, `/${name}`)}>
          {(control) => {
            const shared = {
              ...{ ...control, name, required: isRequired, spellcheck: false, value: texts[name] ?? '' },
              onInput: ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) =>
                setTexts({ ...texts, [name]: currentTarget.value }),
            }
            return isSecret ? (
              <input type="password" autocomplete="new-password" {...shared} />
            ) : (
              <input type="text" autocomplete="off" {...shared} />
            )
          }}
        </Field>
      ))}
      <SharingChoice policy={policy} onChange={setPolicy} />
      <Button type="submit" kind="main" isBusy={act.isBusy}>
        Add the peer
      </Button>
      {act.problem !== null && <ProblemNote problem={act.problem} />}
    </form>
  )
}

function draftOf(texts: Readonly<Partial<Record<FieldName, string>>>, policy: typeof OPEN_POLICY): PeerDraft {
  const given = (name: FieldName): string => texts[name]?.trim() ?? ''
  return {
    ...{ name: given('name'), registry_url: given('registry_url'), share_policy: storedForm(policy) },
    ...(given('api_key') !== '' && { api_key: given('api_key') }),
    ...(given('signing_secret') !== '' && { signing_secret: given('signing_secret') }),
  }
}
