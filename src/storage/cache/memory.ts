/** Peers' answers in this process, the least recently used given up first. */
import { LRUCache } from 'lru-cache'
import type { Agent } from '../../domain/agent.ts'
import { createAttachment } from '../../domain/attachment.ts'
import type { Clock, KeptAnswer, ResultCache } from '../../domain/ports.ts'

/**
 * @param options.maxBytes about how much memory the answers may take, with what is computed of them for scoring.
 *   An answer larger than an eighth of it is not kept, so that one peer cannot push out all others with one page.
 */
export function createMemoryResultCache({
  maxBytes,
  clock,
}: {
  readonly maxBytes: number
  readonly clock: Clock
}): ResultCache {
  const records = createRecordLedger()
  const answers = new LRUCache<string, KeptAnswer>({
    maxSize: maxBytes,
    sizeCalculation: answerBytes,
    dispose: (kept) => records.release(kept),
    perf: { now: () => clock.monotonic() },
    ttlResolution: 0,
  })
  return {
    get: (key) => answers.get(key),
    put: (key, kept, ttlSeconds) => {
      // First, since lru-cache does not tell of an answer that takes its own place.
      answers.delete(key)
      const wholeBytes = answerBytes(kept) + kept.answer.agents.length * recordBytes(kept)
      // lru-cache takes a ttl of 0 for one without end.
      if (ttlSeconds <= 0 || wholeBytes > maxBytes / 8) return
      records.hold(kept)
      answers.set(key, kept, { ttl: ttlSeconds * 1000 })
      while (answers.calculatedSize + records.bytes() > maxBytes) answers.pop()
    },
    // Keys begin with the peer's id. Forgetting is rare, so nothing is kept to make it fast.
    forgetPeer: (peerId) => {
      for (const key of [...answers.keys()]) {
        if (key.startsWith(`${peerId}:`)) answers.delete(key)
      }
    },
  }
}

const ANSWER_BYTES = 1_000 // with its key and statistics
const REFERENCE_BYTES = 8
const RECORD_BYTES = 1_600 // the record's own objects and lists, and its place in the ledger
const PER_BODY_BYTE = 4 // its texts, what is worked out of them, and its JSON in answers

function answerBytes({ answer }: KeptAnswer): number {
  return ANSWER_BYTES + answer.agents.length * REFERENCE_BYTES
}

/** Of one of the answer's records. */
function recordBytes({ answer, bodyBytes }: KeptAnswer): number {
  return RECORD_BYTES + Math.ceil((bodyBytes * PER_BODY_BYTE) / Math.max(1, answer.agents.length))
}

/** The memory of all records held: one that many answers hold is there once, and counts once. */
function createRecordLedger() {
  const held = createAttachment<Agent, { answers: number; readonly bytes: number }>()
  let bytes = 0
  return {
    bytes: () => bytes,
    hold(kept: KeptAnswer): void {
      for (const agent of kept.answer.agents) {
        const known = held.get(agent)
        if (known !== undefined) {
          known.answers += 1
          continue
        }
        const entry = { answers: 1, bytes: recordBytes(kept) }
        held.set(agent, entry)
        bytes += entry.bytes
      }
    },
    release({ answer }: KeptAnswer): void {
      for (const agent of answer.agents) {
        const entry = held.get(agent)
        if (entry === undefined) continue
        entry.answers -= 1
        if (entry.answers > 0) continue
        held.delete(agent)
        bytes -= entry.bytes
      }
    },
  }
}
