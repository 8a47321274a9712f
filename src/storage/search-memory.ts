/**
 * The last answers of searches that were asked more than once. While no record changes, the same question has the same
 * answer; and what nobody has asked before, hardly anybody asks again. Keeping it would only fill V8's old memory.
 */
import { LRUCache } from 'lru-cache'
import { bytesOfMatches } from '../domain/agent-size.ts'
import type { AgentFilter } from '../domain/discovery.ts'
import type { RankedAgents } from '../domain/ports.ts'
import { type Scope, scopeKey } from '../domain/principal.ts'

/** A first page: behind a cursor hardly anybody asks for what somebody else just asked. */
export type FirstPage = {
  readonly text: string
  readonly scope: Scope
  readonly filter: AgentFilter
  readonly limit: number
}

export interface SearchMemory {
  /** The answer to this question, if it is remembered and still what a search would find. */
  recall(question: FirstPage): Promise<RankedAgents | undefined>
  keep(question: FirstPage, answer: RankedAgents): void
}

const MAX_BYTES = 16 * 1024 * 1024 // some 200 answers of 50 usual records
const ENTRY_BYTES = 1_000 // the question, and figures of its words
const MOST_ASKED_ONCE = 2_000

/** @param lastRevision reads the number of the last change to any record. */
export function createSearchMemory(lastRevision: () => Promise<number>): SearchMemory {
  const known = new LRUCache<string, { readonly limit: number; readonly answer: RankedAgents }>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ answer }, key) => ENTRY_BYTES + 2 * key.length + bytesOfMatches(answer.matches),
  })
  const askedOnce = new LRUCache<string, true>({ max: MOST_ASKED_ONCE })
  return {
    async recall(question) {
      const remembered = known.get(keyOf(question))
      if (remembered === undefined) return undefined
      const shown = best(remembered, question.limit)
      return shown !== undefined && shown.revision === (await lastRevision()) ? shown : undefined
    },
    keep(question, answer) {
      // What nobody wanted any of says nothing of what there is.
      if (question.limit === 0) return
      const key = keyOf(question)
      if (askedOnce.has(key) || known.has(key)) known.set(key, { limit: question.limit, answer })
      else askedOnce.set(key, true)
    },
  }
}

function keyOf({ text, scope, filter }: FirstPage): string {
  return JSON.stringify([text, scopeKey(scope), filter])
}

/** The first `wanted` of an answer; undefined where it does not reach so far. */
function best(
  { limit, answer }: { readonly limit: number; readonly answer: RankedAgents },
  wanted: number,
): RankedAgents | undefined {
  if (wanted > limit && answer.hasMore) return undefined
  if (wanted >= answer.matches.length) return answer
  return { ...answer, matches: answer.matches.slice(0, wanted), hasMore: true }
}
