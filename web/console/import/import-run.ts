/** An import under way: pieces go out one after the other, and what the registry says of them adds up. */
import type { Problem } from '../../api/problem.ts'
import { lineOf, type Piece } from './cut-file.ts'
import type { ImportSource } from './read-file.ts'
import type { RejectedLine } from './rejected-lines.ts'
import { fileUnreadable } from './unreadable.ts'

/** The registry's answer to one piece. */
export type PieceReport = {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly rejected: number
  readonly lines: readonly { readonly line: number; readonly reason: string }[]
}

export type PieceAnswer =
  | { readonly kind: 'stored'; readonly report: PieceReport }
  /** It takes no more just now. */
  | { readonly kind: 'busy'; readonly retryAfterSeconds: number }
  | { readonly kind: 'refused'; readonly problem: Problem }

export type ImportProgress = Omit<PieceReport, 'lines'> & {
  readonly unit: ImportSource['unit']
  readonly sentBytes: number
  readonly totalBytes: number
  /** The first of them; `rejected` counts all. */
  readonly rejectedLines: readonly RejectedLine[]
  /** Seconds that the registry asked us to wait; 0 while it takes what it is sent. */
  readonly waitsSeconds: number
  /** Why it stopped before its end; what was stored until then stays. */
  readonly problem: Problem | null
  /** The file cannot be read any further: there is nothing to go on with. */
  readonly isBroken: boolean
  readonly isDone: boolean
}

export type Sending = {
  send(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<PieceAnswer>
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** More are counted, and no longer kept with their text. */
const MOST_REJECTED_KEPT = 10_000

export class ImportRun {
  progress: ImportProgress
  readonly #pieces: ImportSource['pieces']
  readonly #sending: Sending
  /** Taken from the file and not known to be stored. */
  #pending: Piece | undefined

  constructor({ unit, totalBytes, pieces }: ImportSource, sending: Sending) {
    this.#pieces = pieces
    this.#sending = sending
    this.progress = {
      ...{ unit, totalBytes, sentBytes: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 },
      ...{ rejectedLines: [], waitsSeconds: 0, problem: null, isBroken: false, isDone: false },
    }
  }

  /**
   * Sends what is left, and tells after each step. Called again after a refusal or an abort, it goes on with the piece it
   * stopped at: sending lines twice doubles no record. A file that could not be read to its end is never done.
   *
   * @throws AbortError
   */
  async *run(signal: AbortSignal): AsyncGenerator<ImportProgress> {
    for (;;) {
      this.#pending ??= await this.#next()
      // A generator that threw says afterwards that it is done, which is not the end of the file.
      if (this.progress.isBroken) {
        yield this.progress
        return
      }
      if (this.#pending === undefined) break
      signal.throwIfAborted()
      const answer = await this.#sending.send(this.#pending.bytes, signal)
      signal.throwIfAborted()
      if (answer.kind === 'refused') {
        yield this.#note({ problem: answer.problem, waitsSeconds: 0 })
        return
      }
      if (answer.kind === 'busy') {
        yield this.#note({ waitsSeconds: answer.retryAfterSeconds })
        await this.#sending.sleep(answer.retryAfterSeconds * 1000, signal)
        continue
      }
      const counted = addReport(this.progress, this.#pending, answer.report)
      this.#pending = undefined
      yield this.#note(counted)
    }
    yield this.#note({ isDone: true, waitsSeconds: 0 })
  }

  async #next(): Promise<Piece | undefined> {
    if (this.progress.isBroken) return undefined
    try {
      const next = await this.#pieces.next()
      return next.done === true ? undefined : next.value
    } catch {
      // A browser reads no file that was changed, moved or taken away since it was chosen.
      this.#note({ isBroken: true, problem: fileUnreadable(), waitsSeconds: 0 })
      return undefined
    }
  }

  #note(change: Partial<ImportProgress>): ImportProgress {
    this.progress = { ...this.progress, ...change }
    return this.progress
  }
}

function addReport(progress: ImportProgress, piece: Piece, report: PieceReport): Partial<ImportProgress> {
  const room = MOST_REJECTED_KEPT - progress.rejectedLines.length
  const rejected = report.lines.slice(0, room).map(({ line, reason }) => {
    const number = line + piece.firstLine - 1
    return { line: number, reason, text: lineOf(piece, number) }
  })
  return {
    created: progress.created + report.created,
    updated: progress.updated + report.updated,
    unchanged: progress.unchanged + report.unchanged,
    rejected: progress.rejected + report.rejected,
    rejectedLines: [...progress.rejectedLines, ...rejected],
    sentBytes: piece.endsAt,
    waitsSeconds: 0,
    problem: null,
  }
}
