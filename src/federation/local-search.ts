/** Our own part of a federated answer. While no record changes, the same question has the same answer. */
import { LRUCache } from 'lru-cache'
import type { AgentFilter } from '../domain/discovery.ts'
import type { AgentIndex, AgentStore } from '../domain/ports.ts'
import { type Scope, scopeKey } from '../domain/principal.ts'
import type { LocalAnswer } from './merge.ts'

export type LocalQuestion = {
  readonly search: string | null
  readonly filter: AgentFilter
  readonly limit: number
}

export interface LocalSearch {
  /** @throws for faults of the storage. */
  find(question: LocalQuestion, scope: Scope): Promise<LocalAnswer>
}

export type LocalSearchDeps = {
  readonly index: AgentIndex
  readonly agents: Pick<AgentStore, 'list' | 'lastRevision'>
}

const REMEMBERED = 300 // some 5 MB of records

export function createLocalSearch({ index, agents }: LocalSearchDeps): LocalSearch {
  const known = new LRUCache<string, { readonly revision: number; readonly answer: LocalAnswer }>({
    max: REMEMBERED,
  })

  const search = async (
    { search: text, filter, limit }: LocalQuestion,
    scope: Scope,
  ): Promise<LocalAnswer> => {
    if (text !== null) return index.search(text, scope, { filter, limit, after: null })
    const newest = await agents.list(filter, scope, { after: null, limit: limit + 1 })
    const matches = newest.slice(0, limit).map((agent) => ({ agent, score: null }))
    return { matches, statistics: null, hasMore: newest.length > limit }
  }

  return {
    async find(question, scope) {
      const { search: text, filter, limit } = question
      const key = JSON.stringify([text, filter, limit, scopeKey(scope)])
      // Read before the records: one that changes in between makes the answer older than it is, never newer.
      const revision = await agents.lastRevision()
      const remembered = known.get(key)
      if (remembered?.revision === revision) return remembered.answer
      const answer = await search(question, scope)
      known.set(key, { revision, answer })
      return answer
    },
  }
}
