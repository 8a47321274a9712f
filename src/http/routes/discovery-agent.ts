/** `GET /discovery/agents/{did}`: one agent, here or at any peer. */
import type { FastifyRequest } from 'fastify'
import { isDid } from '../../cards/did.ts'
import type { Did } from '../../domain/agent.ts'
import type { DiscoveredAgent, FederationStats } from '../../domain/discovery.ts'
import { ProblemError } from '../../problem.ts'
import { discoveredAgentToWire, statsToWire } from '../../wire/discovery.ts'
import { agentBlocked, agentDeleted, agentWithheld, lookUpAgent } from '../agent-lookup.ts'
import { type App, waitSignal } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { LOOK_UP_PARAMETERS, questionOf } from '../discovery-query.ts'
import { STATS } from '../discovery-schemas.ts'
import { checkSearch } from '../discovery-search.ts'
import { strictObject } from '../json-schema.ts'
import { SERVER_LIMITS } from '../limits.ts'
import type { RateLimits } from '../rate-limits.ts'
import { scopeOfRequest } from '../request-state.ts'
import { answers, text, widened } from '../schemas.ts'
import type { Hurry } from '../shutdown.ts'
import { invalidParameters } from '../validation.ts'

const DID_PARAMETER = strictObject({ did: text('The DID of an agent.', SERVER_LIMITS.paramChars) })
const RETRY_AFTER_SECONDS = 30

export function registerDiscoveryAgent(
  app: App,
  deps: HttpDeps,
  { limits, hurry }: { readonly limits: Pick<RateLimits, 'spendForcedRefresh'>; readonly hurry: Hurry },
): void {
  const { storage, discovery, config, self, clock } = deps

  app.get('/api/v1/discovery/agents/:did', {
    schema: {
      operationId: 'findAgentAnywhere',
      summary: 'One agent by its DID, here or at any peer',
      description:
        'A `did:web` says which registry it belongs to; that one alone is asked, if it is a peer. If it does not answer, the record is shown as it was last seen, marked `stale`. 404 says that everyone who could have it has answered; 503 that somebody has not.',
      tags: ['discovery'],
      params: DID_PARAMETER,
      querystring: LOOK_UP_PARAMETERS,
      response: answers({ 200: widened('DiscoveredAgent', 'The agent.', { federation_stats: STATS }) }),
    },
    async handler(request, reply) {
      const reference = didOf(request)
      const own = await lookUpAgent(storage.agents, reference, request)
      if (own.kind === 'deleted') throw agentDeleted(own.tombstone)
      if (own.kind === 'withheld') throw agentWithheld(own.withheld)
      if (own.kind === 'found') {
        return discoveredAgentToWire(ourOwn(own.agent, { ...self, now: clock.now() }))
      }
      if ((await deps.blocks.current()).findDid(reference) !== undefined) throw agentBlocked()
      const question = questionOf(
        { ...request.query, include_federated: true },
        config.federation.queryTimeoutMs,
      )
      if (!config.federation.enabled) throw notFound('No agent with this DID is visible to you here.')
      await checkSearch(request, question, { deps, limits })
      const signal = waitSignal(reply, hurry)
      const { agent, stats } = await discovery.find(reference, question, scopeOfRequest(request), { signal })
      if (agent === null) throw missing(stats)
      return { ...discoveredAgentToWire(agent), federation_stats: statsToWire(stats) }
    },
  })
}

/**
 * The DID, whether it was escaped for the address or put there as it is. A `did:web` with a port holds an escape of its
 * own, `%3A`, and unescaped is another DID: `%25` tells that it was escaped once more.
 */
function didOf({ raw }: FastifyRequest): Did {
  const written = /\/discovery\/agents\/([^/?]+)/.exec(raw.url ?? '')?.[1] ?? ''
  const isAsItIs = written.startsWith('did:') && !written.includes('%25')
  const did = isAsItIs ? written : decodeURIComponent(written)
  if (isDid(did)) return did
  const message = 'Takes a DID, such as did:web:registry.example:agents:0199….'
  throw invalidParameters([{ pointer: '/did', message }])
}

function ourOwn(
  agent: DiscoveredAgent['agent'],
  { url, name, now }: { readonly url: string; readonly name: string; readonly now: number },
): DiscoveredAgent {
  return {
    ...{ agent, isFederated: false, registryName: name, registryUrl: url, score: null, alsoIn: [] },
    provenance: {
      ...{ origin: url, peerId: null, fetchedAt: now, ageSeconds: 0, isStale: false },
      verification: 'unverified',
    },
  }
}

/** That nobody has it can be said only when all who were asked have answered. */
function missing({ peers }: FederationStats): ProblemError {
  const silent = peers.filter(({ outcome, reason }) => outcome !== 'answered' && reason !== 'not-selected')
  if (silent.length === 0) return notFound('No agent with this DID is visible to you, here or at any peer.')
  const names = silent.map(({ name, outcome }) => `${name} (${outcome})`).join(', ')
  const detail = `No registry that answered has an agent with this DID, but not all did: ${names}. Try again later.`
  return new ProblemError('peer-unavailable', detail, {
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  })
}

function notFound(detail: string): ProblemError {
  return new ProblemError('agent-not-found', detail)
}
