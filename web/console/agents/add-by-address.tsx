/** Adding an agent by its address: by the card that it shows there, or without one. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Answer, Api } from '../../api/api.ts'
import { unreachable } from '../../api/problem.ts'
import { Button } from '../../design/button.tsx'
import { useDraft } from '../forms/drafts.ts'
import { TextField } from '../forms/fields.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { AddWithoutCard } from './add-without-card.tsx'
import type { Verdict } from './card-text.ts'
import { PublishChecked } from './publish-checked.tsx'

/** What is shown at `at`, for the address that was asked for. */
type Found = {
  readonly asked: string
  readonly at: string
  readonly text: string
  readonly mediaType: string
  readonly verdict: Verdict
}

export function AddByAddress(): VNode {
  const api = useApi()
  const draft = useDraft('add agent by address', { type: 'a2a', visibility: 'local' })
  const { isBusy, problem, run } = useAct()
  const [found, setFound] = useState<Found | null>(null)
  const url = draft.textOf('url').trim()
  const look = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setFound((await run(() => findCard(api, url))) ?? null)
  }
  const isCurrent = found?.asked === url
  return (
    <div class="stack">
      <form class="stack" onSubmit={(event) => void look(event)}>
        <TextField
          {...{ label: 'Address', name: 'url', type: 'url', required: true, maxLength: 2_048, draft }}
          placeholder="https://agents.example/summarizer"
          hint="Of the agent, or of its card. The registry looks there and at the usual places of its host."
        />
        {problem !== null && <ProblemNote problem={problem} />}
        <Button type="submit" {...(!isCurrent && { kind: 'main' })} isBusy={isBusy}>
          Look for its card
        </Button>
      </form>
      {found !== null && isCurrent && (
        <>
          <p>
            Its card was found at <code>{found.at}</code>.
          </p>
          <PublishChecked {...found} key={found.text} onPublished={() => draft.clear()} />
        </>
      )}
      <details open={problem?.code === 'no-card-at-address' || draft.textOf('name') !== ''}>
        <summary>It shows no card</summary>
        <AddWithoutCard draft={draft} />
      </details>
    </div>
  )
}

/** The card, and whether it can be published. */
async function findCard(api: Api, asked: string): Promise<Answer<Found>> {
  const shown = await api.open('POST', 'agents/fetch-card', {
    body: { url: asked },
    accept: 'application/json',
  })
  if (!shown.ok) return shown
  const { headers } = shown.value
  const text = await shown.value.text().catch(() => null)
  if (text === null) return { ok: false, problem: unreachable() }
  const mediaType = headers.get('content-type') ?? 'application/json'
  const checked = await api.call<Verdict>('POST', 'agents/validate', { bytes: { content: text, mediaType } })
  if (!checked.ok) return checked
  const at = headers.get('content-location') ?? asked
  return { ...checked, value: { asked, at, text, mediaType, verdict: checked.value } }
}
