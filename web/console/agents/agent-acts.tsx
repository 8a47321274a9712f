/** What can be done to a record beyond changing it: take-down, another owner, deletion. Each asks once. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../design/button.tsx'
import { Section } from '../../design/section.tsx'
import { useDraft } from '../forms/drafts.ts'
import { CheckField, TextField } from '../forms/fields.tsx'
import { FormDialog } from '../forms/form-dialog.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useRouter } from '../router.tsx'
import { useApi, useMay } from '../session.tsx'
import type { OwnAgent } from './agent-page.tsx'
import { TransferDialog } from './transfer-dialog.tsx'

type Props = { readonly agent: OwnAgent; readonly onDone: () => void }
type ActsProps = Props & { readonly mayChange: boolean }

export function AgentActs({ agent, mayChange, onDone }: ActsProps): VNode | null {
  const operates = useMay('operate')
  const [open, setOpen] = useState<'take-down' | 'transfer' | 'delete' | null>(null)
  const { go } = useRouter()
  if (!mayChange && !operates) return null
  const close = (): void => setOpen(null)
  const done = (): void => {
    close()
    onDone()
  }
  const isTakenDown = agent.withheld?.take_down !== undefined
  return (
    <Section title="Acts">
      <p class="row">
        {operates && isTakenDown && <RestoreAct id={agent.id} onDone={onDone} />}
        {operates && !isTakenDown && (
          <Button kind="danger" onClick={() => setOpen('take-down')}>
            Take it down…
          </Button>
        )}
        {mayChange && (
          <>
            <Button onClick={() => setOpen('transfer')}>Give it to another owner…</Button>
            <Button kind="danger" onClick={() => setOpen('delete')}>
              Delete it…
            </Button>
          </>
        )}
      </p>
      {open === 'take-down' && <TakeDownDialog agent={agent} onDone={done} onClose={close} />}
      {open === 'transfer' && <TransferDialog agent={agent} onDone={done} onClose={close} />}
      {open === 'delete' && <DeleteDialog agent={agent} onDone={() => go('agents')} onClose={close} />}
    </Section>
  )
}

/** Shows a record again that was taken down. */
export function RestoreAct({ id, onDone }: { readonly id: string; readonly onDone: () => void }): VNode {
  const api = useApi()
  const { isBusy, problem, run } = useAct()
  const restore = async (): Promise<void> => {
    const answer = await run(() => api.call('DELETE', `agents/${encodeURIComponent(id)}/take-down`))
    if (answer !== undefined) onDone()
  }
  return (
    <>
      <Button isBusy={isBusy} onClick={() => void restore()}>
        Show it again
      </Button>
      {problem !== null && <ProblemNote problem={problem} />}
    </>
  )
}

type DialogProps = Props & { readonly onClose: () => void }

function TakeDownDialog({ agent, onDone, onClose }: DialogProps): VNode {
  const api = useApi()
  const draft = useDraft(`take down ${agent.id}`)
  return (
    <FormDialog
      {...{ title: 'Take this record down?', act: 'Take it down', isDanger: true, onClose }}
      onSubmit={() =>
        api.call('POST', `agents/${encodeURIComponent(agent.id)}/take-down`, {
          body: { reason: draft.textOf('reason'), legal: draft.isChecked('legal') },
        })
      }
      onDone={() => {
        draft.clear()
        onDone()
      }}
    >
      <p>
        <bdi>“{agent.name}”</bdi> is hidden from all but its owner and admins, here and at peers. Its owner
        cannot bring it back; an operator can.
      </p>
      <TextField
        {...{ label: 'Reason', name: 'reason', required: true, maxLength: 500, draft }}
        hint="Shown to those who look for the record."
      />
      <CheckField label="The law demands it (answered with status 451)" name="legal" draft={draft} />
    </FormDialog>
  )
}

function DeleteDialog({ agent, onDone, onClose }: DialogProps): VNode {
  const api = useApi()
  const draft = useDraft(`delete ${agent.id}`)
  return (
    <FormDialog
      {...{ title: 'Delete this record for good?', act: 'Delete the record', isDanger: true, onClose }}
      onSubmit={() =>
        api.call('DELETE', `agents/${encodeURIComponent(agent.id)}`, {
          parameters: { reason: draft.textOf('reason').trim() || undefined },
        })
      }
      onDone={() => {
        draft.clear()
        onDone()
      }}
    >
      <p>
        <bdi>“{agent.name}”</bdi> and its card are gone, here and within one health check at peers. Its DID is
        never used again. This cannot be taken back.
      </p>
      <TextField
        {...{ label: 'Reason', name: 'reason', maxLength: 200, draft }}
        hint="Shown to those who look for the record; may stay empty."
      />
    </FormDialog>
  )
}
