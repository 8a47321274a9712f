/**
 * Peers' answers shared by all replicas of this registry, as they came: whoever finds one reads it like one from the
 * network. What cannot be read, for whatever reason, is not there.
 */
import type { KeptAnswer } from '../domain/ports.ts'
import type { SharedCache } from '../domain/sharing.ts'
import { FALLBACK_SECONDS } from './freshness.ts'
import { answerOf } from './peer-answer.ts'
import type { Question } from './query-key.ts'
import type { RecordFacts } from './record-facts.ts'
import type { RecordMemory } from './record-memory.ts'

export type RawAnswer = {
  readonly body: Uint8Array
  readonly etag: string | null
  /** Unix ms. */
  readonly fetchedAt: number
}

export interface SharedAnswers {
  /** Never rejects. */
  find(question: Question): Promise<KeptAnswer | undefined>
  /** Never throws, and is not waited for. */
  put(question: Question, answer: RawAnswer): void
}

export function createSharedAnswers(
  cache: SharedCache,
  { facts, records }: { readonly facts: RecordFacts; readonly records: RecordMemory },
): SharedAnswers {
  return {
    async find(question) {
      const bytes = await cache.get(sharedKey(question))
      const raw = bytes === undefined ? undefined : decode(bytes)
      if (raw === undefined) return undefined
      const { protocol, peer, request } = question
      const page = protocol.read(raw.body, peer, { request, records })
      if (page.kind === 'failed') return undefined
      return {
        answer: answerOf(page, { search: request.search, facts, fetchedAt: raw.fetchedAt }),
        etag: raw.etag,
        bodyBytes: raw.body.length,
      }
    },
    put: (question, answer) => cache.put(sharedKey(question), encode(answer), FALLBACK_SECONDS),
  }
}

/** Keys begin with the peer's id, so that an operator can find a peer's. */
function sharedKey({ key }: Question): string {
  return `federation:${key}`
}

const LINE_FEED = 0x0a

/** One line of JSON about the answer, then the answer. */
function encode({ body, etag, fetchedAt }: RawAnswer): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ etag, fetched_at: fetchedAt })}\n`), body])
}

function decode(bytes: Uint8Array): RawAnswer | undefined {
  const end = bytes.indexOf(LINE_FEED)
  if (end < 0) return undefined
  try {
    const head: unknown = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString())
    if (typeof head !== 'object' || head === null) return undefined
    const { etag, fetched_at: fetchedAt } = head as { etag?: unknown; fetched_at?: unknown }
    if (typeof fetchedAt !== 'number' || !Number.isFinite(fetchedAt)) return undefined
    return { body: bytes.subarray(end + 1), etag: typeof etag === 'string' ? etag : null, fetchedAt }
  } catch {
    return undefined // not what `encode` wrote: a miss
  }
}
