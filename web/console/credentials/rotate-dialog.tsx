/** Making a key or a token in the place of another. */
import type { VNode } from 'preact'
import { useDraft } from '../forms/drafts.ts'
import { SelectField } from '../forms/fields.tsx'
import { FormDialog } from '../forms/form-dialog.tsx'
import { useApi } from '../session.tsx'
import { OVERLAPS } from './credential-state.ts'

type Props<Made> = {
  /** Below `api/v1/`: of keys, or of tokens. */
  readonly path: 'keys' | 'federation/tokens'
  readonly id: string
  /** Such as `the key “nightly import”`. */
  readonly what: string
  readonly onMade: (made: Made) => void
  readonly onClose: () => void
}

export function RotateDialog<Made>({ path, id, what, onMade, onClose }: Props<Made>): VNode {
  const api = useApi()
  const draft = useDraft(`rotate ${id}`, { overlap: '86400' })
  return (
    <FormDialog<Made>
      {...{ title: `Rotate ${what}?`, act: 'Make the new one', onClose, onDone: onMade }}
      onSubmit={() =>
        api.call<Made>('POST', `${path}/${encodeURIComponent(id)}/rotate`, {
          body: { overlap_seconds: Number(draft.textOf('overlap')) },
        })
      }
    >
      <p>
        A new one is made for the same holder and shown once. Until the overlap is over both are good; then
        the old one ends.
      </p>
      <SelectField {...{ label: 'Overlap', name: 'overlap', draft }} choices={OVERLAPS} />
    </FormDialog>
  )
}
