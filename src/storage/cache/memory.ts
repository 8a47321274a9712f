/** Peers' answers in this process, the least recently used given up first. */
import { LRUCache } from 'lru-cache'
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
  const answers = new LRUCache<string, KeptAnswer>({
    maxSize: maxBytes,
    maxEntrySize: Math.ceil(maxBytes / 8),
    sizeCalculation: estimateBytes,
    perf: { now: () => clock.monotonic() },
    ttlResolution: 0,
  })
  return {
    get: (key) => answers.get(key),
    put: (key, kept, ttlSeconds) => {
      // lru-cache takes a ttl of 0 for one without end.
      if (ttlSeconds > 0) answers.set(key, kept, { ttl: ttlSeconds * 1000 })
      else answers.delete(key)
    },
    // Keys begin with the peer's id. Forgetting is rare, so nothing is kept to make it fast.
    forgetPeer: (peerId) => {
      for (const key of [...answers.keys()]) {
        if (key.startsWith(`${peerId}:`)) answers.delete(key)
      }
    },
  }
}

const ANSWER_BYTES = 500
const AGENT_BYTES = 1_500 // the record's own objects and lists
const PER_BODY_BYTE = 3 // its texts, and as much again for what is worked out of them

/** Records that other answers hold as well count in each: memory is rather over- than underestimated. */
function estimateBytes({ answer, bodyBytes }: KeptAnswer): number {
  return ANSWER_BYTES + answer.agents.length * AGENT_BYTES + bodyBytes * PER_BODY_BYTE
}
