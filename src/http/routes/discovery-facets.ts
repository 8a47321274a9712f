/** `GET /discovery/facets`: how what a search would find is spread. */
import type { FacetsAnswer } from '../../federation/discover.ts'
import type { FacetCount, RegistryCount } from '../../federation/facets.ts'
import { statsToWire } from '../../wire/discovery.ts'
import { type App, waitSignal } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { FACET_PARAMETERS, questionOf } from '../discovery-query.ts'
import { STATS, WARNINGS } from '../discovery-schemas.ts'
import { checkSearch } from '../discovery-search.ts'
import type { RateLimits } from '../rate-limits.ts'
import { scopeOfRequest } from '../request-state.ts'
import { answer, answers, WIRE } from '../schemas.ts'
import type { Hurry } from '../shutdown.ts'

const RANGE = {
  at_least: WIRE.integer,
  at_most: { type: ['integer', 'null'], description: 'Null when it is not known.' },
}
const VALUES = { type: 'array', items: answer('A value.', { value: WIRE.string, ...RANGE }) }

export function registerDiscoveryFacets(
  app: App,
  deps: HttpDeps,
  { limits, hurry }: { readonly limits: Pick<RateLimits, 'spendForcedRefresh'>; readonly hurry: Hurry },
): void {
  app.get('/api/v1/discovery/facets', {
    schema: {
      operationId: 'getFacets',
      summary: 'How matching agents are spread over types, tags, providers and registries',
      description:
        'Every count is a range: at least what is at hand, at most what the registries may have beyond their best records. A registry that did not answer makes the upper ends unknown.',
      tags: ['discovery'],
      querystring: FACET_PARAMETERS,
      response: answers({
        200: answer('The counts.', {
          facets: answer('The most frequent values first, 100 at most of each.', {
            agent_type: VALUES,
            tags: VALUES,
            provider: VALUES,
            registry: {
              type: 'array',
              items: answer('A registry.', {
                ...{ peer_id: WIRE.nullableString, name: WIRE.string, registry_url: WIRE.string, ...RANGE },
              }),
            },
          }),
          federation_stats: STATS,
          warnings: WARNINGS,
        }),
      }),
    },
    async handler(request, reply) {
      const question = questionOf(request.query, deps.config.federation.queryTimeoutMs)
      await checkSearch(request, question, { deps, limits })
      const signal = waitSignal(reply, hurry)
      const answered = await deps.discovery.facets(question, scopeOfRequest(request), { signal })
      return facetsToWire(answered, deps)
    },
  })
}

function facetsToWire({ facets, stats, warnings }: FacetsAnswer, { self }: Pick<HttpDeps, 'self'>) {
  const peers = new Map(stats?.peers.map((row) => [row.peerId, row]))
  const registryToWire = ({ peerId, atLeast, atMost }: RegistryCount) => {
    const row = peerId === null ? undefined : peers.get(peerId)
    const { name, url } = row === undefined ? self : { name: row.name, url: row.registryUrl }
    return { peer_id: peerId, name, registry_url: url, at_least: atLeast, at_most: atMost }
  }
  return {
    facets: {
      agent_type: facets.agentTypes.map(countToWire),
      tags: facets.tags.map(countToWire),
      provider: facets.providers.map(countToWire),
      registry: facets.registries.map(registryToWire),
    },
    ...(stats !== null && { federation_stats: statsToWire(stats) }),
    ...(warnings.length > 0 && { warnings }),
  }
}

function countToWire({ value, atLeast, atMost }: FacetCount) {
  return { value, at_least: atLeast, at_most: atMost }
}
