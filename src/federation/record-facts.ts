/**
 * What has been worked out of the records at hand, once each: their words, and what they are known as. It is kept by
 * record object, so whoever keeps the record keeps it, and takes the memory along when it goes.
 */
import { LRUCache } from 'lru-cache'
import type { Agent } from '../domain/agent.ts'
import { createAttachment } from '../domain/attachment.ts'
import type { PeerAnswer } from '../domain/discovery.ts'
import type { ScorableRecord, TermImpact } from '../search/score.ts'
import { parseQuery } from '../search/tokenize.ts'
import { createWordReader, type RecordWords } from '../search/words.ts'
import { type AnswerFacts, type AnswerFactsOf, createAnswerFacts } from './answer-facts.ts'
import { type IdentityReader, identityKeysOf, printsOf } from './identity.ts'

/** The impacts of a record's terms, as far as the search has to do with them. */
export type ImpactsOf = (agent: Agent) => readonly TermImpact[]

export interface RecordFacts extends IdentityReader {
  /** For one search: what it has found of a record is remembered, too, until another search looks at it. */
  impactsFor(search: string): ImpactsOf
  /** What is known of the answers to one search; kept by the answer's list of records, as long as its figures are the same. */
  answersFor(search: string): AnswerFactsOf
  /** All terms of a record, worked out anew. */
  termsOf(agent: Agent): readonly TermImpact[]
  /** Notes that a record is scored by this text, which its registry counted, and not by what was cleaned of it. */
  keep(agent: Agent, received: ScorableRecord): void
  /** Takes a record apart ahead of the search, such as while other peers are waited for. */
  prepare(agent: Agent): void
}

/** One place for all that is known of a record: each is looked up once, however much of it is wanted. */
type Facts = {
  /** What is scored instead of the record's own text. */
  received: ScorableRecord | null
  words: RecordWords | null
  identityKeys: readonly string[] | null
  identityPrints: readonly number[] | null
  /** The search that last looked at it, and what that found. */
  search: object | null
  impacts: readonly TermImpact[]
}

const NONE: readonly TermImpact[] = []

type SearchFacts = { readonly impactsOf: ImpactsOf; readonly answerFactsOf: AnswerFactsOf }

type KnownAnswer = {
  readonly search: string
  readonly statistics: PeerAnswer['statistics']
  readonly facts: AnswerFacts
}

/** Searches that run at one time have each looked at every word once; 60 KB a search where words are many. */
const SEARCHES_AT_ONCE = 16

export function createRecordFacts(): RecordFacts {
  const reader = createWordReader()
  const facts = createAttachment<Agent, Facts>()
  const searches = new LRUCache<string, SearchFacts>({ max: SEARCHES_AT_ONCE })
  const answers = createAttachment<readonly Agent[], KnownAnswer>()

  const factsOf = (agent: Agent): Facts => {
    const known = facts.get(agent)
    if (known !== undefined) return known
    const made: Facts = {
      ...{ received: null, words: null, identityKeys: null, identityPrints: null },
      ...{ search: null, impacts: NONE },
    }
    facts.set(agent, made)
    return made
  }

  const wordsOf = (agent: Agent, facts: Facts): RecordWords => {
    if (facts.words !== null && reader.isCurrent(facts.words)) return facts.words
    facts.words = reader.read(facts.received ?? scorable(agent))
    return facts.words
  }

  const keysOf = (agent: Agent, facts: Facts): readonly string[] => {
    facts.identityKeys ??= identityKeysOf(agent)
    return facts.identityKeys
  }

  const identityPrintsOf = (agent: Agent): readonly number[] => {
    const facts = factsOf(agent)
    facts.identityPrints ??= printsOf(keysOf(agent, facts))
    return facts.identityPrints
  }

  const factsFor = (text: string): SearchFacts => {
    const known = searches.get(text)
    if (known !== undefined) return known
    const relevantTerms = reader.relevantTo(parseQuery(text))
    const search = {}
    const impactsOf: ImpactsOf = (agent) => {
      const facts = factsOf(agent)
      if (facts.search === search) return facts.impacts
      facts.search = search
      facts.impacts = relevantTerms(wordsOf(agent, facts))
      return facts.impacts
    }
    const read = createAnswerFacts(text, { impactsOf, identityPrintsOf })
    const answerFactsOf: AnswerFactsOf = (answer) => {
      const { agents, statistics } = answer
      const known = answers.get(agents)
      if (known?.search === text && known.statistics === statistics) return known.facts
      const made = { search: text, statistics, facts: read(answer) }
      answers.set(agents, made)
      return made.facts
    }
    const made = { impactsOf, answerFactsOf }
    searches.set(text, made)
    return made
  }

  return {
    identityKeysOf: (agent) => keysOf(agent, factsOf(agent)),
    identityPrintsOf,
    impactsFor: (search) => factsFor(search).impactsOf,
    answersFor: (search) => factsFor(search).answerFactsOf,
    termsOf: (agent) => reader.termsOf(wordsOf(agent, factsOf(agent))),
    keep(agent, received) {
      factsOf(agent).received = received
    },
    prepare(agent) {
      const facts = factsOf(agent)
      wordsOf(agent, facts)
      identityPrintsOf(agent)
    },
  }
}

/** The searched fields of a record. */
export function scorable(agent: Agent): ScorableRecord {
  const { name, description, agentType, tags, provider, skills } = agent
  return { name, description, agentType, tags, providerOrganization: provider?.organization ?? null, skills }
}
