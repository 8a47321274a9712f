/** What would be stored of a checked text, or everything that is wrong with it; and publishing it. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { WireAgent } from '../../../src/wire/agent.ts'
import { Button } from '../../design/button.tsx'
import { PeerText } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { useDraft } from '../forms/drafts.ts'
import { CheckField, SelectField } from '../forms/fields.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useRouter } from '../router.tsx'
import { useApi } from '../session.tsx'
import { VISIBILITY_CHOICES } from './agent-words.ts'
import { cardParameters, isCardAlone, memberRows, type Verdict } from './card-text.ts'

type Props = {
  readonly text: string
  readonly mediaType: string
  readonly verdict: Verdict
  readonly onPublished: () => void
}

export function PublishChecked({ text, mediaType, verdict, onPublished }: Props): VNode {
  if (!verdict.valid) return <Faults faults={verdict.faults} />
  const { warnings = [], record = {}, card_format: format } = verdict
  return (
    <Section title="What will be stored">
      <p role="status">It can be published{format ? `, with its card of the format ${format}` : ''}.</p>
      {warnings.length > 0 && (
        <ul class="notice notice-stale">
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <Table caption="The record" columns={COLUMNS} rows={memberRows(record)} keyOf={({ name }) => name} />
      <Publish {...{ text, mediaType, verdict, onPublished }} />
    </Section>
  )
}

function Publish({ text, mediaType, verdict, onPublished }: Props): VNode {
  const api = useApi()
  const { go } = useRouter()
  const { isBusy, problem, run } = useAct()
  // The same text sent twice, as after an answer that was lost, makes one record.
  const [idempotencyKey] = useState(() => crypto.randomUUID())
  const draft = useDraft('publish card', { visibility: 'local' })
  const isAlone = isCardAlone(text, verdict)
  const publish = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const chosen = { visibility: draft.textOf('visibility'), sharesCard: draft.isChecked('share') }
    const answer = await run(() =>
      api.call<WireAgent>('POST', 'agents', {
        parameters: cardParameters({ isCardAlone: isAlone, ...chosen }),
        bytes: { content: text, mediaType },
        headers: { 'idempotency-key': idempotencyKey },
      }),
    )
    if (answer === undefined) return
    draft.clear()
    onPublished()
    go(`agents/${encodeURIComponent(answer.id)}`)
  }
  return (
    <form class="stack" onSubmit={(event) => void publish(event)}>
      {isAlone && (
        <>
          <SelectField {...{ label: 'Seen by', name: 'visibility', draft }} choices={VISIBILITY_CHOICES} />
          {(verdict.warnings ?? []).length > 0 && (
            <CheckField {...{ name: 'share', draft }} label="Share the card all the same" />
          )}
        </>
      )}
      {problem !== null && <ProblemNote problem={problem} />}
      <Button type="submit" kind="main" isBusy={isBusy}>
        Publish it
      </Button>
    </form>
  )
}

function Faults({ faults }: Pick<Verdict, 'faults'>): VNode {
  return (
    <div class="notice notice-error" role="alert">
      <h2>It cannot be published yet</h2>
      <ul class="bullets">
        {faults.map(({ pointer, message }) => (
          <li key={`${pointer} ${message}`}>
            {pointer !== '' && <code>{pointer}</code>} <span dir="auto">{message}</span>
          </li>
        ))}
      </ul>
      <p>Mend it above and check it again. Nothing was stored.</p>
    </div>
  )
}

type Member = ReturnType<typeof memberRows>[number]

const COLUMNS: readonly Column<Member>[] = [
  { head: 'Member', isName: true, cell: ({ name }) => <code>{name}</code> },
  { head: 'Value', cell: ({ value }) => <PeerText text={value} lines={3} /> },
]
