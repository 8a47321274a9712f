/** Adding an agent that has no card: its address and what people need to find it. */
import type { VNode } from 'preact'
import type { WireAgent } from '../../../src/wire/agent.ts'
import { Button } from '../../design/button.tsx'
import { useDraft } from '../forms/drafts.ts'
import { AreaField, SelectField, TextField } from '../forms/fields.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useRouter } from '../router.tsx'
import { useApi } from '../session.tsx'
import { AGENT_TYPES, VISIBILITY_CHOICES } from './agent-words.ts'
import { recordOf } from './card-text.ts'

const TYPES = AGENT_TYPES.map((type) => ({ value: type, label: type }))

export function AddByAddress(): VNode {
  const api = useApi()
  const { go } = useRouter()
  const { isBusy, problem, run } = useAct()
  const draft = useDraft('add agent by address', { type: 'a2a', visibility: 'local' })
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
      <p>
        The registry does not fetch the card from there: if the agent shows one, paste it under “By its card”
        instead, so that its skills are found, too.
      </p>
      <TextField
        {...{ label: 'Address', name: 'url', type: 'url', required: true, maxLength: 2_048, draft }}
        placeholder="https://agents.example/summarizer"
      />
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
