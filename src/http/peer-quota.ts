/**
 * What a peer may take in a day. Looked at before an answer is made, with what was read along with its policy, and taken
 * before it is sent: by one statement, so that replicas and requests at the same moment together give no more.
 */
import type { FastifyRequest } from 'fastify'
import { dayOf, findUsedUp, type PeerQuota, type PeerUsage, type QuotaKind } from '../domain/peer-quota.ts'
import { ProblemError } from '../problem.ts'
import type { HttpDeps } from './deps.ts'

type QuotaDeps = Pick<HttpDeps, 'storage' | 'clock' | 'events' | 'self'>

/** @throws ProblemError 429 when nothing is left for today. Anybody but peers with a quota passes. */
export function checkQuota(request: FastifyRequest, deps: QuotaDeps): void {
  const { principal } = request
  if (principal.kind !== 'peer' || principal.view.quota === null) return
  const usedUp = findUsedUp(principal.view.quota, principal.view.used)
  if (usedUp !== undefined) throw exceeded(usedUp, request, deps)
}

/** The most records that the answer may have; `undefined` for no end. */
export function recordsLeft({ principal }: FastifyRequest): number | undefined {
  if (principal.kind !== 'peer' || principal.view.quota === null) return undefined
  const { quota, used } = principal.view
  return quota.results === null ? undefined : Math.max(1, quota.results - used.results)
}

/**
 * Takes one question with its answer.
 * @param answer the body as it is sent; `null` for none.
 * @throws ProblemError 429 when that is more than is left.
 */
export async function takeQuota(
  request: FastifyRequest,
  { results, answer }: { readonly results: number; readonly answer: string | Uint8Array | null },
  deps: QuotaDeps,
): Promise<void> {
  const { principal } = request
  if (principal.kind !== 'peer' || principal.view.quota === null) return
  const amount: PeerUsage = { queries: 1, results, bytes: answer === null ? 0 : Buffer.byteLength(answer) }
  const day = dayOf(deps.clock.now()).start
  const { quota } = principal.view
  const tooMuch = await deps.storage.peerUsages.spend(principal.peerId, { day, amount, quota })
  if (tooMuch !== null) throw exceeded(tooMuch, request, deps)
}

const NAMES: Readonly<Record<QuotaKind, string>> = {
  queries: 'questions',
  results: 'records',
  bytes: 'bytes of answers',
}

function exceeded(
  kind: QuotaKind,
  { principal, id }: FastifyRequest,
  { clock, events, self }: QuotaDeps,
): ProblemError {
  if (principal.kind !== 'peer') throw new Error('only peers have quotas')
  events.quotaExceeded(principal, kind, id)
  const { end } = dayOf(clock.now())
  const most = mostOf(kind, principal.view.quota)
  const detail = `${self.name} gives your registry ${most} ${NAMES[kind]} a day, and this is more than is left of them: ask again after ${new Date(end).toISOString()}, or ask its operator for more.`
  const seconds = Math.max(1, Math.ceil((end - clock.now()) / 1000))
  return new ProblemError('quota-exceeded', detail, {
    headers: { 'retry-after': String(seconds) },
    members: { quota: kind },
  })
}

function mostOf(kind: QuotaKind, quota: PeerQuota | null): string {
  return (quota?.[kind] ?? 0).toLocaleString('en')
}
