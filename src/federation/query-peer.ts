/**
 * One question to one peer: cache → join an identical question under way → spend of its allowance → ask → check →
 * remember → outcome.
 *
 * A question runs for the peer's whole time budget, whoever waits: a hasty user neither spoils the answer for the
 * others nor makes the peer look slow, and a late answer still fills the cache.
 */
import type { FailureReason, PeerAnswer, PeerOutcome } from '../domain/discovery.ts'
import type { Peer, PeerCredentials, PeerId } from '../domain/peer.ts'
import type { Clock, ResultCache } from '../domain/ports.ts'
import type { Outbound } from '../security/outbound.ts'
import type { FederationEvents } from './federation-events.ts'
import type { OutboundRate } from './outbound-rate.ts'
import { peerBudgetMs } from './plan.ts'
import { findProtocol } from './protocols/index.ts'
import type { PeerProtocol, PeerRequest, ProtocolResult } from './protocols/protocol.ts'
import { queryKey } from './query-key.ts'
import type { RecordFacts } from './record-facts.ts'
import type { RecordMemory } from './record-memory.ts'
import { LATE, waitAtMost } from './wait-at-most.ts'

export type PeerQuerierDeps = {
  readonly cache: ResultCache
  readonly outbound: Pick<Outbound, 'request'>
  readonly getCredentials: (id: PeerId) => Promise<PeerCredentials>
  readonly clock: Clock
  readonly facts: RecordFacts
  readonly records: RecordMemory
  readonly events: FederationEvents
  readonly publicUrl: string
  readonly cacheTtlSeconds: number
  readonly queryTimeoutMs: number
  readonly rate: OutboundRate
  /** Finds what a peer speaks; the built-in protocols by default. */
  readonly findProtocol?: (name: string) => PeerProtocol | undefined
}

/** What one user wants of one peer. */
export type PeerAsk = {
  /** As `normalizeRequest` gives it. */
  readonly request: PeerRequest
  /** How long this user waits. */
  readonly deadlineMs: number
  readonly maxAgeSeconds: number | null
  readonly forceRefresh: boolean
  /** Fires when the user is gone. */
  readonly signal: AbortSignal
}

export interface PeerQuerier {
  /** Never rejects, and settles at the deadline at the latest. */
  query(peer: Peer, ask: PeerAsk): Promise<PeerOutcome>
}

type AskResult =
  | { readonly kind: 'answered'; readonly answer: PeerAnswer }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly error: string }

/** A querier with its own memory of questions under way. */
export function createPeerQuerier(deps: PeerQuerierDeps): PeerQuerier {
  const { cache, clock, events, rate } = deps
  const underWay = new Map<string, Promise<AskResult>>()

  const recall = (key: string, { maxAgeSeconds, forceRefresh }: PeerAsk): PeerAnswer | undefined => {
    if (forceRefresh) return undefined
    const answer = guard(() => cache.get(key), 'reading the result cache', events)
    if (answer === undefined || maxAgeSeconds === null) return answer
    return clock.now() - answer.fetchedAt <= maxAgeSeconds * 1000 ? answer : undefined
  }

  const join = (key: string, start: () => Promise<AskResult>): Promise<AskResult> => {
    const known = underWay.get(key)
    if (known !== undefined) return known
    const asking = start().finally(() => underWay.delete(key))
    underWay.set(key, asking)
    return asking
  }

  const query = async (peer: Peer, ask: PeerAsk): Promise<PeerOutcome> => {
    const started = clock.monotonic()
    const tell = (result: AskResult, source: 'hit' | 'miss'): PeerOutcome => {
      const told = { peerId: peer.id, durationMs: Math.round(clock.monotonic() - started) }
      return result.kind === 'answered' ? { ...result, ...told, cache: source } : { ...result, ...told }
    }
    try {
      const protocol = (deps.findProtocol ?? findProtocol)(peer.protocol)
      if (protocol === undefined) return tell(notSpoken(peer.protocol), 'miss')
      const key = queryKey(peer, protocol, ask.request)
      const cached = recall(key, ask)
      if (cached !== undefined) return tell({ kind: 'answered', answer: cached }, 'hit')
      const spent = underWay.has(key) ? null : rate.spend(peer, ask.request.visibility)
      if (spent?.ok === false) return overBudget(peer, clock.now() + spent.waitMs)
      const asking = join(key, () => askAndRemember(peer, { protocol, key, request: ask.request }, deps))
      const result = await waitAtMost(asking, ask.deadlineMs, ask.signal)
      return tell(result === LATE ? noAnswerWithin(ask.deadlineMs) : result, 'miss')
    } catch (error) {
      events.fault(error, 'asking a peer')
      return tell(OWN_FAULT, 'miss')
    }
  }
  return { query }
}

type Question = { readonly protocol: PeerProtocol; readonly key: string; readonly request: PeerRequest }

/** Never rejects. */
async function askAndRemember(peer: Peer, question: Question, deps: PeerQuerierDeps): Promise<AskResult> {
  const { clock, events } = deps
  const started = clock.monotonic()
  try {
    const result = await askLive(peer, question, deps)
    events.peerAsked(peer, result, Math.round(clock.monotonic() - started))
    if (result.kind === 'failed') return result
    const answer = toAnswer(result, deps)
    const ttlSeconds = ttlOf(answer, deps.cacheTtlSeconds)
    if (ttlSeconds > 0) {
      guard(() => deps.cache.put(question.key, answer, ttlSeconds), 'writing the result cache', events)
    }
    return { kind: 'answered', answer }
  } catch (error) {
    events.fault(error, 'asking a peer')
    return OWN_FAULT
  }
}

async function askLive(
  peer: Peer,
  { protocol, request }: Question,
  { getCredentials, outbound, clock, publicUrl, queryTimeoutMs, records }: PeerQuerierDeps,
): Promise<ProtocolResult> {
  const deadlineMs = peerBudgetMs(peer, queryTimeoutMs)
  const gaveUp = new AbortController()
  const asking = async (): Promise<ProtocolResult> => {
    const credentials = await getCredentials(peer.id)
    const signal = gaveUp.signal
    const context = { outbound, credentials, clock, publicUrl, deadlineMs, signal, knownEtag: null }
    const received = await protocol.search(peer, request, context)
    if (received.kind === 'failed') return received
    if (received.kind === 'not-modified') throw new Error('a page nobody has cannot be unchanged')
    return protocol.read(received.body, peer, { request, records })
  }
  // Waiting beside the signal holds the deadline even where the signal is not heard.
  const result = await waitAtMost(asking(), deadlineMs, null)
  gaveUp.abort()
  return result === LATE ? noAnswerWithin(deadlineMs) : result
}

type Answered = Extract<ProtocolResult, { kind: 'answered' }>

function toAnswer(result: Answered, { facts, clock }: PeerQuerierDeps): PeerAnswer {
  const { records, statistics, hasMore, nextCursor, droppedRecords } = result
  for (const { agent, received } of records) {
    if (received !== null) facts.keep(agent, received)
    facts.prepare(agent)
  }
  const agents = records.map(({ agent }) => agent)
  return { agents, statistics, hasMore, nextCursor, droppedRecords, fetchedAt: clock.now() }
}

const EMPTY_TTL_SECONDS = 30 // what a peer lacks now, it may have been given a minute later

function ttlOf(answer: PeerAnswer, cacheTtlSeconds: number): number {
  const isEmpty = answer.agents.length === 0 && !answer.hasMore
  return isEmpty ? Math.min(EMPTY_TTL_SECONDS, cacheTtlSeconds) : cacheTtlSeconds
}

/** A failing cache is a miss. */
function guard<T>(use: () => T, during: string, events: FederationEvents): T | undefined {
  try {
    return use()
  } catch (error) {
    events.fault(error, during)
    return undefined
  }
}

function overBudget({ id }: Peer, retryAt: number): PeerOutcome {
  return { kind: 'skipped', peerId: id, reason: 'budget', retryAt }
}

function noAnswerWithin(deadlineMs: number): Extract<AskResult, { kind: 'failed' }> {
  return { kind: 'failed', reason: 'timeout', error: `no answer within ${Math.round(deadlineMs)} ms` }
}

function notSpoken(protocol: string): AskResult {
  return {
    kind: 'failed',
    reason: 'blocked',
    error: `This registry does not speak the protocol "${protocol}".`,
  }
}

const OWN_FAULT: AskResult = {
  kind: 'failed',
  reason: 'bad-response',
  error: 'The peer could not be asked, or its answer not be read, because of a fault on our side.',
}
