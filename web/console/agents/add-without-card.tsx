/** Adding an agent that shows no card: what people need to find it, beside its address. */
import type { VNode } from 'preact'
import type { WireAgent } from '../../../src/wire/agent.ts'
import { Button } from '../../design/button.tsx'
import type { Draft } from '../forms/drafts.ts'
import { AreaField, SelectField, TextField } from '../forms/fields.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useRouter } from '../router.tsx'
import { useApi } from '../session.tsx'
import { AGENT_TYPES, VISIBILITY_CHOICES } from './agent-words.ts'
import { recordOf } from './card-text.ts'

const TYPES = AGENT_TYPES.map((type) => ({ value: type, label: type }))

export function AddWithoutCard({ draft }: { readonly draft: Draft }): VNode {
  const api = useApi()
  const { go } = useRouter()
  const { isBusy, problem, run } = useAct()
  const publish = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const { textOf } = draft
    const body = recordOf({
      ...{ name: textOf('name'), type: textOf('type'), url: textOf('url'), protocol: textOf('protocol') },
      ...{ description: textOf('description'), tags: textOf('tags'), visibility: textOf('visibility') },
    })
    const answer = await run(() => api.call<WireAgent>('POST', 'agents', { body }))
    if (answer === undefined) return
    draft.clear()
    go(`agents/${encodeURIComponent(answer.id)}`)
  }
  return (
    <form class="stack" onSubmit={(event) => void publish(event)}>
      <TextField {...{ label: 'Name', name: 'name', required: true, maxLength: 200, draft }} />
      <SelectField {...{ label: 'Type', name: 'type', choices: TYPES, draft }} />
      <TextField
        {...{ label: 'Protocol spoken there', name: 'protocol', maxLength: 64, draft }}
        hint="As the type says, if it stays empty."
      />
      <AreaField {...{ label: 'Description', name: 'description', rows: 4, maxLength: 4_000, draft }} />
      <TextField {...{ label: 'Tags', name: 'tags', draft }} hint="Words, with commas between them." />
      <SelectField {...{ label: 'Seen by', name: 'visibility', draft }} choices={VISIBILITY_CHOICES} />
      {problem !== null && <ProblemNote problem={problem} />}
      <Button type="submit" kind="main" isBusy={isBusy}>
        Publish it
      </Button>
    </form>
  )
}
