/** Peers' answers in this process, the least recently used given up first. */
import { LRUCache } from 'lru-cache'
import type { Agent } from '../../domain/agent.ts'
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
const AGENT_BYTES = 1_500 // the record's own objects and strings' headers
const PART_BYTES = 150 // a skill, an endpoint or a tag
const CHARACTER_BYTES = 4 // two at most in a string, and about as much again in the terms kept for scoring

function estimateBytes({ answer }: KeptAnswer): number {
  return answer.agents.reduce((sum, agent) => sum + estimateAgentBytes(agent), ANSWER_BYTES)
}

function estimateAgentBytes({
  name,
  description,
  statusMessage,
  skills,
  endpoints,
  tags,
  ...agent
}: Agent): number {
  const texts = [name, description, statusMessage ?? '', agent.id, agent.did, agent.claimedDid ?? '', ...tags]
  for (const skill of skills) texts.push(skill.id, skill.name, skill.description, ...skill.tags)
  for (const { url, binding } of endpoints) texts.push(url, binding ?? '')
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  const parts = texts.length + agent.authSchemes.length
  return AGENT_BYTES + parts * PART_BYTES + characters * CHARACTER_BYTES
}
