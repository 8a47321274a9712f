/** Pages of this registry's own records, ranked by a search or newest first, and the cursors between them. */
import { createHash } from 'node:crypto'
import type { Did, OwnAgent } from '../domain/agent.ts'
import type { AgentFilter, SearchStatistics } from '../domain/discovery.ts'
import type { ListPosition, RankedPosition, Storage } from '../domain/ports.ts'
import { type Scope, scopeKey } from '../domain/principal.ts'
import { ProblemError } from '../problem.ts'
import type { CursorSealer } from '../security/cursor-seal.ts'

export type PageQuery = {
  readonly search: string | null
  readonly filter: AgentFilter
  readonly scope: Scope
  readonly limit: number
  readonly cursor: string | null
}

export type PageEntry = { readonly agent: OwnAgent; readonly score: number | null }

export type AgentPage = {
  readonly entries: readonly PageEntry[]
  /** `null` without a search. */
  readonly statistics: SearchStatistics | null
  /** The cursor for what follows the first `kept` entries; null when nothing does. */
  cursorAfter(kept: number): string | null
}

export type PageDeps = {
  readonly storage: Pick<Storage, 'agents' | 'index'>
  readonly cursors: CursorSealer
}

/** @throws ProblemError `invalid-cursor` for a cursor that was not made for this very question and asker. */
export async function findPage(query: PageQuery, deps: PageDeps): Promise<AgentPage> {
  return query.search === null ? newestPage(query, deps) : rankedPage(query, query.search, deps)
}

async function newestPage(query: PageQuery, { storage, cursors }: PageDeps): Promise<AgentPage> {
  const { filter, scope, limit } = query
  const after = query.cursor === null ? null : readPosition(query, query.cursor, cursors).newest
  const agents = await storage.agents.list(filter, scope, { after, limit: limit + 1 })
  const entries = agents.slice(0, limit).map((agent) => ({ agent, score: null }))
  return {
    entries,
    statistics: null,
    cursorAfter(kept) {
      const last = entries[kept - 1]
      if (last === undefined || kept >= agents.length) return null
      const { createdAt, did } = last.agent
      return cursors.seal({ b: bindingOf(query), c: createdAt, d: did })
    },
  }
}

async function rankedPage(
  query: PageQuery,
  search: string,
  { storage, cursors }: PageDeps,
): Promise<AgentPage> {
  const { filter, scope, limit } = query
  const after = query.cursor === null ? null : readPosition(query, query.cursor, cursors).ranked
  const { matches, statistics, hasMore } = await storage.index.search(search, scope, { filter, limit, after })
  return {
    entries: matches,
    statistics,
    cursorAfter(kept) {
      const last = matches[kept - 1]
      if (last === undefined || (kept === matches.length && !hasMore)) return null
      return cursors.seal({
        b: bindingOf(query),
        s: last.score,
        d: last.agent.did,
        n: statistics.documents,
        f: Object.fromEntries(statistics.documentFrequency),
        e: statistics.isEstimated,
      })
    },
  }
}

/** `b` binds a cursor to its question and scope, so the kind of cursor follows from it. */
type NewestCursor = { readonly b: string; readonly c: number; readonly d: string }
type RankedCursor = {
  readonly b: string
  readonly s: number
  readonly d: string
  readonly n: number
  readonly f: Readonly<Record<string, number>>
  readonly e: boolean
}

type Position = { readonly newest: ListPosition | null; readonly ranked: RankedPosition | null }

function readPosition(query: PageQuery, cursor: string, cursors: CursorSealer): Position {
  // What opens was sealed here, so its members are what `next` wrote.
  const payload = cursors.open(cursor) as (NewestCursor & RankedCursor) | undefined
  const binding = bindingOf(query)
  if (payload !== undefined && payload.b === binding && query.search === null) {
    return { newest: { createdAt: payload.c, did: payload.d as Did }, ranked: null }
  }
  if (payload !== undefined && payload.b === binding && query.search !== null) {
    const { s: score, d: did, n: documents, e: isEstimated } = payload
    const documentFrequency = new Map(Object.entries(payload.f))
    return { newest: null, ranked: { score, did, statistics: { documents, documentFrequency, isEstimated } } }
  }
  throw new ProblemError('invalid-cursor', 'This cursor was not made for this search with this key.')
}

/** What a cursor holds for: the question and what its asker may see, the limit left aside. */
function bindingOf({ search, filter, scope }: PageQuery): string {
  const { agentType, tags, status, provider } = filter
  const question = JSON.stringify([search, agentType, tags, status, provider, scopeKey(scope)])
  return createHash('sha256').update(question).digest('base64url').slice(0, 22)
}
