/** Our own records by the rules of the index and the list, cursors included. */
import type { Agent, OwnAgent, OwnerId } from '../../src/domain/agent.ts'
import type { AgentIndex, AgentStore } from '../../src/domain/ports.ts'
import { scorable } from '../../src/federation/record-facts.ts'
import { countStatistics } from '../../src/search/exact-search.ts'
import { compareRanked, createScorer, scoreTerms } from '../../src/search/score.ts'
import { parseQuery } from '../../src/search/tokenize.ts'

export function createOwnStore(agents: readonly Agent[]): {
  index: AgentIndex
  agents: Pick<AgentStore, 'list' | 'lastRevision' | 'count'>
} {
  const records = agents.map((agent) => ({
    agent: {
      ...agent,
      ownerId: 'owner' as OwnerId,
      cardSha256: null,
      explicitFields: [],
      revision: 1,
      withheld: null,
    } satisfies OwnAgent,
    did: agent.did,
    impacts: scoreTerms(scorable(agent)),
  }))
  return {
    index: {
      async search(search, _scope, { limit, after }) {
        const query = parseQuery(search)
        const statistics = after?.statistics ?? { ...countStatistics(records, query), isEstimated: false }
        const { scoreImpacts } = createScorer(query, statistics)
        const ranked = records
          .map(({ agent, did, impacts }) => ({ agent, did, score: scoreImpacts(impacts) }))
          .filter((one) => one.score > 0 && (after === null || compareRanked(after, one) < 0))
          .sort(compareRanked)
        const matches = ranked.slice(0, limit)
        return { matches, statistics, hasMore: ranked.length > limit, revision: 1 }
      },
    },
    agents: {
      async list(_filter, _scope, { after, limit }) {
        const newest = records
          .map(({ agent, did }) => ({ agent, did, score: agent.createdAt }))
          .filter(
            (one) => after === null || compareRanked({ score: after.createdAt, did: after.did }, one) < 0,
          )
          .sort(compareRanked)
        return newest.slice(0, limit).map(({ agent }) => agent)
      },
      lastRevision: async () => 1,
      count: async () => records.length,
    },
  }
}
