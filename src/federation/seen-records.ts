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
import { compareRanked, createScorer } from '../search/score.ts'
import { parseQuery } from '../search/tokenize.ts'
import { admission } from './merge.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { createRecordFacts, type RecordFacts } from './record-facts.ts'

/** A record, and when it was last seen, in Unix ms. */
export type Seen = { readonly agent: Agent; readonly seenAt: number }

/** What questions were answered before, by question; and what is new since, null where something is gone or changed. */
type Before = {
  readonly answers: ReadonlyMap<string, PeerAnswer | undefined>
  readonly added: readonly Agent[] | null
}

const NOTHING_BEFORE: Before = { answers: new Map(), added: null }
const MOST_ANSWERS = 500

export class SeenRecords {
  readonly #seenAt: ReadonlyMap<Agent, number>
  readonly #facts: RecordFacts
  readonly #before: Before
  readonly #answers = new Map<string, PeerAnswer | undefined>()

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
    const before = { answers: this.#answers, added: isGone ? null : added }
    return new SeenRecords(seen, { facts: this.#facts, before })
  }

  /**
   * The best that match, in no order. Undefined where nothing does: that is no copy, and the failure is told as what it is.
   */
  answer(request: PeerRequest): PeerAnswer | undefined {
    const question = JSON.stringify(request)
    if (this.#answers.has(question)) return this.#answers.get(question)
    if (this.#answers.size >= MOST_ANSWERS) this.#answers.clear()
    const answer = this.#answerAnew(question, request)
    this.#answers.set(question, answer)
    return answer
  }

  #answerAnew(question: string, request: PeerRequest): PeerAnswer | undefined {
    const { answers, added } = this.#before
    const before = answers.get(question)
    if (added !== null && answers.has(question)) {
      const more = this.#matching(added, request)
      if (more.length === 0) return this.#renew(before)
      const agents = [...(before?.agents ?? []), ...more]
      // With fewer than are wanted, all that match are shown, and nothing has to be looked through but what is new.
      if (!before?.hasMore && agents.length <= request.limit) return this.#answerWith(agents, false)
    }
    const found = this.#find(request)
    // The same records are the same answer: the order that was made of it holds.
    return before !== undefined && found !== undefined && isSameAnswer(before, found)
      ? this.#renew(before)
      : found
  }

  #renew(answer: PeerAnswer | undefined): PeerAnswer | undefined {
    if (answer === undefined) return undefined
    const fetchedAt = this.#oldest(answer.agents)
    return fetchedAt === answer.fetchedAt ? answer : { ...answer, fetchedAt }
  }

  #find(request: PeerRequest): PeerAnswer | undefined {
    const matching = this.#matching([...this.#seenAt.keys()], request)
    const agents = matching.slice(0, request.limit)
    return agents.length === 0 ? undefined : this.#answerWith(agents, matching.length > agents.length)
  }

  #answerWith(agents: readonly Agent[], hasMore: boolean): PeerAnswer {
    const fetchedAt = this.#oldest(agents)
    return { agents, statistics: null, hasMore, nextCursor: null, droppedRecords: 0, fetchedAt }
  }

  #oldest(agents: readonly Agent[]): number {
    return Math.min(...agents.map((agent) => this.#seenAt.get(agent) ?? 0))
  }

  /** Those that match, best first; without search the newest first. */
  #matching(all: readonly Agent[], request: PeerRequest): Agent[] {
    const agents = all.filter(admission(request))
    const { search } = request
    if (search === null) return agents.toSorted((a, b) => b.createdAt - a.createdAt)
    const query = parseQuery(search)
    const impactsOf = this.#facts.impactsFor(search)
    const indexed = agents.map((agent) => ({ did: agent.did, impacts: impactsOf(agent) }))
    const { scoreImpacts } = createScorer(query, countStatistics(indexed, query))
    return agents
      .map((agent) => ({ agent, did: agent.did, score: scoreImpacts(impactsOf(agent)) }))
      .filter(({ score }) => score > 0)
      .sort(compareRanked)
      .map(({ agent }) => agent)
  }
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
