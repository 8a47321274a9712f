/** The records of a simulated registry, some of which change with time, as the registry sends them. */
import type { Agent } from '../../src/domain/agent.ts'
import { statisticsToWire } from '../../src/wire/search-stats.ts'
import { makeAgent, statisticsOf, wireAgent } from '../support/federation.ts'
import { createRandom } from '../support/random.ts'
import { seedOf } from './draws.ts'

/** What is searched for in simulated worlds. */
export const WORDS = ['translate', 'weather', 'code', 'invoice'] as const

export const AGENT_TYPES = ['a2a', 'mcp-server'] as const

const SHARED_ENDPOINTS = 6 // so few that several registries list one agent

export type CataloguePage = { readonly body: Uint8Array; readonly etag: string }

export type Catalogue = {
  /** How often the records have changed by then: each tells it as its `version`. */
  generationAt(elapsedMs: number): number
  /** What the registry answers to the question in this query string. */
  pageFor(query: URLSearchParams, elapsedMs: number): CataloguePage
}

export type CatalogueOptions = {
  readonly seed: number
  readonly registryUrl: string
  readonly size: number
  /** Without end for records that never change. */
  readonly changeEveryMs: number
}

export function createCatalogue({ seed, registryUrl, size, changeEveryMs }: CatalogueOptions): Catalogue {
  const known = new Map<string, CataloguePage>()
  const generationAt = (elapsedMs: number): number => Math.floor(elapsedMs / changeEveryMs)
  return {
    generationAt,
    pageFor(query, elapsedMs) {
      const generation = generationAt(elapsedMs)
      const key = `${generation} ${query}`
      const page =
        known.get(key) ?? makePage(makeRecords(seed, size, generation), { query, registryUrl, generation })
      known.set(key, page)
      return page
    },
  }
}

/** Some are there in every generation, some come and go. */
function makeRecords(seed: number, size: number, generation: number): Agent[] {
  return Array.from({ length: size }, (_, number) => {
    const random = createRandom(seedOf(seed, number, number % 2 === 0 ? 0 : generation))
    const words = Array.from({ length: 1 + random.below(3) }, () => random.pick(WORDS))
    const endpoint = `https://agents.example/${random.below(SHARED_ENDPOINTS)}`
    return makeAgent(`r${number}`, {
      name: words.join(' '),
      description: `${random.pick(WORDS)} for everybody`,
      agentType: random.pick(AGENT_TYPES),
      version: `${generation}`,
      visibility: random.pick(['public', 'public', 'federated']),
      endpoints: random.next() < 0.2 ? [{ url: endpoint, protocol: 'a2a', binding: null }] : [],
    })
  })
}

function makePage(
  records: readonly Agent[],
  {
    query,
    registryUrl,
    generation,
  }: { readonly query: URLSearchParams; readonly registryUrl: string; readonly generation: number },
): CataloguePage {
  const search = query.get('search')
  const agentType = query.get('agent_type')
  const seen = records.filter(({ visibility }) => visibility === 'public' || query.get('visibility') === null)
  const matches = seen.filter(
    (agent) =>
      (search === null || `${agent.name} ${agent.description}`.includes(search.trim())) &&
      (agentType === null || agent.agentType === agentType),
  )
  const page = {
    agents: matches.map((agent) => ({ ...wireAgent(registryUrl, agent.id, agent), did: undefined })),
    next_cursor: null,
    ...(search !== null && { search_stats: statisticsToWire(statisticsOf(seen, search)) }),
  }
  return { body: Buffer.from(JSON.stringify(page)), etag: `W/"${generation}"` }
}
