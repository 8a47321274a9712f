/**
 * Writes every question between this registry and its peers to the query log, together with others of the same moment.
 *
 * Nothing waits for it, and it may lose rows, when the database does not answer or more comes than it takes; what is
 * lost is counted. Answers from a cache are no questions to a peer and are told by the metrics alone.
 */
import { createHmac } from 'node:crypto'
import type { QueryLog, QueryLogEntry } from '../domain/federation-ports.ts'
import type { Clock } from '../domain/ports.ts'
import type { DerivedKey } from '../security/key-ring.ts'
import { maskSecrets } from '../security/redact.ts'

/** What was asked, as it is logged. */
export type LoggedQuestion = {
  readonly search: string | null
  /** The other conditions, in any canonical form. */
  readonly conditions: string
}

export type QueryLogWriterDeps = {
  readonly log: Pick<QueryLog, 'append'>
  readonly clock: Clock
  /** Search texts are logged as keyed hashes: equal ones are known as equal, and nobody reads them. */
  readonly hashKey: DerivedKey
  /** `REGISTRY_LOG_QUERIES=plain`: the text, too. */
  readonly isPlain: boolean
  readonly onLost: (rows: number, error: unknown) => void
}

export interface QueryLogWriter extends AsyncDisposable {
  add(entry: LoggedEntry, question: LoggedQuestion | null): void
}

type LoggedEntry = Omit<QueryLogEntry, 'queryHash' | 'queryText' | 'createdAt'>

/** What was noted in passing; it is made a row when it is written, so that no search waits for that. */
type Noted = {
  readonly entry: LoggedEntry
  readonly question: LoggedQuestion | null
  readonly createdAt: number
}

const WRITE_AFTER_MS = 500 // rows are to be there within a second
const MOST_WAITING = 10_000
const HASH_CHARS = 32

export function createQueryLogWriter(deps: QueryLogWriterDeps): QueryLogWriter {
  const { log, clock, hashKey, isPlain, onLost } = deps
  const hashOf = createHasher(hashKey)
  let waiting: Noted[] = []
  let lost = 0
  let callOff: (() => void) | null = null
  let writing: Promise<void> = Promise.resolve()

  const rowOf = ({ entry, question, createdAt }: Noted): QueryLogEntry => {
    const text = question?.search ?? null
    return {
      ...entry,
      queryHash: question === null ? null : hashOf(question),
      // A search field is where keys get pasted by mistake, and the log is read by others.
      queryText: isPlain && text !== null ? maskSecrets(text) : null,
      createdAt,
    }
  }

  const write = async (): Promise<void> => {
    const noted = waiting
    waiting = []
    if (lost > 0) onLost(lost, new Error('more questions came than the query log takes'))
    lost = 0
    if (noted.length === 0) return
    try {
      await log.append(noted.map(rowOf))
    } catch (error) {
      onLost(noted.length, error)
    }
  }

  const flush = (): Promise<void> => {
    callOff?.()
    callOff = null
    writing = writing.then(write)
    return writing
  }

  return {
    add(entry, question) {
      callOff ??= clock.after(WRITE_AFTER_MS, () => void flush())
      if (waiting.length >= MOST_WAITING) {
        lost += 1
        return
      }
      waiting.push({ entry, question, createdAt: clock.now() })
    },
    [Symbol.asyncDispose]: flush,
  }
}

/** A search asks all peers the same: each question is hashed once. */
function createHasher({ key }: DerivedKey): (question: LoggedQuestion) => string {
  const hashes = new WeakMap<LoggedQuestion, string>()
  return (question) => {
    const known = hashes.get(question)
    if (known !== undefined) return known
    const text = JSON.stringify([question.search, question.conditions])
    const hash = createHmac('sha256', key).update(text).digest('hex').slice(0, HASH_CHARS)
    hashes.set(question, hash)
    return hash
  }
}
