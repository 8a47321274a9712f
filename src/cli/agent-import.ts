/** `agent import`: streams lines of records to the registry and tells, while it goes, what became of them. */
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { cleanLine } from '../security/text.ts'
import { EXIT, exitCodeForStatus } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { openInput } from './input.ts'
import { printJson } from './print.ts'
import { memberOf, numberOf, textOf } from './read-answer.ts'
import { describeNetworkFailure, type RegistryClient } from './registry-client.ts'
import { renderProblem } from './render-problem.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

export type ImportOptions = { readonly dryRun?: boolean; readonly json?: boolean }

const NDJSON = 'application/x-ndjson'

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
  const summary = parseLine(text)
  printJson(text, terminal)
  return numberOf(summary, 'rejected') ?? 0
}

async function follow(
  response: Response,
  { terminal, isDryRun }: { readonly terminal: Terminal; readonly isDryRun: boolean },
): Promise<number> {
  const progress = startProgress(terminal)
  for await (const event of readEvents(response)) {
    switch (textOf(event, 'event')) {
      case 'rejected':
        progress.clear()
        terminal.err(`line ${textOf(event, 'line')}: ${cleanLine(textOf(event, 'reason'))}\n`)
        break
      case 'progress':
        progress.show(event)
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

async function* readEvents(response: Response): AsyncGenerator<unknown> {
  if (response.body === null) return
  for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) {
    if (line !== '') yield parseLine(line)
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new CliFailure(EXIT.failed, 'The answer is not one of a registry: is it the right address?', {
      cause,
    })
  }
}

type Progress = { show(event: unknown): void; clear(): void }

const CLEAR_LINE = '\r\u001b[K'

/** One line on standard error that overwrites itself; nothing where no person reads it. */
function startProgress({ hasProgress, err }: Terminal): Progress {
  const started = performance.now()
  let isShown = false
  return {
    show: (event) => {
      if (!hasProgress) return
      const seconds = Math.max((performance.now() - started) / 1_000, 0.001)
      const rate = Math.round((numberOf(event, 'lines') ?? 0) / seconds)
      err(`${CLEAR_LINE}${describeCounts(event)}, ${rate} lines/s`)
      isShown = true
    },
    clear: () => {
      if (isShown) err(CLEAR_LINE)
      isShown = false
    },
  }
}

function describeCounts(event: unknown): string {
  const counts = ['created', 'updated', 'unchanged', 'rejected'].map(
    (name) => `${numberOf(event, name) ?? 0} ${name}`,
  )
  return `${numberOf(event, 'lines') ?? 0} lines: ${counts.join(', ')}`
}
