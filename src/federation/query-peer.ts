/**
 * What one search gets of one peer: a fresh answer that is kept; an older one, while the peer is asked in the
 * background; else what the peer answers now, or, if it does not, what is kept for such days.
 *
 * Identical questions at one time are one request. Never throws: a slow or broken peer is data.
 */
import type { PeerAnswer, PeerOutcome } from '../domain/discovery.ts'
import { PassingMap } from '../domain/passing-map.ts'
import type { Peer } from '../domain/peer.ts'
import type { KeptAnswer } from '../domain/ports.ts'
import { Stop } from '../domain/stop.ts'
import { type AskDeps, type AskOptions, type AskResult, askPeer, whyLeftAlone } from './ask-peer.ts'
import { CALLED_OFF, noAnswerWithin } from './call-peer.ts'
import { FALLBACK_SECONDS, type Freshness, freshnessOf } from './freshness.ts'
import type { LastSeen } from './last-seen.ts'
import { answered, blockedHere, type Cause, causeOf, failedOutcome, notSpoken } from './peer-outcome.ts'
import { longestWaitMs } from './plan.ts'
import { findProtocol } from './protocols/index.ts'
import type { PeerProtocol, PeerRequest } from './protocols/protocol.ts'
import type { Question } from './query-key.ts'
import { createRefresher } from './refresher.ts'

export type PeerQuerierDeps = AskDeps & {
  /** Records last seen of a peer, for the days when it does not answer. */
  readonly lastSeen: LastSeen
  /** Finds what a peer speaks; the built-in protocols by default. */
  readonly findProtocol?: (name: string) => PeerProtocol | undefined
}

/** What one user wants of one peer. */
export type PeerAsk = {
  /** As `normalizeRequest` gives it. */
  readonly request: PeerRequest
  /** Of `createQueryKeys` for that request. */
  readonly keyOf: (peer: Peer, protocol: PeerProtocol) => string
  /** How long this user waits. */
  readonly deadlineMs: number
  readonly maxAgeSeconds: number | null
  readonly forceRefresh: boolean
  /** The search this belongs to: all of it waits in one line. */
  readonly turn: object
  /** Whether nothing of this peer is to be shown: it is not asked then. */
  readonly isBlocked?: (peer: Peer) => boolean
  /** What to show of a peer that does not answer, where no answer of it is kept. */
  readonly fallbackOf?: (peer: Peer) => PeerAnswer | undefined
}

/** A question that is not answered yet. */
export type Asking = {
  /** Never rejects. */
  readonly outcome: Promise<PeerOutcome>
  /**
   * What to tell of the peer to those who wait no longer. The request goes on, and its answer will be kept.
   * @param waitedMs since the search began to ask its peers.
   */
  giveUp(waitedMs: number): PeerOutcome
  /** The user is gone: a request that nobody else wants is called off. */
  abandon(): void
}

/** Dispose it to call off what is under way: a request that we end says nothing of its peer. */
export interface PeerQuerier extends AsyncDisposable {
  /** The outcome where it is known at once. */
  query(peer: Peer, ask: PeerAsk): PeerOutcome | Asking
}

/** A request under way, and how many want its answer. */
type Flight = {
  readonly result: Promise<AskResult>
  /** Ends it, and nobody joins it any more: who asks while it is ending must not share its end. */
  callOff(): void
  wanted: number
  /** Whether the peer has been asked; before, it waits for its turn. */
  readonly wasAsked: () => boolean
}

/** A querier with its own memory of requests under way. */
export function createPeerQuerier(deps: PeerQuerierDeps): PeerQuerier {
  const { cache, events } = deps
  const flights = new PassingMap<string, Flight>()
  const refresher = createRefresher(deps.clock)

  const recall = (key: string): KeptAnswer | undefined => {
    try {
      return cache.get(key)
    } catch (error) {
      events.fault(error, 'reading the result cache')
      return undefined
    }
  }

  const join = (question: Question, kept: KeptAnswer | undefined, ask: PeerAsk): Flight => {
    const known = flights.get(question.key)
    if (known !== undefined) {
      known.wanted += 1
      return known
    }
    return start(question, {
      ...{ kept, turn: ask.turn },
      // As long as anybody waits for this peer: who is hasty must not end the wait of those who join.
      startWithinMs: Math.max(ask.deadlineMs, longestWaitMs(question.peer)),
      mayUseShared: !ask.forceRefresh && ask.maxAgeSeconds === null,
    })
  }

  const start = (question: Question, options: Omit<AskOptions, 'stop' | 'onAsked'>): Flight => {
    const stop = new Stop()
    let isAsked = false
    const asking = askPeer(question, { ...options, stop, onAsked: () => (isAsked = true) }, deps)
    const drop = (): void => {
      if (flights.get(question.key) === flight) flights.delete(question.key)
    }
    const flight: Flight = {
      result: asking.then((result) => {
        drop()
        return result
      }),
      callOff() {
        drop()
        stop.abort(CALLED_OFF)
      },
      wanted: 1,
      wasAsked: () => isAsked,
    }
    flights.set(question.key, flight)
    return flight
  }

  /** Nobody waits for it, so nobody's leaving calls it off. */
  const refresh = async (question: Question, mayUseShared: boolean): Promise<void> => {
    const { peer, key } = question
    const kept = recall(key)
    // While it waited for its turn, somebody may have asked who could not wait.
    if (flights.has(key) || (kept !== undefined && freshnessFor(peer, kept, deps) === 'fresh')) return
    const how = { kept, turn: refresher, startWithinMs: longestWaitMs(peer), mayUseShared }
    await start(question, how).result
  }

  const query = (peer: Peer, ask: PeerAsk): PeerOutcome | Asking => {
    const protocol = (deps.findProtocol ?? findProtocol)(peer.protocol)
    if (protocol === undefined) return notSpoken(peer)
    if (ask.isBlocked?.(peer)) return blockedHere(peer)
    const question: Question = { peer, protocol, request: ask.request, key: ask.keyOf(peer, protocol) }
    const kept = recall(question.key)
    const usable = kept === undefined ? undefined : usableFor(ask, kept, { peer, deps })
    if (usable?.freshness === 'fresh') return answered(peer, usable.answer, 'hit')
    if (usable?.freshness === 'revalidate') {
      const leftAlone = whyLeftAlone(deps.states.of(peer), deps)
      if (leftAlone === null || deps.sharedAnswers !== null) {
        const mayUseShared = ask.maxAgeSeconds === null
        refresher.want(question.key, () => refresh(question, mayUseShared))
      }
      if (leftAlone === null) return answered(peer, usable.answer, 'revalidating')
      return failedOutcome(peer, { cause: causeOf(leftAlone), shown: usable.answer, durationMs: 0 })
    }
    const waited: Waited = { question, ask, recall, deps }
    const isUnderWay = flights.has(question.key)
    return (
      (isUnderWay ? undefined : outcomeUnasked(waited)) ?? waitFor(() => join(question, kept, ask), waited)
    )
  }
  return {
    query,
    async [Symbol.asyncDispose]() {
      refresher.clear()
      const underWay = [...flights.values()]
      for (const flight of underWay) flight.callOff()
      await Promise.all(underWay.map(({ result }) => result))
    },
  }
}

/** What of the kept answer this user may be shown, and as what. */
function usableFor(
  { forceRefresh, maxAgeSeconds }: PeerAsk,
  kept: KeptAnswer,
  { peer, deps }: { readonly peer: Peer; readonly deps: PeerQuerierDeps },
): { readonly answer: PeerAnswer; readonly freshness: Freshness } | undefined {
  const { answer } = kept
  if (deps.states.of(peer).isRefusing) return undefined
  const ageMs = deps.clock.now() - answer.fetchedAt
  if (forceRefresh || (maxAgeSeconds !== null && ageMs > maxAgeSeconds * 1000)) return undefined
  const freshness = freshnessFor(peer, kept, deps)
  return freshness === 'expired' ? undefined : { answer, freshness }
}

function freshnessFor(
  { staleBefore }: Peer,
  { answer }: KeptAnswer,
  { clock, cacheTtlSeconds: ttlSeconds }: PeerQuerierDeps,
): Freshness {
  return freshnessOf(answer, { now: clock.now(), ttlSeconds, staleBefore })
}

type Waited = {
  readonly question: Question
  readonly ask: PeerAsk
  readonly recall: (key: string) => KeptAnswer | undefined
  readonly deps: PeerQuerierDeps
}

function waitFor(join: () => Flight, waited: Waited): Asking {
  const { deps, ask } = waited
  const started = deps.clock.monotonic()
  const elapsedMs = (): number => Math.round(deps.clock.monotonic() - started)
  let flight = join()
  let isAbandoned = false
  const wait = async (): Promise<PeerOutcome> => {
    let result = await flight.result
    if (!isAbandoned && isTooOld(result, waited)) {
      flight = join()
      result = await flight.result
    }
    if (result.kind !== 'answered') return outcomeWithout(result, elapsedMs(), waited)
    const { answer, source } = result
    const cache = source === 'peer' ? 'miss' : 'hit'
    return { ...answered(waited.question.peer, answer, cache), durationMs: elapsedMs() }
  }
  return {
    outcome: wait(),
    giveUp(waitedMs) {
      const cause: Cause = flight.wasAsked()
        ? { ...noAnswerWithin(Math.min(waitedMs, ask.deadlineMs)), retryAt: null }
        : causeOf({ reason: 'budget', retryAt: null })
      // For the next who asks; this one is about to be answered.
      if (!isAbandoned) deps.clock.soon(() => void deps.lastSeen.load(waited.question.peer))
      const { peer } = waited.question
      return failedOutcome(peer, { cause, shown: recallFallback(waited), durationMs: elapsedMs() })
    },
    abandon() {
      if (isAbandoned) return
      isAbandoned = true
      flight.wanted -= 1
      if (flight.wanted === 0) flight.callOff()
    },
  }
}

/** Somebody less strict asked first, and was given what another replica keeps. */
function isTooOld(result: AskResult, { ask, deps }: Waited): boolean {
  if (result.kind !== 'answered' || result.source === 'peer') return false
  const ageSeconds = (deps.clock.now() - result.answer.fetchedAt) / 1000
  return ask.forceRefresh || (ask.maxAgeSeconds !== null && ageSeconds > ask.maxAgeSeconds)
}

/** Of a peer that gave no answer. */
async function outcomeWithout(
  result: Exclude<AskResult, { kind: 'answered' }>,
  durationMs: number,
  waited: Waited,
): Promise<PeerOutcome> {
  const { question, deps } = waited
  const { peer } = question
  const kept = recallFallback(waited)
  if (kept === undefined) await deps.lastSeen.load(peer)
  const shown = kept ?? recallFallback(waited)
  if (result.kind === 'failed') {
    return failedOutcome(peer, { cause: { ...result, retryAt: null }, shown, durationMs })
  }
  return failedOutcome(peer, { cause: causeOf(result), shown, durationMs })
}

/**
 * What comes of a peer that is left alone, where it is known at once: where no other replica may have its answer, and
 * nothing of it has to be fetched.
 */
function outcomeUnasked(waited: Waited): PeerOutcome | undefined {
  const { question, deps } = waited
  const { peer } = question
  if (deps.sharedAnswers !== null) return undefined
  const leftAlone = whyLeftAlone(deps.states.of(peer), deps)
  if (leftAlone === null) return undefined
  const shown = recallFallback(waited)
  if (shown === undefined && !deps.lastSeen.isLoaded(peer)) return undefined
  return failedOutcome(peer, { cause: causeOf(leftAlone), shown, durationMs: 0 })
}

/**
 * What may be shown of a peer that does not answer: nothing to those who want nothing that old, and nothing of a peer
 * that has ceased to share with us.
 */
function recallFallback({ question, ask, recall, deps }: Waited): PeerAnswer | undefined {
  if (ask.forceRefresh || deps.states.of(question.peer).isRefusing) return undefined
  const { peer, request, key } = question
  const mayShow = ({ fetchedAt }: PeerAnswer): boolean => {
    const ageSeconds = (deps.clock.now() - fetchedAt) / 1000
    return ageSeconds <= Math.min(ask.maxAgeSeconds ?? FALLBACK_SECONDS, FALLBACK_SECONDS)
  }
  // Looked up only now: while the peer was asked, another replica's answer may have come to hand.
  const kept = recall(key)?.answer
  if (kept !== undefined && mayShow(kept)) return kept
  const seen = ask.fallbackOf?.(peer) ?? deps.lastSeen.recall(peer, request)
  return seen !== undefined && mayShow(seen) ? seen : undefined
}
