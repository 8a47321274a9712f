/** `GET /discovery/agents`: what users ask. Here and, if they wish, in every registry this one trusts. */

import type { FastifyRequest } from 'fastify'
import type { DiscoveryAnswer, DiscoveryQuery } from '../../domain/discovery.ts'
import { unknownPeers } from '../../federation/plan.ts'
import { ProblemError } from '../../problem.ts'
import { discoveryToWire, type WireDiscoveryAnswer } from '../../wire/discovery.ts'
import { findPage } from '../agent-pages.ts'
import { type App, waitSignal } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { boolean, optional, type Static, strictObject, string } from '../json-schema.ts'
import type { RateLimits } from '../rate-limits.ts'
import { CHALLENGE, scopeOfRequest } from '../request-state.ts'
import { answer, answers, count, list, listOf, text, WIRE } from '../schemas.ts'
import { filterOf, SEARCH_PARAMETERS, searchOf } from '../search-parameters.ts'
import { invalidParameters } from '../validation.ts'

const QUERY = strictObject({
  ...SEARCH_PARAMETERS,
  include_federated: optional(boolean({ description: 'Ask the peers, too.' })),
  include_local: optional(boolean({ description: 'False leaves our own records out.' })),
  peers: optional(
    list('Only these peers, by id or name; repeat the parameter.', string({ maxLength: 200 }), 100),
  ),
  limit: optional(count('Most results; 20 if not given.', { minimum: 1, maximum: 100 })),
  cursor: optional(text('`next_cursor` of the page before.', 4_096)),
  timeout: optional(count('How long to wait for peers, in ms.', { minimum: 0 })),
  max_age: optional(count('Nothing from a cache older than this, in seconds.', { minimum: 0 })),
  force_refresh: optional(boolean({ description: 'Pass the caches; needs a key.' })),
})
const DEFAULT_LIMIT = 20
const SHORTEST_TIMEOUT_MS = 50

type Query = Static<typeof QUERY>

export function registerDiscovery(
  app: App,
  deps: HttpDeps,
  { limits, hurry }: { readonly limits: Pick<RateLimits, 'spendForcedRefresh'>; readonly hurry: AbortSignal },
): void {
  app.get('/api/v1/discovery/agents', {
    schema: {
      operationId: 'discoverAgents',
      summary: 'Search agents, here and across the federation',
      description:
        'One ranked answer. `federation_stats` accounts for every active peer: what it gave, or why it gave nothing.',
      tags: ['discovery'],
      querystring: QUERY,
      response: answers({
        200: answer('The results.', {
          agents: listOf('DiscoveredAgent'),
          federation_stats: answer('With `include_federated` only.', {
            queried_registries: WIRE.integer,
            successful_queries: WIRE.integer,
            failed_queries: WIRE.integer,
            skipped_registries: WIRE.integer,
            total_federated_results: WIRE.integer,
            cache_hits: WIRE.integer,
            complete: WIRE.boolean,
            duration_ms: WIRE.integer,
            peers: { type: 'array', items: { type: 'object' } },
          }),
          next_cursor: WIRE.nullableString,
          warnings: WIRE.strings,
        }),
      }),
    },
    async handler(request, reply): Promise<WireDiscoveryAnswer> {
      const { query } = request
      if (!query.include_federated) return discoveryToWire(await searchHere(request, query, deps))
      await checkFederated(request, { query, deps, limits })
      const { queryTimeoutMs } = deps.config.federation
      const answered = await deps.discovery.discover(
        federatedQuery(query, queryTimeoutMs),
        scopeOfRequest(request),
        { signal: waitSignal(reply, hurry) },
      )
      return discoveryToWire(answered)
    },
  })
}

/** Our own records alone, page by page. */
async function searchHere(request: FastifyRequest, query: Query, deps: HttpDeps): Promise<DiscoveryAnswer> {
  if (query.include_local === false) return { agents: [], stats: null, nextCursor: null, warnings: [] }
  const page = await findPage(
    {
      search: searchOf(query),
      filter: filterOf(query),
      scope: scopeOfRequest(request),
      limit: query.limit ?? DEFAULT_LIMIT,
      cursor: query.cursor ?? null,
    },
    deps,
  )
  const { url, name } = deps.self
  const fetchedAt = deps.clock.now()
  const provenance = {
    origin: url,
    peerId: null,
    fetchedAt,
    ageSeconds: 0,
    isStale: false,
    verification: 'unverified',
  } as const
  const agents = page.entries.map(({ agent, score }) => ({
    ...{ agent, score, provenance, isFederated: false, registryName: name, registryUrl: url, alsoIn: [] },
  }))
  return { agents, stats: null, nextCursor: page.cursorAfter(agents.length), warnings: [] }
}

/** @throws ProblemError for who may not ask the federation, and for what cannot be asked of it. */
async function checkFederated(
  request: FastifyRequest,
  { query, deps, limits }: { query: Query; deps: HttpDeps; limits: Pick<RateLimits, 'spendForcedRefresh'> },
): Promise<void> {
  const { principal } = request
  if (request.headers['x-federation-registry'] !== undefined) {
    const detail =
      'A registry that asks for itself is answered from our own records alone: use GET /api/v1/agents.'
    throw new ProblemError('forbidden', detail)
  }
  if (principal.kind === 'anonymous') refuseAnonymous(query, deps)
  const { enabled } = deps.config.federation
  if (query.peers !== undefined && enabled) await refuseUnknownPeers(query.peers, deps)
  if (query.force_refresh && principal.kind === 'key') {
    const { refusal } = await limits.spendForcedRefresh(principal.keyId)
    if (refusal === null) return
    deps.events.rateLimited(refusal.policy, request.id)
    throw refusal.problem
  }
}

function refuseAnonymous({ force_refresh: isForced }: Query, { config }: HttpDeps): void {
  if (config.anonymousFederated && !isForced) return
  const what = isForced
    ? 'Passing the caches (force_refresh)'
    : 'Searching the federation (include_federated)'
  throw new ProblemError('unauthenticated', `${what} needs an API key of this registry.`, {
    headers: CHALLENGE,
  })
}

async function refuseUnknownPeers(peers: readonly string[], { storage }: HttpDeps): Promise<void> {
  const unknown = unknownPeers({ peers }, await storage.peers.list())
  if (unknown.length === 0) return
  const names = unknown.map((name) => JSON.stringify(name)).join(', ')
  throw invalidParameters([{ pointer: '?peers', message: `No active peer has this id or name: ${names}.` }])
}

function federatedQuery(query: Query, queryTimeoutMs: number): DiscoveryQuery {
  return {
    search: searchOf(query),
    filter: filterOf(query),
    includeLocal: query.include_local ?? true,
    includeFederated: true,
    peers: query.peers ?? [],
    limit: query.limit ?? DEFAULT_LIMIT,
    timeoutMs: Math.min(Math.max(query.timeout ?? queryTimeoutMs, SHORTEST_TIMEOUT_MS), queryTimeoutMs),
    maxAgeSeconds: query.max_age ?? null,
    forceRefresh: query.force_refresh ?? false,
    cursor: query.cursor ?? null,
  }
}
