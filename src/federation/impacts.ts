/** What the words of received records are worth, computed once for as long as an answer is kept. */
import type { Agent } from '../domain/agent.ts'
import { type ScorableRecord, scoreTerms, type TermImpact } from '../search/score.ts'
import { createTokenizer, parseQuery, type QueryTerms } from '../search/tokenize.ts'

/** The impacts of a record's terms, as far as the search has to do with them. */
export type ImpactsOf = (agent: Agent) => readonly TermImpact[]

/** Remembers impacts by record object: a cached answer keeps its objects, and takes the memory along when it goes. */
export interface ImpactMemory {
  forSearch(search: string): ImpactsOf
  /** Notes that a record is scored by this text, which its registry counted, and not by what was cleaned of it. */
  keep(agent: Agent, search: string, received: ScorableRecord): void
}

/** A cached answer belongs to one search, so what other searches would need of its records is not kept. */
export function createImpactMemory(): ImpactMemory {
  const memory = new WeakMap<Agent, { readonly search: string; readonly impacts: readonly TermImpact[] }>()
  const tokenize = createTokenizer()

  const compute = (record: ScorableRecord, query: QueryTerms): TermImpact[] =>
    scoreTerms(record, tokenize).filter(({ stem }) => isRelevant(stem, query))

  return {
    forSearch(search) {
      const query = parseQuery(search)
      return (agent) => {
        const known = memory.get(agent)
        if (known !== undefined && known.search === search) return known.impacts
        const impacts = compute(scorable(agent), query)
        memory.set(agent, { search, impacts })
        return impacts
      }
    },
    keep(agent, search, received) {
      memory.set(agent, { search, impacts: compute(received, parseQuery(search)) })
    },
  }
}

/** The searched fields of a record. */
export function scorable(agent: Agent): ScorableRecord {
  const { name, description, agentType, tags, provider, skills } = agent
  return { name, description, agentType, tags, providerOrganization: provider?.organization ?? null, skills }
}

/** Stemming never changes the first letter, so an unfinished word has to do with stems of its first letter only. */
function isRelevant(stem: string, { terms, prefix }: QueryTerms): boolean {
  return terms.includes(stem) || (prefix !== null && stem[0] === prefix[0])
}
