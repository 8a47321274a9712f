/** An import under way: lines come in, batches are stored, events go out. */
import { setImmediate } from 'node:timers/promises'
import type { OwnerId } from '../domain/agent.ts'
import type { AgentStore, ImportDraft } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import { readImportLine } from './import-lines.ts'
import { SERVER_LIMITS } from './limits.ts'
import type { Line } from './lines.ts'

export type ImportCounts = {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly rejected: number
}

/** What an import tells as it goes: each rejected line, the counts after each batch, and the counts at the end. */
export type ImportEvent =
  | { readonly event: 'rejected'; readonly line: number; readonly reason: string }
  | ({ readonly event: 'progress'; readonly lines: number } & ImportCounts)
  | ({ readonly event: 'done'; readonly lines: number } & ImportCounts)

export const NO_COUNTS: ImportCounts = { created: 0, updated: 0, unchanged: 0, rejected: 0 }

// One transaction each: long enough to be fast, short enough that others need not wait for it, some 200 ms.
const BATCH_LINES = 1_000
const BATCH_BYTES = 4 * 1024 * 1024
/** Turns of the event loop in which a connection is taken, its request read, looked up and answered. */
const TURNS_FOR_OTHERS = 4

type Batch = { readonly number: number; readonly draft: ImportDraft }[]

/**
 * Stores lines in batches. A line that is wrong costs itself alone.
 *
 * @throws what storing throws, when the batches before stay stored.
 */
export async function* importLines(
  lines: AsyncIterable<Line>,
  agents: Pick<AgentStore, 'importBatch'>,
  options: { readonly ownerId: OwnerId; readonly actor: Actor; readonly isDryRun: boolean },
): AsyncGenerator<ImportEvent> {
  let counts = NO_COUNTS
  let seen = 0
  let batch: Batch = []
  let batchBytes = 0
  const { ownerId, ...rest } = options

  async function* store(): AsyncGenerator<ImportEvent> {
    if (batch.length === 0) return
    const stored = batch
    batch = []
    batchBytes = 0
    const outcomes = await agents.importBatch(
      stored.map(({ draft }) => draft),
      ownerId,
      rest,
    )
    for (const [index, outcome] of outcomes.entries()) {
      counts = { ...counts, [outcome.kind]: counts[outcome.kind] + 1 }
      const line = stored[index]?.number ?? 0
      if (outcome.kind === 'rejected') yield { event: 'rejected', line, reason: outcome.reason }
    }
    yield { event: 'progress', lines: seen, ...counts }
    // SQLite stores at once and lines are often here already: without a pause nobody else would be served to the end.
    for (let turn = 0; turn < TURNS_FOR_OTHERS; turn += 1) await setImmediate()
  }

  for await (const line of lines) {
    seen += 1
    const read = readLine(line)
    if (read.ok) {
      batch.push({ number: line.number, draft: read.draft })
      batchBytes += line.kind === 'line' ? line.bytes.length : 0
    } else {
      counts = { ...counts, rejected: counts.rejected + 1 }
      yield { event: 'rejected', line: line.number, reason: read.reason }
    }
    if (batch.length >= BATCH_LINES || batchBytes >= BATCH_BYTES) yield* store()
  }
  yield* store()
  yield { event: 'done', lines: seen, ...counts }
}

function readLine(line: Line): ReturnType<typeof readImportLine> {
  if (line.kind === 'line') return readImportLine(line.bytes)
  return { ok: false, reason: `The line is longer than ${SERVER_LIMITS.bodyBytes} bytes.` }
}
