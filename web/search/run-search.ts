/** Asks one question and tells its events as they come. */
import type { WireDiscoveryEvent } from '../../src/wire/discovery-events.ts'
import type { Api, Parameters } from '../api/api.ts'
import { notARegistry, type Problem } from '../api/problem.ts'
import { readLines } from '../api/read-stream.ts'

type SearchListener = {
  readonly onEvent: (event: WireDiscoveryEvent) => void
  /** The last that is told, if it is told. */
  readonly onProblem: (problem: Problem) => void
}

const PATH = 'discovery/agents'

/** Tells nothing more once the signal is aborted; the registry then stops working for it. */
export async function runSearch(
  api: Api,
  parameters: Parameters,
  { onEvent, onProblem, signal }: SearchListener & { readonly signal: AbortSignal },
): Promise<void> {
  const answer = await api.open('GET', PATH, { parameters, accept: 'application/x-ndjson', signal })
  if (signal.aborted) return
  if (!answer.ok) return onProblem(answer.problem)
  let isWhole = false
  try {
    for await (const line of readLines(answer.value)) {
      if (signal.aborted) return
      // The registry's own events: they are checked where they are made.
      const event = line as WireDiscoveryEvent | ({ event: 'error' } & FailureDocument)
      if (event.event === 'error') return onProblem(failureOf(event))
      isWhole = event.event === 'done'
      onEvent(event)
    }
  } catch {
    // The connection broke, or a line is no JSON: either way the rest is missing, which is told below.
  }
  if (!isWhole && !signal.aborted) onProblem(notARegistry('The answer broke off before its end.'))
}

type FailureDocument = { readonly title: string; readonly detail: string; readonly status: number }

function failureOf({ title, detail, status }: FailureDocument): Problem {
  return { ...notARegistry(detail), code: 'failed', title, status, advice: 'Try the search again.' }
}
