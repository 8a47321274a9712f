/** Suspending a key, with or without the records of its owner, and ending that. */
import type { VNode } from 'preact'
import type { Problem } from '../../api/problem.ts'
import { useDraft } from '../forms/drafts.ts'
import { CheckField, TextField } from '../forms/fields.tsx'
import { FormDialog } from '../forms/form-dialog.tsx'
import { useAsk } from '../parts/ask.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import type { ApiKey } from './credentials.ts'

type Props = { readonly apiKey: ApiKey; readonly onDone: () => void; readonly onClose: () => void }

export function SuspendDialog({ apiKey, onDone, onClose }: Props): VNode {
  const api = useApi()
  const draft = useDraft(`suspend ${apiKey.id}`)
  return (
    <FormDialog
      {...{ title: `Suspend the key “${apiKey.name}”?`, act: 'Suspend it', isDanger: true, onClose }}
      onSubmit={() =>
        api.call('POST', `keys/${encodeURIComponent(apiKey.id)}/suspend`, {
          body: { reason: draft.textOf('reason'), hide_agents: draft.isChecked('hide') },
        })
      }
      onDone={() => {
        draft.clear()
        onDone()
      }}
    >
      <p>It opens nothing until it is resumed: here at once, on all replicas within 5 seconds.</p>
      <TextField
        {...{ label: 'Reason', name: 'reason', required: true, maxLength: 500, draft }}
        hint="For the operators."
      />
      <CheckField
        {...{ name: 'hide', draft }}
        label="Suspend all keys of its owner and hide the owner’s records"
        hint="Without this the records stay as they are, and nobody changes them by this key."
      />
    </FormDialog>
  )
}

/** Ends a suspension, after asking. */
export function useResume(onDone: () => void): {
  readonly resume: (key: ApiKey) => Promise<void>
  readonly problem: Problem | null
} {
  const api = useApi()
  const ask = useAsk()
  const { problem, run } = useAct()
  return {
    problem,
    async resume({ id, name }) {
      const effect =
        'It opens again what it did. If all keys of its owner were suspended with it, they are resumed and the owner’s records are shown again.'
      if (!(await ask({ title: `Resume the key “${name}”?`, effect, act: 'Resume it' }))) return
      const answer = await run(() => api.call('POST', `keys/${encodeURIComponent(id)}/resume`))
      if (answer !== undefined) onDone()
    },
  }
}
