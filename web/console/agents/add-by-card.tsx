/** Adding an agent by its card or its record: checked first, shown as it would be stored, then published. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../design/button.tsx'
import { useDraft } from '../forms/drafts.ts'
import { DropFile } from '../forms/drop-file.tsx'
import { AreaField } from '../forms/fields.tsx'
import { UNREADABLE } from '../import/unreadable.ts'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import type { Verdict } from './card-text.ts'
import { PublishChecked } from './publish-checked.tsx'

/** The verdict, and the text it is about: a text changed since is not judged. */
type Checked = { readonly text: string; readonly mediaType: string; readonly verdict: Verdict }

const EXAMPLE = `Such as
{
  "name": "Summarizer",
  "agent_type": "a2a",
  "endpoints": [{ "url": "https://agents.example/summarizer", "protocol": "a2a" }]
}`

export function AddByCard(): VNode {
  const api = useApi()
  const draft = useDraft('add agent by card')
  const { isBusy, problem, run } = useAct()
  const [checked, setChecked] = useState<Checked | null>(null)
  const [isUnreadable, setUnreadable] = useState(false)
  const text = draft.textOf('text')
  const check = async (event?: SubmitEvent): Promise<void> => {
    event?.preventDefault()
    const mediaType = 'application/json'
    const bytes = { content: text, mediaType }
    const answer = await run(() => api.call<Verdict>('POST', 'agents/validate', { bytes }))
    setChecked(answer === undefined ? null : { text, mediaType, verdict: answer })
  }
  const take = async (file: File): Promise<void> => {
    const read = await file.text().catch(() => null)
    setUnreadable(read === null)
    if (read !== null) draft.set('text', read)
  }
  const isCurrent = checked !== null && checked.text === text
  return (
    <div class="stack">
      <form class="stack" onSubmit={(event) => void check(event)}>
        <AreaField
          {...{
            label: 'Card or record, as JSON',
            name: 'text',
            rows: 12,
            required: true,
            isCode: true,
            draft,
          }}
          hint="An A2A agent card, an AgentVault card, an MCP server.json, or the fields of a record. A card is kept as it is."
        />
        <DropFile
          label="Or a file of it"
          accept=".json,application/json"
          onFile={(file) => void take(file)}
        />
        {isUnreadable && (
          <p class="field-error" role="alert">
            {UNREADABLE}
          </p>
        )}
        <details>
          <summary>The least that a record needs</summary>
          <pre>{EXAMPLE}</pre>
        </details>
        {problem !== null && <ProblemNote problem={problem} />}
        <Button type="submit" {...(!isCurrent && { kind: 'main' })} isBusy={isBusy}>
          Check it
        </Button>
      </form>
      {isCurrent && <PublishChecked {...checked} onPublished={() => draft.clear()} />}
    </div>
  )
}
