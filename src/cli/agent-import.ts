/** `agent import`: streams lines of records to the registry and tells, while it goes, what became of them. */
import { Readable } from 'node:stream'
import { cleanLine } from '../security/text.ts'
import { EXIT, exitCodeForStatus } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { openInput } from './input.ts'
import { printJson } from './print.ts'
import { createProgressLine } from './progress-line.ts'
import { memberOf, numberOf, textOf } from './read-answer.ts'
import { NDJSON, parseEvent, readEvents } from './read-events.ts'
import { describeNetworkFailure, type RegistryClient } from './registry-client.ts'
import { renderProblem } from './render-problem.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

export type ImportOptions = { readonly dryRun?: boolean; readonly json?: boolean }

/** @throws CliFailure when the import ends early; lines that are rejected do not end it. */
export async function importAgents(
  path: string,
  { dryRun, json }: ImportOptions,
  { client, session }: { readonly client: RegistryClient; readonly session: Session },
): Promise<void> {
  const { terminal } = session
  const response = await client.stream('POST', '/agents/import', {
    query: { dry_run: dryRun ? 'true' : undefined },
    body: { content: Readable.toWeb(await openInput(path, terminal)), mediaType: NDJSON },
    accept: json ? 'application/json' : NDJSON,
  })
  try {
    const rejected = json
      ? printSummary(await response.text(), terminal)
      : await follow(response, { terminal, isDryRun: dryRun === true })
    if (rejected > 0) session.finish(EXIT.partial)
  } catch (error) {
    throw error instanceof CliFailure ? error : describeNetworkFailure(error, client.connection)
  }
}

/** Prints the registry's answer and gives the number of rejected lines. */
function printSummary(text: string, terminal: Terminal): number {
  const summary = parseEvent(text)
  printJson(text, terminal)
  return numberOf(summary, 'rejected') ?? 0
}

async function follow(
  response: Response,
  { terminal, isDryRun }: { readonly terminal: Terminal; readonly isDryRun: boolean },
): Promise<number> {
  const progress = createProgressLine(terminal)
  const started = performance.now()
  for await (const event of readEvents(response)) {
    switch (textOf(event, 'event')) {
      case 'rejected':
        progress.clear()
        terminal.err(`line ${cleanLine(`${textOf(event, 'line')}: ${textOf(event, 'reason')}`)}\n`)
        break
      case 'progress':
        progress.show(`${describeCounts(event)}, ${rateOf(event, started)} lines/s`)
        break
      case 'done':
        progress.clear()
        terminal.out(`${describeCounts(event)}${isDryRun ? ' (dry run: nothing was stored)' : ''}\n`)
        return numberOf(event, 'rejected') ?? 0
      case 'failed': {
        progress.clear()
        const problem = memberOf(event, 'problem')
        const code = exitCodeForStatus(numberOf(problem, 'status') ?? 500)
        throw new CliFailure(code, `${renderProblem(problem) ?? 'The import failed.'}\n${SEND_AGAIN}`)
      }
    }
  }
  progress.clear()
  throw new CliFailure(EXIT.failed, `The import broke off. ${SEND_AGAIN}`)
}

const SEND_AGAIN = 'What was stored before that stays; importing the file again is safe.'

function describeCounts(event: unknown): string {
  const counts = ['created', 'updated', 'unchanged', 'rejected'].map(
    (name) => `${numberOf(event, name) ?? 0} ${name}`,
  )
  return `${numberOf(event, 'lines') ?? 0} lines: ${counts.join(', ')}`
}

function rateOf(event: unknown, started: number): number {
  const seconds = Math.max((performance.now() - started) / 1_000, 0.001)
  return Math.round((numberOf(event, 'lines') ?? 0) / seconds)
}
