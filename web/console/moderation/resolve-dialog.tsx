/** Closing a report with what became of it. */
import type { VNode } from 'preact'
import { useDraft } from '../forms/drafts.ts'
import { AreaField, CheckField, SelectField } from '../forms/fields.tsx'
import { FormDialog } from '../forms/form-dialog.tsx'
import { useApi } from '../session.tsx'
import { RESOLUTION_CHOICES, type Report } from './reports.ts'

type Props = { readonly report: Report; readonly onDone: () => void; readonly onClose: () => void }

export function ResolveDialog({ report, onDone, onClose }: Props): VNode {
  const api = useApi()
  const draft = useDraft(`resolve ${report.id}`, { resolution: 'dismissed' })
  const note = draft.textOf('note').trim()
  return (
    <FormDialog
      {...{ title: 'Resolve this report?', act: 'Resolve it', onClose }}
      onSubmit={() =>
        api.call('POST', `reports/${encodeURIComponent(report.id)}/resolve`, {
          body: {
            ...{ resolution: draft.textOf('resolution'), all: draft.isChecked('all') },
            ...(note !== '' && { note }),
          },
        })
      }
      onDone={() => {
        draft.clear()
        onDone()
      }}
    >
      <p>
        The report about <bdi>“{report.agent_name}”</bdi> is closed with what became of it. This does nothing
        to the agent: take-downs, blocks and suspensions are acts of their own.
      </p>
      <SelectField label="What became of it" name="resolution" choices={RESOLUTION_CHOICES} draft={draft} />
      <AreaField label="Note for the operators" name="note" rows={3} maxLength={2_000} draft={draft} />
      <CheckField label="Close all open reports about this agent with it" name="all" draft={draft} />
    </FormDialog>
  )
}
