/** Giving a record to another owner. Admins choose among the owners there are; others type whom they were told. */
import type { VNode } from 'preact'

import { useLoaded } from '../../api/use-loaded.ts'
import type { ApiKey } from '../credentials/credentials.ts'
import { useDraft } from '../forms/drafts.ts'
import { type Choice, SelectField, TextField } from '../forms/fields.tsx'
import { FormDialog } from '../forms/form-dialog.tsx'
import { Shown } from '../parts/shown.tsx'
import { useApi, useMay } from '../session.tsx'
import type { OwnAgent } from './agent-page.tsx'

type Props = { readonly agent: OwnAgent; readonly onDone: () => void; readonly onClose: () => void }

export function TransferDialog({ agent, onDone, onClose }: Props): VNode {
  const api = useApi()
  const administers = useMay('administer')
  const draft = useDraft(`transfer ${agent.id}`)
  return (
    <FormDialog
      {...{ title: 'Give this record to another owner?', act: 'Give it away', isDanger: true, onClose }}
      onSubmit={() =>
        api.call('POST', `agents/${encodeURIComponent(agent.id)}/transfer`, {
          body: { owner_id: draft.textOf('owner').trim() },
        })
      }
      onDone={() => {
        draft.clear()
        onDone()
      }}
    >
      <p>
        <bdi>“{agent.name}”</bdi> keeps its id, DID and card. The former owner can no longer change it, and
        sees it no more than others do; only the new owner or an admin can give it back.
      </p>
      {administers ? (
        <OwnerChoice draft={draft} />
      ) : (
        <TextField
          {...{ label: 'Id of the new owner', name: 'owner', required: true, maxLength: 64, draft }}
          hint="Whoever gets the record reads it under “Your key” in this console."
        />
      )}
    </FormDialog>
  )
}

function OwnerChoice({ draft }: { readonly draft: ReturnType<typeof useDraft> }): VNode {
  const api = useApi()
  const loaded = useLoaded((signal) => api.call<{ keys: ApiKey[] }>('GET', 'keys', { signal }), {
    key: 'keys',
  })
  return (
    <Shown loaded={loaded} what="The owners">
      {({ keys }) => (
        <SelectField
          {...{ label: 'New owner', name: 'owner', draft }}
          choices={[{ value: '', label: 'Choose one' }, ...ownersOf(keys)]}
        />
      )}
    </Shown>
  )
}

/** Each owner once, by the names of the keys that can still be used. */
export function ownersOf(keys: readonly ApiKey[]): Choice[] {
  const names = new Map<string, string[]>()
  for (const { owner_id: owner, name, revoked_at: revoked, suspended_at: suspended } of keys) {
    if (revoked !== null || suspended !== null) continue
    names.set(owner, [...(names.get(owner) ?? []), name])
  }
  return [...names].map(([value, owned]) => ({ value, label: [...new Set(owned)].join(', ') }))
}
