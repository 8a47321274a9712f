/** The call itself: over the network, at most twice, within its time; and what the breaker makes of it. */
import type { PeerAnswer } from '../domain/discovery.ts'
import type { PeerCredentials } from '../domain/peer.ts'
import type { KeptAnswer } from '../domain/ports.ts'
import type { StopSignal } from '../domain/stop.ts'
import { mintTraceId, type TraceId } from '../domain/trace-context.ts'
import type { AskDeps, AskOptions } from './ask-peer.ts'
import { answerOf } from './peer-answer.ts'
import type { PeerState } from './peer-states.ts'
import { longestWaitMs } from './plan.ts'
import type { ProtocolFailure, Received } from './protocols/protocol.ts'
import type { Question } from './query-key.ts'

export type CallResult =
  | {
      readonly kind: 'answered'
      readonly answer: PeerAnswer
      readonly body: Uint8Array
      readonly etag: string | null
    }
  /** What was kept still holds. */
  | { readonly kind: 'unchanged'; readonly kept: KeptAnswer }
  | ProtocolFailure

export type Call = {
  readonly result: CallResult
  readonly durationMs: number
  /** Of all that came in answer, whatever it was good for. */
  readonly bodyBytes: number
  readonly traceId: TraceId
  /** Nobody wanted the answer any more. */
  readonly wasCalledOff: boolean
}

/** Why a request is ended: nobody wants its answer any more, or it took too long. */
export const CALLED_OFF = 'called off'
const TIME_IS_OVER = 'its time is over'

type CallDeps = Pick<
  AskDeps,
  | 'outbound'
  | 'getCredentials'
  | 'clock'
  | 'retries'
  | 'reading'
  | 'facts'
  | 'records'
  | 'publicUrl'
  | 'queryTimeoutMs'
>

type CallOptions = Pick<AskOptions, 'kept' | 'stop'> & { readonly state: PeerState }

/**
 * Ends when its time does, also where neither credentials nor network hear its signal. The breaker is told once: when
 * the call ends, or when it takes longer than any search waits, though it goes on.
 *
 * @throws for faults of our own, such as a secret that does not open.
 */
export async function callPeer(
  question: Question,
  { kept, stop, state }: CallOptions,
  deps: CallDeps,
): Promise<Call> {
  const { clock } = deps
  const started = clock.monotonic()
  const traceId = mintTraceId()
  const budgetMs = question.peer.timeoutMs ?? deps.queryTimeoutMs
  const judge = judgeOnce(state, deps)
  let bodyBytes = 0
  const onBodyBytes = (bytes: number): void => {
    bodyBytes += bytes
  }
  const outbound: CallDeps['outbound'] = {
    request: (request) => deps.outbound.request({ ...request, onBodyBytes }),
  }
  const { promise: ended, resolve, reject } = Promise.withResolvers<CallResult>()
  const end = (): void => resolve(noAnswerWithin(budgetMs))
  // One timer at a time: when the peer begins to count as failing, then the end.
  const patienceMs = Math.min(longestWaitMs(question.peer), budgetMs)
  let callOff = clock.after(patienceMs, () => {
    judge('failed')
    callOff = clock.after(budgetMs - patienceMs, () => stop.abort(TIME_IS_OVER))
  })
  stop.addEventListener('abort', end)
  if (stop.aborted) end()
  try {
    const attempt = { deps, outbound, end: started + budgetMs, traceId, signal: stop }
    ask(question, kept, attempt).then(resolve, reject)
    const result = await ended
    const wasCalledOff = stop.reason === CALLED_OFF
    judge(wasCalledOff ? 'unknown' : verdictOn(result))
    return { result, durationMs: clock.monotonic() - started, bodyBytes, traceId, wasCalledOff }
  } catch (error) {
    judge('unknown')
    throw error
  } finally {
    callOff()
    stop.removeEventListener('abort', end)
  }
}

type Verdict = 'well' | 'failed' | 'unknown'

/** A peer that asks us to slow down is neither better nor worse for it, and one that is not waited for neither. */
function verdictOn(result: CallResult): Verdict {
  if (result.kind !== 'failed') return 'well'
  return result.reason === 'rate-limited' ? 'unknown' : 'failed'
}

function judgeOnce({ breaker }: PeerState, { clock }: CallDeps): (verdict: Verdict) => void {
  let isJudged = false
  return (verdict) => {
    if (isJudged) return
    isJudged = true
    const now = clock.monotonic()
    if (verdict === 'well') breaker.succeed(now)
    else if (verdict === 'failed') breaker.fail(now)
    else breaker.forget()
  }
}

type Attempt = {
  readonly deps: CallDeps
  readonly outbound: CallDeps['outbound']
  readonly end: number
  readonly traceId: TraceId
  readonly signal: StopSignal
}

async function ask(question: Question, kept: KeptAnswer | undefined, attempt: Attempt): Promise<CallResult> {
  const { deps, signal } = attempt
  deps.retries.deposit()
  const credentials = await deps.getCredentials(question.peer.id)
  const how = { ...attempt, credentials, knownEtag: kept?.etag ?? null }
  const first = await send(question, how)
  // Once more only where that may help at once, and while few requests are repeated.
  const isRepeated = first.kind === 'failed' && first.mayRetry && !signal.aborted && deps.retries.spend()
  const received = isRepeated ? await send(question, how) : first
  switch (received.kind) {
    case 'failed':
      return received
    case 'not-modified':
      if (kept === undefined) throw new Error('a page nobody has cannot be unchanged')
      return { kind: 'unchanged', kept }
    case 'received':
      return deps.reading.run(() => readReceived(question, received, { kept, deps }))
  }
}

function send(
  { peer, protocol, request }: Question,
  {
    deps,
    end,
    ...rest
  }: Attempt & { readonly credentials: PeerCredentials; readonly knownEtag: string | null },
): Promise<Received> {
  const { clock, publicUrl } = deps
  const deadlineMs = Math.max(0, end - clock.monotonic())
  return protocol.search(peer, request, { ...rest, clock, publicUrl, deadlineMs })
}

function readReceived(
  { peer, protocol, request }: Question,
  { body, etag }: Extract<Received, { kind: 'received' }>,
  { kept, deps }: { readonly kept: KeptAnswer | undefined; readonly deps: CallDeps },
): CallResult {
  const { records, facts, clock } = deps
  const page = protocol.read(body, peer, { request, records })
  if (page.kind === 'failed') return page
  const { search } = request
  const answer = answerOf(page, { search, facts, fetchedAt: clock.now(), kept: kept?.answer })
  return { kind: 'answered', answer, body, etag }
}

export function noAnswerWithin(ms: number): ProtocolFailure {
  return { kind: 'failed', reason: 'timeout', error: `no answer within ${Math.round(ms)} ms` }
}
