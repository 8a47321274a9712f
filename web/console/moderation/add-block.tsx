/** Blocking an agent, a registry or an address; asked once, since it may hide a great deal. */
import type { VNode } from 'preact'
import { Button } from '../../design/button.tsx'
import { Section } from '../../design/section.tsx'
import { useDraft } from '../forms/drafts.ts'
import { CheckField, SelectField, TextField } from '../forms/fields.tsx'
import { useAsk } from '../parts/ask.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useRouter } from '../router.tsx'
import { useApi } from '../session.tsx'
import { BLOCK_CHOICES } from './reports.ts'

export function AddBlock({ onDone }: { readonly onDone: () => void }): VNode {
  const api = useApi()
  const ask = useAsk()
  const { place } = useRouter()
  const { isBusy, problem, run } = useAct()
  const draft = useDraft(`block ${place.search}`, {
    ...{ kind: place.search.get('kind') ?? 'origin', pattern: place.search.get('pattern') ?? '' },
  })
  const kind = BLOCK_CHOICES.find(({ value }) => value === draft.textOf('kind')) ?? BLOCK_CHOICES[0]
  const block = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const pattern = draft.textOf('pattern').trim()
    const effect = `Everything that “${pattern}” stands for is hidden here at once, from all who search and from peers. You can lift the block again.`
    if (!(await ask({ title: 'Block this?', effect, act: 'Block it', isDangerous: true }))) return
    const reason = draft.textOf('reason').trim()
    const withEndpoints = draft.textOf('kind') === 'did' && draft.isChecked('endpoints')
    const body = {
      [draft.textOf('kind')]: pattern,
      ...(withEndpoints && { with_endpoints: true }),
      ...(reason !== '' && { reason }),
    }
    const answer = await run(() => api.call('POST', 'blocks', { body }))
    if (answer === undefined) return
    draft.clear()
    onDone()
  }
  return (
    <Section title="Block something">
      <form class="stack" onSubmit={(event) => void block(event)}>
        <SelectField label="What to block" name="kind" choices={BLOCK_CHOICES} draft={draft} />
        <TextField
          {...{ label: 'Pattern', name: 'pattern', required: true, maxLength: 2_048, draft }}
          hint={kind?.hint}
        />
        {draft.textOf('kind') === 'did' && (
          <CheckField
            {...{ name: 'endpoints', draft }}
            label="Also where it is reached, as far as that is known here"
            hint="The same agent has another DID in every registry that lists it."
          />
        )}
        <TextField
          {...{ label: 'Reason', name: 'reason', maxLength: 500, draft }}
          hint="For the operators; may stay empty."
        />
        {problem !== null && <ProblemNote problem={problem} />}
        <Button type="submit" kind="danger" isBusy={isBusy}>
          Block it…
        </Button>
      </form>
    </Section>
  )
}
