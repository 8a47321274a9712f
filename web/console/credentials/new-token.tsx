/** Making a token for a peer, known or new. */
import type { VNode } from 'preact'
import { Button } from '../../design/button.tsx'
import { Section } from '../../design/section.tsx'
import { useDraft } from '../forms/drafts.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { LIFETIMES } from './credential-state.ts'
import type { MadeToken } from './credentials.ts'
import type { PeerRef } from './tokens-view.tsx'

type Props = { readonly peers: readonly PeerRef[]; readonly onMade: (token: MadeToken) => void }

export function NewToken({ peers, onMade }: Props): VNode {
  const api = useApi()
  const { isBusy, problem, run } = useAct()
  const draft = useDraft('new token', { scheme: 'hmac', lifetime: '' })
  const isNew = draft.textOf('peer') === ''
  const make = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const lifetime = draft.textOf('lifetime')
    const body = {
      ...(isNew
        ? { name: draft.textOf('name').trim(), registry_url: draft.textOf('url').trim() }
        : { peer_id: draft.textOf('peer') }),
      scheme: draft.textOf('scheme'),
      ...(lifetime !== '' && { expires_in: Number(lifetime) }),
    }
    const answer = await run(() => api.call<MadeToken>('POST', 'federation/tokens', { body }))
    if (answer === undefined) return
    draft.clear()
    onMade(answer)
  }
  return (
    <Section title="Make a token">
      <form class="stack" onSubmit={(event) => void make(event)}>
        <SelectField
          {...{ label: 'For', name: 'peer', draft }}
          choices={[
            { value: '', label: 'a registry that is not a peer yet' },
            ...peers.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          hint="The peer may ask this registry from now on."
        />
        {isNew && (
          <>
            <TextField {...{ label: 'Its name', name: 'name', required: true, maxLength: 200, draft }} />
            <TextField
              {...{ label: 'Its public address', name: 'url', type: 'url', required: true, draft }}
              placeholder="https://partner.example"
              hint="It is not asked by us until you add it as a peer."
            />
          </>
        )}
        <SelectField {...{ label: 'How it signs', name: 'scheme', draft }} choices={SCHEMES} />
        <SelectField {...{ label: 'Good for', name: 'lifetime', draft }} choices={LIFETIMES} />
        {problem !== null && <ProblemNote problem={problem} />}
        <Button type="submit" kind="main" isBusy={isBusy}>
          Make the token
        </Button>
      </form>
    </Section>
  )
}

const SCHEMES = [
  { value: 'hmac', label: 'hmac: with a signing secret that is made as well' },
  { value: 'hmac-token', label: 'hmac-token: with the token itself' },
]
