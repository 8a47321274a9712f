/** Our own part of a federated answer. While no record changes, the same question has the same answer. */
import { LRUCache } from 'lru-cache'
import type { Agent, Did, OwnAgent } from '../domain/agent.ts'
import { bytesOfMatches } from '../domain/agent-size.ts'
import type { AgentFilter, PeerAnswer } from '../domain/discovery.ts'
import type { AgentIndex, AgentStore, ListPosition } from '../domain/ports.ts'
import { type Scope, scopeKey } from '../domain/principal.ts'
import type { Statistics } from '../search/score.ts'
import type { LocalAnswer } from './merge.ts'

export type LocalQuestion = {
  readonly search: string | null
  readonly filter: AgentFilter
  readonly limit: number
}

export interface LocalSearch {
  /** @throws for faults of the storage. */
  find(question: LocalQuestion, scope: Scope): Promise<LocalAnswer>
  /** Our records page by page on the scale of a walk; `statistics` is null without search. */
  pages(question: Omit<LocalQuestion, 'limit'>, walk: LocalWalk): LocalPages
}

export type LocalWalk = {
  readonly scope: Scope
  readonly statistics: Statistics | null
  readonly limit: number
}

export interface LocalPages {
  /**
   * @param cursor `nextCursor` of the page before, `null` for the first.
   * @throws for faults of the storage.
   */
  read(cursor: string | null): Promise<PeerAnswer>
}

export type LocalSearchDeps = {
  readonly index: AgentIndex
  readonly agents: Pick<AgentStore, 'list' | 'lastRevision' | 'count'>
  /** Told of each of our records that was found by a search, before it is scored anew. */
  readonly onFound?: (agent: OwnAgent) => void
}

const MAX_BYTES = 16 * 1024 * 1024 // some 200 answers of 50 usual records; what the index remembers, too, is there once
const ENTRY_BYTES = 1_000

export function createLocalSearch({ index, agents, onFound = () => {} }: LocalSearchDeps): LocalSearch {
  const known = new LRUCache<string, { readonly revision: number; readonly answer: LocalAnswer }>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ answer }, key) => ENTRY_BYTES + 2 * key.length + bytesOfMatches(answer.matches),
  })

  const search = async (
    { search: text, filter, limit }: LocalQuestion,
    scope: Scope,
  ): Promise<LocalAnswer & { readonly revision: number }> => {
    if (text !== null) {
      const found = await index.search(text, scope, { filter, limit, after: null })
      for (const { agent } of found.matches) onFound(agent)
      return found
    }
    // Read before the records: one that changes in between makes the answer older than it is, never newer.
    const revision = await agents.lastRevision()
    const newest = await agents.list(filter, scope, { after: null, limit: limit + 1 })
    const matches = newest.slice(0, limit).map((agent) => ({ agent, score: null }))
    return { matches, statistics: null, hasMore: newest.length > limit, revision }
  }

  const readPage = async (
    { search: text, filter }: Omit<LocalQuestion, 'limit'>,
    { scope, statistics, limit }: LocalWalk,
    cursor: string | null,
  ): Promise<Page> => {
    if (text !== null && statistics !== null) {
      const frozen = { ...statistics, isEstimated: false }
      // Everything ranks behind this position, which makes the first page one of the walk's scale, too.
      const start = { score: Number.POSITIVE_INFINITY, did: '' }
      const after = { ...(cursor === null ? start : readRanked(cursor)), statistics: frozen }
      const found = await index.search(text, scope, { filter, limit, after })
      for (const { agent } of found.matches) onFound(agent)
      const last = found.matches.at(-1)
      return {
        agents: found.matches.map(({ agent }) => agent),
        next: last === undefined || !found.hasMore ? null : JSON.stringify([last.score, last.agent.did]),
      }
    }
    const after = cursor === null ? null : readNewest(cursor)
    const found = await agents.list(filter, scope, { after, limit: limit + 1 })
    const last = found.length > limit ? found[limit - 1] : undefined
    return {
      agents: found.slice(0, limit),
      next: last === undefined ? null : JSON.stringify([last.createdAt, last.did]),
    }
  }

  return {
    pages: (question, walk) => ({
      async read(cursor) {
        const { agents: ours, next } = await readPage(question, walk, cursor)
        const statistics = walk.statistics && { ...walk.statistics, isEstimated: false }
        const rest = { statistics, hasMore: next !== null, nextCursor: next, droppedRecords: 0, fetchedAt: 0 }
        return { agents: ours, ...rest }
      },
    }),
    async find(question, scope) {
      const { search: text, filter, limit } = question
      const key = JSON.stringify([text, filter, limit, scopeKey(scope)])
      const remembered = known.get(key)
      if (remembered && remembered.revision === (await agents.lastRevision())) return remembered.answer
      const { revision, ...answer } = await search(question, scope)
      known.set(key, { revision, answer })
      return answer
    },
  }
}

type Page = { readonly agents: readonly Agent[]; readonly next: string | null }

// Cursors of our own pages are written above and travel in a walk's state, which is sealed.

function readRanked(cursor: string): { readonly score: number; readonly did: string } {
  const [score, did] = JSON.parse(cursor) as [number, string]
  return { score, did }
}

function readNewest(cursor: string): ListPosition {
  const [createdAt, did] = JSON.parse(cursor) as [number, Did]
  return { createdAt, did }
}
