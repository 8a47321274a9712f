/** A federated search followed while peers answer, for the person who waits for it. */
import { cleanLine } from '../security/text.ts'
import { EXIT, exitCodeForStatus } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { createProgressLine } from './progress-line.ts'
import { listOf, numberOf, textOf, textsOf } from './read-answer.ts'
import { NDJSON, parseEvent, readEvents } from './read-events.ts'
import { describeNetworkFailure, type Query, type RegistryClient, TIMEOUT_MS } from './registry-client.ts'
import { renderProblem } from './render-problem.ts'
import type { Terminal } from './terminal.ts'

/** The answer, as one request for all of it would give it. @throws CliFailure when it fails or breaks off. */
export async function followSearch(
  query: Query,
  { client, terminal }: { readonly client: RegistryClient; readonly terminal: Terminal },
): Promise<unknown> {
  // A registry that does not tell searches while they run answers with the whole.
  const accept = `${NDJSON}, application/json;q=0.5`
  const response = await client.stream('GET', '/discovery/agents', { query, accept, timeoutMs: TIMEOUT_MS })
  const isTold = response.headers.get('content-type')?.startsWith(NDJSON) === true
  try {
    return isTold ? await follow(response, terminal) : parseEvent(await response.text())
  } catch (error) {
    throw error instanceof CliFailure ? error : describeNetworkFailure(error, client.connection)
  }
}

async function follow(response: Response, terminal: Terminal): Promise<unknown> {
  const progress = createProgressLine(terminal)
  const byKey = new Map<string, unknown>()
  let order: readonly string[] = []
  let asked = 0
  let heard = 0
  try {
    for await (const event of readEvents(response)) {
      switch (textOf(event, 'event')) {
        case 'plan':
          asked = listOf(event, 'peers').length
          break
        case 'peer':
          heard += 1
          progress.show(`${heard} of ${asked} peers: ${cleanLine(textOf(event, 'name'))} ${outcomeOf(event)}`)
          break
        case 'merge':
          for (const agent of listOf(event, 'upserts')) byKey.set(textOf(agent, 'key'), agent)
          order = textsOf(event, 'order')
          break
        case 'done':
          return { ...(event as object), agents: order.map((key) => byKey.get(key)) }
        case 'error': {
          const code = exitCodeForStatus(numberOf(event, 'status') ?? 500)
          throw new CliFailure(code, renderProblem(event) ?? 'The search failed.')
        }
      }
    }
  } finally {
    progress.clear()
  }
  throw new CliFailure(EXIT.failed, 'The search broke off before its end.')
}

function outcomeOf(event: unknown): string {
  const outcome = cleanLine(textOf(event, 'outcome'))
  return outcome === 'answered' ? `answered, ${numberOf(event, 'results') ?? 0} results` : outcome
}
