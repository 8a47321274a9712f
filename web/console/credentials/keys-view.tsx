/** Keys of people and programs: who holds one, what it may do, and until when. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { countOf } from '../../design/figures.ts'
import { PeerName } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Pager, pageOf, usePages } from '../lists/pager.tsx'
import { Head } from '../parts/head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { Shown } from '../parts/shown.tsx'
import { useApi, useMe } from '../session.tsx'
import { CREDENTIAL_COLUMNS } from './credential-columns.tsx'
import { byUse, isInUse, stateOf } from './credential-state.ts'
import type { ApiKey, MadeKey, Replacing } from './credentials.ts'
import { SuspendDialog, useResume } from './key-suspension.tsx'
import { NewKey } from './new-key.tsx'
import { RotateDialog } from './rotate-dialog.tsx'
import { SecretOnce } from './secret-once.tsx'
import { useRevoke } from './use-revoke.ts'

export function KeysView(): VNode {
  const api = useApi()
  const loaded = useLoaded((signal) => api.call<{ keys: ApiKey[] }>('GET', 'keys', { signal }), {
    key: 'keys',
  })
  const [made, setMade] = useState<(MadeKey & Partial<Replacing>) | null>(null)
  const onMade = (key: MadeKey & Partial<Replacing>): void => {
    setMade(key)
    loaded.refresh()
  }
  return (
    <>
      <Head title="Keys" />
      {made !== null && (
        <SecretOnce
          title={`The key “${made.name}”`}
          secrets={[{ what: 'key', text: made.key }]}
          replaced={made.replaced_ends_at}
          onClose={() => setMade(null)}
        />
      )}
      <NewKey keys={loaded.kind === 'ready' ? loaded.value.keys : []} onMade={onMade} />
      <Section title="All keys">
        <Shown loaded={loaded} what="The keys">
          {({ keys }) => <KeyList keys={keys} onMade={onMade} onDone={loaded.refresh} />}
        </Shown>
      </Section>
    </>
  )
}

type ListProps = {
  readonly keys: readonly ApiKey[]
  readonly onMade: (key: MadeKey & Replacing) => void
  readonly onDone: () => void
}

function KeyList({ keys, onMade, onDone }: ListProps): VNode {
  const pages = usePages('keys')
  const [open, setOpen] = useState<OpenDialog | null>(null)
  const close = (): void => setOpen(null)
  const acts: Column<ApiKey> = {
    head: 'Acts',
    cell: (key) => <KeyActs apiKey={key} onOpen={setOpen} onDone={onDone} />,
  }
  const { rows, next } = pageOf(byUse(keys, Date.now()), pages)
  return (
    <>
      <Table
        caption={`${countOf(keys.length, 'key')}; those in use first, newest first`}
        columns={[...COLUMNS, ...CREDENTIAL_COLUMNS, acts]}
        rows={rows}
        keyOf={({ id }) => id}
      />
      <Pager pages={pages} next={next} label="Pages of keys" />
      {open?.act === 'rotate' && (
        <RotateDialog<MadeKey & Replacing>
          {...{ path: 'keys', id: open.key.id, what: `the key “${open.key.name}”`, onClose: close }}
          onMade={(key) => {
            close()
            onMade(key)
          }}
        />
      )}
      {open?.act === 'suspend' && (
        <SuspendDialog
          {...{ apiKey: open.key, onClose: close }}
          onDone={() => {
            close()
            onDone()
          }}
        />
      )}
    </>
  )
}

type OpenDialog = { readonly act: 'rotate' | 'suspend'; readonly key: ApiKey }

type ActsProps = {
  readonly apiKey: ApiKey
  readonly onOpen: (dialog: OpenDialog) => void
  readonly onDone: () => void
}

function KeyActs({ apiKey: key, onOpen, onDone }: ActsProps): VNode | null {
  const isOwn = key.id === useMe().key_id
  const { revoke, problem: revokeProblem } = useRevoke('keys', onDone)
  const { resume, problem: resumeProblem } = useResume(onDone)
  const problem = revokeProblem ?? resumeProblem
  if (!isInUse(stateOf(key, Date.now()))) return null
  const ended = isOwn ? 'This is the key you signed in with: your session ends, too.' : ''
  const act = (verb: string, onClick: () => void): VNode => (
    <Button onClick={onClick} aria-label={`${verb} the key ${key.name}`}>
      {verb}…
    </Button>
  )
  return (
    <div class="row">
      {key.rotated_at === null && act('Rotate', () => onOpen({ act: 'rotate', key }))}
      {key.suspended_at !== null && act('Resume', () => void resume(key))}
      {key.suspended_at === null && !isOwn && act('Suspend', () => onOpen({ act: 'suspend', key }))}
      {act('Revoke', () => void revoke(key, `the key “${key.name}”`, ended))}
      {problem !== null && <ProblemNote problem={problem} />}
    </div>
  )
}

const COLUMNS: readonly Column<ApiKey>[] = [
  { head: 'Name', isName: true, cell: ({ name }) => <PeerName name={name} /> },
  { head: 'Role', cell: ({ role }) => <span class="word">{role}</span> },
]
