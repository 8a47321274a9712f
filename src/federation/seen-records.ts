/**
 * Records of a peer that were read from the database, as an answer to whatever is asked of it while it does not answer.
 *
 * They are read anew every half a minute, and hardly anything is new then: what was found in them holds, and a new record
 * takes its place in it where it has to do with what was asked. Going through all records again for each of the searches
 * of a busy minute would hold up everybody else.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Agent } from '../domain/agent.ts'
import type { PeerAnswer } from '../domain/discovery.ts'
import { compareRanked, createScorer, type Statistics } from '../search/score.ts'
import { createTermIndex, type TermIndex } from '../search/term-index.ts'
import { parseQuery } from '../search/tokenize.ts'
import { admission } from './admission.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import type { RecordFacts } from './record-facts.ts'

/** A record, and when it was last seen, in Unix ms. */
export type Seen = { readonly agent: Agent; readonly seenAt: number }

/** A record that matches, and how well: by the figures of its question, or by when it was made where nothing is searched. */
type Match = { readonly agent: Agent; readonly did: string; readonly score: number }

/** What was found for a question: the best, and by which figures; null where nothing is searched. */
type Found = {
  readonly answer: PeerAnswer
  readonly matches: readonly Match[]
  readonly statistics: Statistics | null
  /** How many records there were when the figures were counted. */
  readonly countedIn: number
}

/** What was found before, by question; and what is new since, null where something is gone or changed. */
type Before = {
  readonly found: ReadonlyMap<string, Found | undefined>
  readonly added: readonly Agent[] | null
  readonly indexed: Indexed
}

/**
 * Records by their terms, in the order of the index, with some that are gone since. Whoever reads more records adds them,
 * and those who were made of the same ones may do so side by side.
 */
type Indexed = { readonly agents: Agent[]; readonly known: Set<Agent>; readonly index: TermIndex }

const MOST_GONE = 1.5 // records in the index to those there are; beyond, it is made anew
const MOST_ANSWERS = 500
const MOST_GROWTH = 1.25 // beyond, how common words are is counted anew
const NO_FIGURES: Statistics = { documents: 0, documentFrequency: new Map() } // any tell what matches at all

export class SeenRecords {
  readonly #seenAt: ReadonlyMap<Agent, number>
  readonly #facts: RecordFacts
  /** Null until somebody begins with it. */
  #indexed: Indexed | null = null
  /** Records that the index has not got yet, last first. */
  #unindexed: Agent[] = []
  readonly #before: Before
  readonly #found = new Map<string, Found | undefined>()

  constructor(seen: readonly Seen[], facts: RecordFacts, before: Before = nothingBefore()) {
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
    const before = {
      found: this.#found,
      added: isGone ? null : added,
      indexed: this.#indexed ?? this.#before.indexed,
    }
    return new SeenRecords(seen, this.#facts, before)
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
    if (added !== null && found.has(question)) {
      const admitted = added.filter(admission(request))
      const more = this.#rank(admitted, request.search, before?.statistics ?? NO_FIGURES)
      if (more.length === 0) return before && this.#renewed(before)
      // A few records more hardly change how common words are.
      if (before !== undefined && this.size <= MOST_GROWTH * before.countedIn) {
        return this.#withAdded(before, more, request.limit)
      }
    }
    const after = this.#find(request)
    // The same records are the same answer: the order that was made of it holds.
    return before !== undefined && after !== undefined && isSameAnswer(before.answer, after.answer)
      ? this.#renewed(before)
      : after
  }

  #withAdded({ matches, answer, ...figures }: Found, more: readonly Match[], limit: number): Found {
    const all = [...matches, ...more].sort(compareRanked)
    return { ...figures, ...this.#best(all, { limit, hasMore: answer.hasMore }) }
  }

  #renewed(found: Found): Found {
    const fetchedAt = this.#oldest(found.answer.agents)
    if (fetchedAt === found.answer.fetchedAt) return found
    return { ...found, answer: { ...found.answer, fetchedAt } }
  }

  #find(request: PeerRequest): Found | undefined {
    const { search, limit } = request
    const isAdmitted = admission(request)
    const { matches, statistics } =
      search === null ? this.#newest(isAdmitted) : this.#search(search, isAdmitted)
    if (matches.length === 0) return undefined
    return { statistics, countedIn: this.size, ...this.#best(matches, { limit, hasMore: false }) }
  }

  /** @param hasMore whether more match than these. */
  #best(
    all: readonly Match[],
    { limit, hasMore }: { readonly limit: number; readonly hasMore: boolean },
  ): Pick<Found, 'answer' | 'matches'> {
    const matches = all.slice(0, limit)
    const agents = matches.map(({ agent }) => agent)
    const answer = {
      ...{ agents, statistics: null, hasMore: hasMore || all.length > limit },
      ...{ nextCursor: null, droppedRecords: 0, fetchedAt: this.#oldest(agents) },
    }
    return { answer, matches }
  }

  #oldest(agents: readonly Agent[]): number {
    return Math.min(...agents.map((agent) => this.#seenAt.get(agent) ?? 0))
  }

  #newest(isAdmitted: (agent: Agent) => boolean): Pick<Found, 'statistics'> & { readonly matches: Match[] } {
    const agents = [...this.#seenAt.keys()].filter(isAdmitted)
    return { matches: this.#rank(agents, null, NO_FIGURES), statistics: null }
  }

  /**
   * Indexes some of the records, or the rest of them: one search does whatever nobody has done before it.
   * @param most of so many terms, or a few more.
   * @returns whether some are left.
   */
  indexSome(most: number): boolean {
    const { agents, known, index } = this.#beginIndex()
    let terms = 0
    while (terms < most) {
      const agent = this.#unindexed.pop()
      if (agent === undefined) return false
      if (known.has(agent)) continue
      const own = this.#facts.termsOf(agent)
      index.add(own)
      agents.push(agent)
      known.add(agent)
      terms += own.length
    }
    return this.#unindexed.length > 0
  }

  #beginIndex(): Indexed {
    if (this.#indexed !== null) return this.#indexed
    const { indexed: before } = this.#before
    this.#indexed = before.agents.length > MOST_GONE * this.size ? emptyIndex() : before
    this.#unindexed = [...this.#seenAt.keys()].reverse()
    return this.#indexed
  }

  /** All that match, best first, and how common the words are among those that are admitted. */
  #search(
    search: string,
    isAdmitted: (agent: Agent) => boolean,
  ): { readonly matches: Match[]; readonly statistics: Statistics } {
    const query = parseQuery(search)
    this.indexSome(Number.POSITIVE_INFINITY)
    const { agents, index } = this.#beginIndex()
    const { rows, statistics } = index.lookUp(query, (place) => {
      const agent = agents[place]
      return agent !== undefined && this.#seenAt.has(agent) && isAdmitted(agent)
    })
    const { scoreRow } = createScorer(query, statistics)
    const matches = agents
      .map((agent, place) => matchOf(agent, scoreRow(rows, place)))
      .filter(({ score }) => score > 0)
      .sort(compareRanked)
    return { matches, statistics }
  }

  /** Those that match, best first; without search the newest first. */
  #rank(agents: readonly Agent[], search: string | null, statistics: Statistics): Match[] {
    if (search === null) return agents.map((agent) => matchOf(agent, agent.createdAt)).sort(compareRanked)
    const impactsOf = this.#facts.impactsFor(search)
    const { scoreImpacts } = createScorer(parseQuery(search), statistics)
    return agents
      .map((agent) => matchOf(agent, scoreImpacts(impactsOf(agent))))
      .filter(({ score }) => score > 0)
      .sort(compareRanked)
  }
}

function nothingBefore(): Before {
  return { found: new Map(), added: null, indexed: emptyIndex() }
}

function emptyIndex(): Indexed {
  return { agents: [], known: new Set(), index: createTermIndex() }
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
