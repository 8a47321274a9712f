/** Making a key. */
import type { VNode } from 'preact'
import { ROLES } from '../../../src/domain/principal.ts'
import { Button } from '../../design/button.tsx'
import { Section } from '../../design/section.tsx'
import { ownersOf } from '../agents/transfer-dialog.tsx'
import { useDraft } from '../forms/drafts.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { LIFETIMES } from './credential-state.ts'
import type { ApiKey, MadeKey } from './credentials.ts'

type Props = { readonly keys: readonly ApiKey[]; readonly onMade: (key: MadeKey) => void }

export function NewKey({ keys, onMade }: Props): VNode {
  const api = useApi()
  const { isBusy, problem, run } = useAct()
  const draft = useDraft('new key', { role: 'viewer', lifetime: String(90 * 86_400) })
  const make = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const [owner, lifetime] = [draft.textOf('owner'), draft.textOf('lifetime')]
    const body = {
      ...{ name: draft.textOf('name').trim(), role: draft.textOf('role') },
      ...(owner !== '' && { owner_id: owner }),
      ...(lifetime !== '' && { expires_in: Number(lifetime) }),
    }
    const answer = await run(() => api.call<MadeKey>('POST', 'keys', { body }))
    if (answer === undefined) return
    draft.clear()
    onMade(answer)
  }
  return (
    <Section title="Make a key">
      <form class="stack" onSubmit={(event) => void make(event)}>
        <TextField
          {...{ label: 'What it is for', name: 'name', required: true, maxLength: 200, draft }}
          hint="Such as “nightly import”, or the name of a person."
        />
        <SelectField {...{ label: 'Role', name: 'role', draft }} choices={ROLE_CHOICES} />
        <SelectField {...{ label: 'Good for', name: 'lifetime', draft }} choices={LIFETIMES} />
        <SelectField
          {...{ label: 'Owner', name: 'owner', draft }}
          choices={[{ value: '', label: 'a new one' }, ...ownersOf(keys)]}
          hint="Records belong to an owner, not to a key: another key of the same owner can change them, too."
        />
        {problem !== null && <ProblemNote problem={problem} />}
        <Button type="submit" kind="main" isBusy={isBusy}>
          Make the key
        </Button>
      </form>
    </Section>
  )
}

const ROLE_WORDS: Readonly<Record<(typeof ROLES)[number], string>> = {
  viewer: 'searches and reads',
  publisher: 'also publishes records of its own',
  operator: 'also moderates, and watches peers and the query log',
  'federation-admin': 'also adds and removes peers, invites and tokens',
  admin: 'everything, keys and the audit log included',
  auditor: 'reads records and both logs, changes nothing',
}

const ROLE_CHOICES = ROLES.map((role) => ({ value: role, label: `${role}: ${ROLE_WORDS[role]}` }))
