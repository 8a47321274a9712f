/** Pages of this registry's own records, ranked by a search or newest first, and the cursors between them. */
import { createHash } from 'node:crypto'
import type { Did, OwnAgent } from '../domain/agent.ts'
import type { AgentFilter, SearchStatistics } from '../domain/discovery.ts'
import type { ListPosition, RankedPosition, Storage } from '../domain/ports.ts'
import { PUBLIC_SCOPE, type Scope, scopeKey } from '../domain/principal.ts'
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
  const reader = query.search === null ? newestFirst(query, deps) : bestFirst(query, query.search, deps)
  const { after, used } =
    query.cursor === null ? BEGINNING : reader.open(openCursor(query, query.cursor, deps.cursors))
  const { entries, statistics, hasMore } = await readWithinMost(query, { after, used }, reader)
  return {
    entries,
    statistics,
    cursorAfter(kept) {
      const last = entries[kept - 1]
      if (last === undefined || (kept === entries.length && !hasMore)) return null
      const isBounded = mostNarrowed(query.scope) !== null
      const spent = isBounded && { u: used + entries.slice(0, kept).filter(isNarrowed).length }
      return deps.cursors.seal({ b: bindingOf(query), ...reader.seal(last, statistics), ...spent })
    },
  }
}

type Found = {
  readonly entries: readonly PageEntry[]
  readonly statistics: SearchStatistics | null
  readonly hasMore: boolean
}

/** What makes the pages of one order; `After` is a place in it. */
type PageReader<After> = {
  read(scope: Scope, after: After | null, limit: number): Promise<Found>
  placeOf(entry: PageEntry, statistics: SearchStatistics | null): After
  /** The members of a cursor that hold a place. */
  seal(entry: PageEntry, statistics: SearchStatistics | null): object
  open(cursor: Cursor): Start<After>
}

/** Where a page begins, and how many narrowed records the pages before it have brought out. */
type Start<After> = { readonly after: After | null; readonly used: number }
const BEGINNING = { after: null, used: 0 } as const

/**
 * A page in which no more records are narrowed by the asker's policy than it may still see. Behind the last of them
 * come public records alone, on the same scale: of those it sees no fewer than anyone.
 */
async function readWithinMost<After>(
  { scope, limit }: PageQuery,
  { after, used }: Start<After>,
  { read, placeOf }: PageReader<After>,
): Promise<Found> {
  const most = mostNarrowed(scope)
  if (most === null) return read(scope, after, limit)
  if (used >= most) return read(PUBLIC_SCOPE, after, limit)
  const found = await read(scope, after, limit)
  const narrowed = found.entries.flatMap((entry, place) => (isNarrowed(entry) ? [place] : []))
  const lastPlace = narrowed[most - used - 1]
  const last = lastPlace === undefined ? undefined : found.entries[lastPlace]
  if (lastPlace === undefined || last === undefined || narrowed.length <= most - used) return found
  const kept = found.entries.slice(0, lastPlace + 1)
  const rest = await read(PUBLIC_SCOPE, placeOf(last, found.statistics), limit - kept.length)
  return { ...found, entries: [...kept, ...rest.entries], hasMore: rest.hasMore }
}

/** How many of the records that its policy narrows an asker sees of one question; `null` for no end. */
function mostNarrowed({ share }: Scope): number | null {
  return share?.policy.maxResults ?? null
}

function isNarrowed({ agent }: PageEntry): boolean {
  return agent.visibility !== 'public'
}

function newestFirst({ filter }: PageQuery, { storage }: PageDeps): PageReader<ListPosition> {
  const placeOf = ({ agent: { createdAt, did } }: PageEntry): ListPosition => ({ createdAt, did })
  return {
    placeOf,
    async read(scope, after, limit) {
      const agents = await storage.agents.list(filter, scope, { after, limit: limit + 1 })
      const entries = agents.slice(0, limit).map((agent) => ({ agent, score: null }))
      return { entries, statistics: null, hasMore: agents.length > limit }
    },
    seal(entry) {
      const { createdAt, did } = placeOf(entry)
      return { c: createdAt, d: did }
    },
    open: ({ c: createdAt, d: did, u: used = 0 }) => ({ after: { createdAt, did: did as Did }, used }),
  }
}

function bestFirst({ filter }: PageQuery, search: string, { storage }: PageDeps): PageReader<RankedPosition> {
  return {
    async read(scope, after, limit) {
      const { matches, statistics, hasMore } = await storage.index.search(search, scope, {
        filter,
        limit,
        after,
      })
      return { entries: matches, statistics, hasMore }
    },
    placeOf({ agent, score }, statistics) {
      if (score === null || statistics === null) throw new Error('a ranked record without a score')
      return { score, did: agent.did, statistics }
    },
    seal: ({ agent, score }, statistics) => ({
      s: score,
      d: agent.did,
      n: statistics?.documents,
      f: Object.fromEntries(statistics?.documentFrequency ?? []),
      e: statistics?.isEstimated,
    }),
    open({ s: score, d: did, n: documents, f: frequencies, e: isEstimated, u: used = 0 }) {
      const documentFrequency = new Map(Object.entries(frequencies))
      return { after: { score, did, statistics: { documents, documentFrequency, isEstimated } }, used }
    },
  }
}

/**
 * What `cursorAfter` has sealed. `b` binds a cursor to its question and scope, so the kind of cursor follows from it;
 * `u` counts towards the most that a policy lets one question bring out.
 */
type Cursor = {
  readonly b: string
  readonly c: number
  readonly d: string
  readonly s: number
  readonly n: number
  readonly f: Readonly<Record<string, number>>
  readonly e: boolean
  readonly u?: number
}

function openCursor(query: PageQuery, cursor: string, cursors: CursorSealer): Cursor {
  // What opens was sealed here, so its members are what `cursorAfter` wrote.
  const payload = cursors.open(cursor) as Cursor | undefined
  if (payload?.b === bindingOf(query)) return payload
  throw new ProblemError('invalid-cursor', 'This cursor was not made for this search with this key.')
}

/** What a cursor holds for: the question and what its asker may see, the limit left aside. */
function bindingOf({ search, filter, scope }: PageQuery): string {
  const { agentType, tags, status, provider } = filter
  const question = JSON.stringify([search, agentType, tags, status, provider, scopeKey(scope)])
  return createHash('sha256').update(question).digest('base64url').slice(0, 22)
}
