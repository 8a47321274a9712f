/**
 * What has been worked out of the records at hand, once each: their words, and what they are known as. It is kept by
 * record object, so whoever keeps the record keeps it, and takes the memory along when it goes.
 */
import type { Agent } from '../domain/agent.ts'
import type { ScorableRecord, TermImpact } from '../search/score.ts'
import { parseQuery } from '../search/tokenize.ts'
import { createWordReader, type RecordWords } from '../search/words.ts'
import { type IdentityKeysOf, identityKeysOf } from './identity.ts'

/** The impacts of a record's terms, as far as the search has to do with them. */
export type ImpactsOf = (agent: Agent) => readonly TermImpact[]

export interface RecordFacts {
  readonly identityKeysOf: IdentityKeysOf
  /** For one search: what it has found of a record is remembered, too, until the search is over. */
  impactsFor(search: string): ImpactsOf
  /** Notes that a record is scored by this text, which its registry counted, and not by what was cleaned of it. */
  keep(agent: Agent, received: ScorableRecord): void
  /** Takes a record apart ahead of the search, such as while other peers are waited for. */
  prepare(agent: Agent): void
}

export function createRecordFacts(): RecordFacts {
  const reader = createWordReader()
  const words = new WeakMap<Agent, RecordWords>()
  const receivedTexts = new WeakMap<Agent, ScorableRecord>()

  const wordsOf = (agent: Agent): RecordWords => {
    const known = words.get(agent)
    if (known !== undefined && reader.isCurrent(known)) return known
    const read = reader.read(receivedTexts.get(agent) ?? scorable(agent))
    words.set(agent, read)
    return read
  }

  const identityKeys = new WeakMap<Agent, readonly string[]>()
  const keysOf: IdentityKeysOf = (agent) => {
    const known = identityKeys.get(agent)
    if (known !== undefined) return known
    const keys = identityKeysOf(agent)
    identityKeys.set(agent, keys)
    return keys
  }

  return {
    identityKeysOf: keysOf,
    impactsFor(search) {
      const relevantTerms = reader.relevantTo(parseQuery(search))
      const found = new Map<Agent, readonly TermImpact[]>()
      return (agent) => {
        const known = found.get(agent)
        if (known !== undefined) return known
        const impacts = relevantTerms(wordsOf(agent))
        found.set(agent, impacts)
        return impacts
      }
    },
    keep: (agent, received) => receivedTexts.set(agent, received),
    prepare(agent) {
      wordsOf(agent)
      keysOf(agent)
    },
  }
}

/** The searched fields of a record. */
export function scorable(agent: Agent): ScorableRecord {
  const { name, description, agentType, tags, provider, skills } = agent
  return { name, description, agentType, tags, providerOrganization: provider?.organization ?? null, skills }
}
