/** What an owner changes most: who sees a record, and whether it is still in use. */
import type { VNode } from 'preact'
import { Button } from '../../design/button.tsx'
import { Section } from '../../design/section.tsx'
import { useDraft } from '../forms/drafts.ts'
import { SelectField, TextField } from '../forms/fields.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import type { LoadedAgent } from './agent-page.tsx'
import { STATUS_CHOICES, VISIBILITY_CHOICES } from './agent-words.ts'

export function EditAgent({
  agent,
  etag,
  onDone,
}: Pick<LoadedAgent, 'agent' | 'etag'> & { readonly onDone: () => void }): VNode {
  const api = useApi()
  const { isBusy, problem, run } = useAct()
  const draft = useDraft(`edit agent ${agent.id}`, {
    ...{ visibility: agent.visibility, status: agent.status },
    ...{ message: agent.status_message ?? '', successor: agent.successor_did ?? '' },
  })
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const body = {
      ...{ visibility: draft.textOf('visibility'), status: draft.textOf('status') },
      ...{ status_message: draft.textOf('message').trim() || null },
      ...{ successor_did: draft.textOf('successor').trim() || null },
    }
    const headers = etag === null ? {} : { 'if-match': etag }
    const answer = await run(() =>
      api.call('PUT', `agents/${encodeURIComponent(agent.id)}`, { body, headers }),
    )
    if (answer === undefined) return
    draft.clear()
    onDone()
  }
  return (
    <Section title="Change">
      <form class="stack" onSubmit={(event) => void save(event)}>
        <SelectField label="Seen by" name="visibility" choices={VISIBILITY_CHOICES} draft={draft} />
        <SelectField label="Status" name="status" choices={STATUS_CHOICES} draft={draft} />
        <TextField
          {...{ label: 'What to say about the status', name: 'message', maxLength: 500, draft }}
          hint="Shown with the record; may stay empty."
        />
        <TextField
          {...{ label: 'DID of its successor', name: 'successor', draft }}
          hint="Where a deprecated agent sends its users; may stay empty."
        />
        {problem !== null && (
          // Loaded again, the form keeps what was typed over the record as it is now.
          <ProblemNote problem={problem} {...(problem.code === 'revision-changed' && { retry: onDone })} />
        )}
        <Button type="submit" kind="main" isBusy={isBusy}>
          Save the changes
        </Button>
      </form>
    </Section>
  )
}
