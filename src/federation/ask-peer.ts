/**
 * One request to one peer, shared by all who want its answer: cache of all replicas → breaker → allowance → slot →
 * ask, at most twice → read → keep. Whatever happens becomes a result; the peer's state learns from it.
 *
 * A request runs for its whole time, however long those who wait for it do: a hasty user neither spoils the answer for
 * the others nor makes the peer look slow, and a late answer still fills the cache.
 */
import type { FailureReason, PeerAnswer } from '../domain/discovery.ts'
import type { Peer, PeerCredentials, PeerId } from '../domain/peer.ts'
import type { Clock, KeptAnswer, ResultCache } from '../domain/ports.ts'
import type { Stop } from '../domain/stop.ts'
import type { Outbound } from '../security/outbound.ts'
import { type Call, type CallResult, callPeer } from './call-peer.ts'
import type { FederationEvents } from './federation-events.ts'
import { FALLBACK_SECONDS, freshnessOf } from './freshness.ts'
import type { OutboundRate } from './outbound-rate.ts'
import { describeOwnFault } from './own-fault.ts'
import type { PeerState, PeerStates } from './peer-states.ts'
import type { Question } from './query-key.ts'
import type { ReadingQueue } from './reading-queue.ts'
import type { RecordFacts } from './record-facts.ts'
import type { RecordMemory } from './record-memory.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { SharedAnswers } from './shared-answers.ts'
import type { Release, Slots } from './slots.ts'

export type AskDeps = {
  readonly cache: ResultCache
  readonly sharedAnswers: SharedAnswers | null
  readonly outbound: Pick<Outbound, 'request'>
  readonly getCredentials: (id: PeerId) => Promise<PeerCredentials>
  readonly clock: Clock
  readonly states: PeerStates
  readonly slots: Slots
  readonly retries: RetryBudget
  readonly rate: OutboundRate
  readonly reading: ReadingQueue
  readonly facts: RecordFacts
  readonly records: RecordMemory
  readonly events: FederationEvents
  readonly publicUrl: string
  readonly cacheTtlSeconds: number
  readonly queryTimeoutMs: number
  /** Told of every answer that came from a peer. Must not throw. */
  readonly onAnswer: (peer: Peer, answer: PeerAnswer) => void
}

export type AskOptions = {
  /** What is kept of an earlier answer, if anything. */
  readonly kept: KeptAnswer | undefined
  /** False for those who want nothing from a cache. */
  readonly mayUseShared: boolean
  /** Whose turn it takes when all slots are taken; see `Slots`. */
  readonly turn: object
  /** How long it may wait for a slot. */
  readonly startWithinMs: number
  /** Aborted with `CALLED_OFF` when nobody wants the answer any more, and by the request itself when its time is over. */
  readonly stop: Stop
  /** Told when the peer is asked. */
  readonly onAsked: () => void
}

export type AskResult =
  | { readonly kind: 'answered'; readonly answer: PeerAnswer; readonly source: 'peer' | 'shared-cache' }
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly error: string }
  | NotAsked

export type NotAsked = {
  readonly kind: 'not-asked'
  readonly reason: 'breaker-open' | 'budget'
  /** Unix ms; null when it is not known. */
  readonly retryAt: number | null
}

/** A peer that says "later" without saying when. */
const UNKNOWN_PAUSE_MS = 30_000
/** Longer ones are asked again all the same: a wrong header must not switch a peer off for days. */
const LONGEST_PAUSE_MS = 3_600_000

/** Never rejects. */
export function askPeer(question: Question, options: AskOptions, deps: AskDeps): Promise<AskResult> {
  const isShared = deps.sharedAnswers !== null && options.mayUseShared
  const asking = isShared ? askShared(question, options, deps) : askLive(question, options, deps)
  return asking.catch((error: unknown) => {
    deps.events.fault(error, 'asking a peer')
    return { kind: 'failed', ...describeOwnFault(error) }
  })
}

async function askShared(question: Question, options: AskOptions, deps: AskDeps): Promise<AskResult> {
  const { cacheTtlSeconds: ttlSeconds, clock, states } = deps
  const isRefusing = states.of(question.peer).isRefusing
  const shared = isRefusing ? undefined : await recallShared(question, options, deps)
  if (shared === undefined) return askLive(question, options, deps)
  const rule = { now: clock.now(), ttlSeconds, staleBefore: question.peer.staleBefore }
  if (freshnessOf(shared.answer, rule) === 'fresh') {
    return { kind: 'answered', answer: shared.answer, source: 'shared-cache' }
  }
  return askLive(question, { ...options, kept: shared }, deps)
}

/** An answer another replica has fetched that is newer than what is kept here. From now on it is kept here, too. */
async function recallShared(
  question: Question,
  { kept }: AskOptions,
  { sharedAnswers, cache, clock }: AskDeps,
): Promise<KeptAnswer | undefined> {
  const found = await sharedAnswers?.find(question)
  if (found === undefined || found.answer.fetchedAt <= (kept?.answer.fetchedAt ?? 0)) return undefined
  const leftSeconds = FALLBACK_SECONDS - (clock.now() - found.answer.fetchedAt) / 1000
  if (leftSeconds <= 0) return undefined
  cache.put(question.key, found, leftSeconds)
  return found
}

async function askLive(question: Question, options: AskOptions, deps: AskDeps): Promise<AskResult> {
  if (options.stop.aborted) return NOBODY_WAITS
  const state = deps.states.of(question.peer)
  const refused = admit(question, state, deps)
  if (refused !== null) return refused
  const release = await takeSlot(question.peer, options, deps)
  if (release === null) {
    state.breaker.forget()
    return { kind: 'not-asked', reason: 'budget', retryAt: null }
  }
  options.onAsked()
  try {
    const { kept, stop } = options
    return conclude(question, await callPeer(question, { kept, stop, state }, deps), { state, deps })
  } finally {
    release()
  }
}

/** Why the peer may not be asked now; null where it may. */
function admit({ peer, request }: Question, state: PeerState, deps: AskDeps): NotAsked | null {
  const now = deps.clock.monotonic()
  const leftAlone = whyLeftAlone(state, deps)
  if (leftAlone !== null) return leftAlone
  if (!state.breaker.admit(now)) return notAsked('breaker-open', state.breaker.retryAt ?? now, deps)
  const spent = deps.rate.spend(peer, request.visibility)
  if (spent.ok) return null
  state.breaker.forget()
  return notAsked('budget', now + spent.waitMs, deps)
}

/** Why nobody asks the peer at present, whatever is asked; null where somebody may. Asking this changes nothing. */
export function whyLeftAlone(
  { pausedUntil, breaker }: PeerState,
  deps: Pick<AskDeps, 'clock'>,
): NotAsked | null {
  const now = deps.clock.monotonic()
  if (now < pausedUntil) return notAsked('budget', pausedUntil, deps)
  const { retryAt } = breaker
  return retryAt !== null && now < retryAt ? notAsked('breaker-open', retryAt, deps) : null
}

/** @param until ms of the clock that never jumps. */
function notAsked(reason: NotAsked['reason'], until: number, { clock }: Pick<AskDeps, 'clock'>): NotAsked {
  const waitMs = Math.max(0, until - clock.monotonic())
  return { kind: 'not-asked', reason, retryAt: Math.round(clock.now() + waitMs) }
}

/** Null when none became free in time, or nobody wants it any more. */
async function takeSlot(
  { id }: Peer,
  { turn, startWithinMs, stop }: AskOptions,
  { slots, clock }: AskDeps,
): Promise<Release | null> {
  const taken = slots.take(id, turn)
  if (typeof taken === 'function') return taken
  const { promise: given, resolve } = Promise.withResolvers<null>()
  const giveUp = (): void => resolve(null)
  const callOff = clock.after(startWithinMs, giveUp)
  stop.addEventListener('abort', giveUp)
  if (stop.aborted) giveUp()
  const release = await Promise.race([taken.slot, given])
  callOff()
  stop.removeEventListener('abort', giveUp)
  if (release !== null) return release
  taken.cancel()
  void taken.slot.then((late) => late()) // granted in this very moment: it goes back
  return null
}

/** Keeps what came, and what it tells of the peer. */
function conclude(
  question: Question,
  { result, durationMs, bodyBytes, traceId, wasCalledOff }: Call,
  { state, deps }: { readonly state: PeerState; readonly deps: AskDeps },
): AskResult {
  const { clock, events } = deps
  const { peer } = question
  const asked = { request: question.request, durationMs, bodyBytes, traceId }
  if (wasCalledOff) {
    events.peerCalledOff(peer, asked)
    return NOBODY_WAITS
  }
  events.peerAsked(peer, result, asked)
  if (result.kind !== 'failed' || result.reason === 'refused') state.isRefusing = result.kind === 'failed'
  if (result.kind === 'failed') {
    if (result.reason === 'rate-limited' || result.retryAfterMs !== undefined) {
      const pauseMs = Math.min(result.retryAfterMs ?? UNKNOWN_PAUSE_MS, LONGEST_PAUSE_MS)
      state.pausedUntil = clock.monotonic() + pauseMs
    }
    return result
  }
  state.latency.record(durationMs, clock.monotonic())
  const answer =
    result.kind === 'unchanged' ? { ...result.kept.answer, fetchedAt: clock.now() } : result.answer
  keep(question, answer, { result, deps })
  deps.onAnswer(peer, answer)
  return { kind: 'answered', answer, source: 'peer' }
}

type Fetched = Exclude<CallResult, { kind: 'failed' }>

/** A failing cache is a miss. */
function keep(
  question: Question,
  answer: PeerAnswer,
  { result, deps }: { readonly result: Fetched; readonly deps: AskDeps },
): void {
  const { etag } = result.kind === 'unchanged' ? result.kept : result
  const bodyBytes = result.kind === 'unchanged' ? result.kept.bodyBytes : result.body.length
  try {
    deps.cache.put(question.key, { answer, etag, bodyBytes }, FALLBACK_SECONDS)
  } catch (error) {
    deps.events.fault(error, 'writing the result cache')
  }
  if (result.kind === 'answered') {
    deps.sharedAnswers?.put(question, { body: result.body, etag, fetchedAt: answer.fetchedAt })
  }
}

const NOBODY_WAITS: AskResult = {
  kind: 'failed',
  reason: 'timeout',
  error: 'nobody waited for the answer',
}
