/** Searching as users ask it: who may, and how it is run, here or in the whole federation. */
import type { FastifyRequest } from 'fastify'
import type { DiscoveryAnswer } from '../domain/discovery.ts'
import type { Scope } from '../domain/principal.ts'
import type { DiscoveryOptions } from '../federation/discover.ts'
import { unknownPeers } from '../federation/plan.ts'
import { ProblemError } from '../problem.ts'
import { findPage } from './agent-pages.ts'
import type { HttpDeps } from './deps.ts'
import type { DiscoveryQuestion } from './discovery-query.ts'
import type { RateLimits } from './rate-limits.ts'
import { CHALLENGE } from './request-state.ts'
import { refuseKeys } from './search-parameters.ts'
import { invalidParameters } from './validation.ts'

export type SearchDeps = Pick<
  HttpDeps,
  'config' | 'storage' | 'cursors' | 'self' | 'clock' | 'discovery' | 'events'
>

/** @throws ProblemError for who may not ask this, and for what cannot, or must not, be asked of the federation. */
export async function checkSearch(
  request: FastifyRequest,
  question: DiscoveryQuestion,
  { deps, limits }: { readonly deps: SearchDeps; readonly limits: Pick<RateLimits, 'spendForcedRefresh'> },
): Promise<void> {
  const { principal } = request
  const { includeFederated, peers } = question
  refuseKeys(question)
  if (includeFederated && request.headers['x-federation-registry'] !== undefined) {
    const detail =
      'A registry that asks for itself is answered from our own records alone: use GET /api/v1/agents.'
    throw new ProblemError('forbidden', detail)
  }
  if (principal.kind === 'anonymous') refuseAnonymous(question, deps)
  if (includeFederated && peers.length > 0 && deps.config.federation.enabled) {
    await refuseUnknownPeers(peers, deps)
  }
  if (passesCaches(question) && principal.kind === 'key') {
    const { refusal } = await limits.spendForcedRefresh(principal.keyId)
    if (refusal === null) return
    deps.events.rateLimited(refusal.policy, request.id)
    throw refusal.problem
  }
}

/** @throws for faults of this registry's own storage, and for a cursor that is not of this search. */
export function runSearch(
  question: DiscoveryQuestion,
  scope: Scope,
  { deps, ...options }: DiscoveryOptions & { readonly deps: SearchDeps },
): Promise<DiscoveryAnswer> {
  return question.includeFederated
    ? deps.discovery.discover(question, scope, options)
    : searchHere(question, scope, deps)
}

/** Our own records alone, page by page. */
async function searchHere(
  { includeLocal, search, filter, limit, cursor }: DiscoveryQuestion,
  scope: Scope,
  deps: SearchDeps,
): Promise<DiscoveryAnswer> {
  if (!includeLocal) return { agents: [], stats: null, nextCursor: null, warnings: [] }
  const page = await findPage({ search, filter, scope, limit, cursor }, deps)
  const { url, name } = deps.self
  const provenance = {
    origin: url,
    peerId: null,
    fetchedAt: deps.clock.now(),
    ageSeconds: 0,
    isStale: false,
    verification: 'unverified',
  } as const
  const agents = page.entries.map(({ agent, score }) => ({
    ...{ agent, score, provenance, isFederated: false, registryName: name, registryUrl: url, alsoIn: [] },
  }))
  return { agents, stats: null, nextCursor: page.cursorAfter(agents.length), warnings: [] }
}

const SHORTEST_FREE_MAX_AGE_SECONDS = 10

/**
 * Whether others pay for this answer: peers that are asked again, and in a search of our own records those who would
 * have been given what is ready. One that may hardly be older than the question costs the peers as much.
 */
function passesCaches({ includeFederated, forceRefresh, maxAgeSeconds }: DiscoveryQuestion): boolean {
  const isHardlyOld = maxAgeSeconds !== null && maxAgeSeconds < SHORTEST_FREE_MAX_AGE_SECONDS
  return forceRefresh || (includeFederated && isHardlyOld)
}

function refuseAnonymous(question: DiscoveryQuestion, { config }: SearchDeps): void {
  const isFree = config.anonymousFederated || !question.includeFederated
  if (isFree && !passesCaches(question)) return
  const what = passesCaches(question)
    ? `Passing the caches (force_refresh, or a max_age below ${SHORTEST_FREE_MAX_AGE_SECONDS})`
    : 'Searching the federation (include_federated)'
  throw new ProblemError('unauthenticated', `${what} needs an API key of this registry.`, {
    headers: CHALLENGE,
  })
}

async function refuseUnknownPeers(peers: readonly string[], { storage }: SearchDeps): Promise<void> {
  const unknown = unknownPeers({ peers }, await storage.peers.list())
  if (unknown.length === 0) return
  const names = unknown.map((name) => JSON.stringify(name)).join(', ')
  throw invalidParameters([{ pointer: '?peers', message: `No active peer has this id or name: ${names}.` }])
}
