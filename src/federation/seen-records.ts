/**
 * Records of a peer that were read from the database, as an answer to whatever is asked of it while it does not answer.
 *
 * They are read anew every half a minute, and hardly anything is new then: what was found in them holds, but for what was
 * asked that a new record has to do with. Going through all records again for each of the searches of a busy minute would
 * hold up everybody else.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Agent } from '../domain/agent.ts'
import type { PeerAnswer } from '../domain/discovery.ts'
import { countStatistics } from '../search/exact-search.ts'
import { compareRanked, createScorer, type Statistics } from '../search/score.ts'
import { parseQuery } from '../search/tokenize.ts'
import { admission } from './merge.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { createRecordFacts, type RecordFacts } from './record-facts.ts'

/** A record, and when it was last seen, in Unix ms. */
export type Seen = { readonly agent: Agent; readonly seenAt: number }

/** A record that matches, and how well: by the figures of its question, or by when it was made where nothing is searched. */
type Match = { readonly agent: Agent; readonly did: string; readonly score: number }

/** What was found for a question: the best, and by which figures; null where nothing is searched. */
type Found = {
  readonly answer: PeerAnswer
  readonly matches: readonly Match[]
  readonly statistics: Statistics | null
}

/** What was found before, by question; and what is new since, null where something is gone or changed. */
type Before = {
  readonly found: ReadonlyMap<string, Found | undefined>
  readonly added: readonly Agent[] | null
}

const NOTHING_BEFORE: Before = { found: new Map(), added: null }
const MOST_ANSWERS = 500
const NO_FIGURES: Statistics = { documents: 0, documentFrequency: new Map() } // any tell what matches at all

export class SeenRecords {
  readonly #seenAt: ReadonlyMap<Agent, number>
  readonly #facts: RecordFacts
  readonly #before: Before
  readonly #found = new Map<string, Found | undefined>()

  constructor(
    seen: readonly Seen[],
    {
      facts = createRecordFacts(),
      before = NOTHING_BEFORE,
    }: { readonly facts?: RecordFacts; readonly before?: Before } = {},
  ) {
    this.#seenAt = new Map(seen.map(({ agent, seenAt }) => [agent, seenAt]))
    this.#facts = facts
    this.#before = before
  }

  get size(): number {
    return this.#seenAt.size
  }

  /** The same records, read anew: those that were known stay the objects they were, with all that is known of them. */
  readAnew(read: readonly Seen[]): SeenRecords {
    const known = new Map([...this.#seenAt].map(([agent, seenAt]) => [agent.id, { agent, seenAt }]))
    const added: Agent[] = []
    const seen = read.map((one) => {
      const before = known.get(one.agent.id)
      if (before !== undefined && isSameRecord(before, one)) return { ...one, agent: before.agent }
      added.push(one.agent)
      return one
    })
    const isGone = read.length - added.length < known.size
    const isSame =
      !isGone && added.length === 0 && seen.every((one) => this.#seenAt.get(one.agent) === one.seenAt)
    if (isSame) return this
    const before = { found: this.#found, added: isGone ? null : added }
    return new SeenRecords(seen, { facts: this.#facts, before })
  }

  /** Undefined where nothing matches: that is no copy, and the failure is told as what it is. */
  answer(request: PeerRequest): PeerAnswer | undefined {
    const question = JSON.stringify(request)
    if (!this.#found.has(question)) {
      if (this.#found.size >= MOST_ANSWERS) this.#found.clear()
      this.#found.set(question, this.#findAnew(question, request))
    }
    return this.#found.get(question)?.answer
  }

  #findAnew(question: string, request: PeerRequest): Found | undefined {
    const { found, added } = this.#before
    const before = found.get(question)
    if (before === undefined) {
      const isNothing = added !== null && found.has(question) && this.#rank(added, request, null).length === 0
      return isNothing ? undefined : this.#find(request)
    }
    if (added !== null) return this.#withAdded(before, added, request)
    const after = this.#find(request)
    // The same records are the same answer: the order that was made of it holds.
    return after !== undefined && isSameAnswer(before.answer, after.answer) ? this.#renewed(before) : after
  }

  /** By the figures of before: a few records more hardly change how common words are. */
  #withAdded(before: Found, added: readonly Agent[], request: PeerRequest): Found {
    const { statistics, answer } = before
    const more = this.#rank(added, request, statistics)
    if (more.length === 0) return this.#renewed(before)
    const matches = [...before.matches, ...more].sort(compareRanked)
    return this.#foundOf(matches, { request, statistics, hasMore: answer.hasMore })
  }

  #renewed(found: Found): Found {
    const fetchedAt = this.#oldest(found.answer.agents)
    if (fetchedAt === found.answer.fetchedAt) return found
    return { ...found, answer: { ...found.answer, fetchedAt } }
  }

  #find(request: PeerRequest): Found | undefined {
    const all = [...this.#seenAt.keys()]
    const statistics = this.#statisticsFor(all.filter(admission(request)), request)
    const matches = this.#rank(all, request, statistics)
    return matches.length === 0 ? undefined : this.#foundOf(matches, { request, statistics, hasMore: false })
  }

  /** @param hasMore whether more match than these. */
  #foundOf(
    all: readonly Match[],
    {
      request: { limit },
      statistics,
      hasMore,
    }: Pick<Found, 'statistics'> & { readonly request: PeerRequest; readonly hasMore: boolean },
  ): Found {
    const matches = all.slice(0, limit)
    const agents = matches.map(({ agent }) => agent)
    const answer = {
      ...{ agents, statistics: null, hasMore: hasMore || all.length > limit },
      ...{ nextCursor: null, droppedRecords: 0, fetchedAt: this.#oldest(agents) },
    }
    return { answer, matches, statistics }
  }

  #oldest(agents: readonly Agent[]): number {
    return Math.min(...agents.map((agent) => this.#seenAt.get(agent) ?? 0))
  }

  #statisticsFor(agents: readonly Agent[], { search }: PeerRequest): Statistics | null {
    if (search === null) return null
    const impactsOf = this.#facts.impactsFor(search)
    const indexed = agents.map((agent) => ({ did: agent.did, impacts: impactsOf(agent) }))
    return countStatistics(indexed, parseQuery(search))
  }

  /** Those that match, best first; without search the newest first. */
  #rank(all: readonly Agent[], request: PeerRequest, statistics: Statistics | null): Match[] {
    const agents = all.filter(admission(request))
    const { search } = request
    if (search === null) return agents.map((agent) => matchOf(agent, agent.createdAt)).sort(compareRanked)
    const impactsOf = this.#facts.impactsFor(search)
    const query = parseQuery(search)
    const { scoreImpacts } = createScorer(query, statistics ?? NO_FIGURES)
    return agents
      .map((agent) => matchOf(agent, scoreImpacts(impactsOf(agent))))
      .filter(({ score }) => score > 0)
      .sort(compareRanked)
  }
}

function matchOf(agent: Agent, score: number): Match {
  return { agent, did: agent.did, score }
}

/** A record is written, and so seen, anew once an hour though nothing in it has changed. */
function isSameRecord(a: Seen, b: Seen): boolean {
  return a.seenAt === b.seenAt || isDeepStrictEqual(a.agent, b.agent)
}

function isSameAnswer(a: PeerAnswer, b: PeerAnswer): boolean {
  return (
    a.hasMore === b.hasMore &&
    a.agents.length === b.agents.length &&
    a.agents.every((agent, place) => agent === b.agents[place])
  )
}
