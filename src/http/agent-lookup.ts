/** Finds the record a request is about, as far as its asker may see it. */
import type { FastifyRequest } from 'fastify'
import { maskText } from '../cards/shared-record.ts'
import type { AgentId, OwnAgent, Tombstone } from '../domain/agent.ts'
import type { Withheld } from '../domain/moderation.ts'
import type { AgentStore, FoundAgent } from '../domain/ports.ts'
import { isOutside, type Role, type Scope } from '../domain/principal.ts'
import { assertNever, ProblemError } from '../problem.ts'
import { ACCESS } from './access.ts'
import { type KeyPrincipal, keyHolder, scopeOfRequest } from './request-state.ts'

/**
 * By id or DID, `reference` being the address's segment decoded. A DID of `did:web` holds escapes of its own, so one
 * that was put into the address as it is arrives decoded once too often; it is looked for as it was written, too.
 */
export async function lookUpAgent(
  agents: Pick<AgentStore, 'find'>,
  reference: string,
  request: FastifyRequest,
  scope: Scope = scopeOfRequest(request),
): Promise<FoundAgent> {
  const found = asTold(await agents.find(reference, scope), scope)
  if (found.kind !== 'absent' || !reference.startsWith('did:')) return found
  const written = /\/agents\/([^/?]+)/.exec(request.raw.url ?? '')?.[1]
  return written === undefined || written === reference
    ? found
    : asTold(await agents.find(written, scope), scope)
}

/** The reason of a deletion is free text like any other. */
function asTold(found: FoundAgent, scope: Scope): FoundAgent {
  if (!isOutside(scope)) return found
  if (found.kind === 'deleted') {
    const { reason } = found.tombstone
    return { ...found, tombstone: { ...found.tombstone, reason: reason && maskText(reason) } }
  }
  const takeDown = found.kind === 'withheld' ? found.withheld.takeDown : undefined
  if (found.kind !== 'withheld' || takeDown === undefined) return found
  return {
    ...found,
    withheld: { ...found.withheld, takeDown: { ...takeDown, reason: maskText(takeDown.reason) } },
  }
}

/** The record itself. @throws ProblemError 404, 410. */
export async function getAgent(
  agents: Pick<AgentStore, 'find'>,
  reference: string,
  request: FastifyRequest,
): Promise<OwnAgent> {
  return agentOf(await lookUpAgent(agents, reference, request))
}

/** What was found, if it is a record. @throws ProblemError 404, 410. */
export function agentOf(found: FoundAgent): OwnAgent {
  switch (found.kind) {
    case 'found':
      return found.agent
    case 'deleted':
      throw agentDeleted(found.tombstone)
    case 'withheld':
      throw agentWithheld(found.withheld)
    case 'absent':
      throw agentNotFound()
    default:
      return assertNever(found)
  }
}

/** @throws ProblemError 403 when the record belongs to somebody else and the asker is no admin. */
export function refuseUnlessOwner(agent: OwnAgent, request: FastifyRequest): void {
  if (isOwnerOrAdmin(agent, keyHolder(request))) return
  throw new ProblemError(
    'forbidden',
    'The record belongs to another publisher; only its owner or a key of the role admin may change it.',
  )
}

/** Whether the asker may change the record, delete it and give it away; `refuseUnlessOwner` holds to the same. */
export function mayChange(agent: OwnAgent, { principal }: FastifyRequest): boolean {
  if (principal.kind !== 'key') return false
  const publishers: readonly Role[] = ACCESS['PUT /api/v1/agents/:reference']?.roles ?? []
  return publishers.includes(principal.role) && isOwnerOrAdmin(agent, principal)
}

function isOwnerOrAdmin(agent: OwnAgent, { role, ownerId }: KeyPrincipal): boolean {
  return role === 'admin' || ownerId === agent.ownerId
}

/** Whether the asker is outside this registry, so that cards with personal data are not shown. */
export function isOutsider(request: FastifyRequest): boolean {
  return isOutside(scopeOfRequest(request))
}

export function agentNotFound(): ProblemError {
  return new ProblemError('agent-not-found', 'No agent with this id or DID is visible to you here.')
}

export function agentDeleted({ deletedAt, reason }: Tombstone): ProblemError {
  const why = reason === null ? 'no reason was given' : `reason: ${reason}`
  return new ProblemError(
    'agent-deleted',
    `The agent was deleted at ${new Date(deletedAt).toISOString()}; ${why}.`,
  )
}

/** What is told of a record that is there and not shown, and of one that no peer's is shown of. */
export function agentWithheld({ takeDown, blockId }: Withheld): ProblemError {
  if (takeDown !== undefined) {
    const { at, reason, isLegal } = takeDown
    return new ProblemError(
      isLegal ? 'unavailable-for-legal-reasons' : 'agent-taken-down',
      `The agent was taken down at ${new Date(at).toISOString()}; reason: ${reason}`,
    )
  }
  return blockId === undefined ? agentNotFound() : agentBlocked()
}

export function agentBlocked(): ProblemError {
  return new ProblemError('agent-blocked', 'The operators of this registry do not show this agent.')
}

/** The record's `ETag`: its revision. */
export function tagOf({ revision }: Pick<OwnAgent, 'revision'>): string {
  return `"${revision}"`
}

/** Of what a peer with a policy sees: another policy makes another record of it. */
export function sharedTagOf(agent: Pick<OwnAgent, 'revision'>, { share }: Scope): string {
  return share === undefined ? tagOf(agent) : `"${agent.revision}.${share.revision}"`
}

export function pathOf(id: AgentId): string {
  return `/api/v1/agents/${id}`
}
