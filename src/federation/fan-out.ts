/** Asks all planned peers at once and waits as long as the answer rule says, with one timer for all of them. */
import type { PeerOutcome } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import { type AnswerRule, createAnswerRule } from './answer-rule.ts'
import type { FederationEvents } from './federation-events.ts'
import type { PlannedAsk } from './plan.ts'
import type { Asking, PeerAsk, PeerQuerier } from './query-peer.ts'

export type FanOutOptions = {
  readonly querier: Pick<PeerQuerier, 'query'>
  readonly clock: Clock
  readonly askOf: (peer: Peer) => Omit<PeerAsk, 'deadlineMs' | 'turn'>
  /** Fires when the asker is gone. */
  readonly signal: AbortSignal
  /** Told of each outcome but those that come of the asker's leaving, which say nothing of a peer. */
  readonly events: Pick<FederationEvents, 'peerOutcome'>
  /** Told of each outcome as it comes. Must not throw. */
  readonly onOutcome?: (ask: PlannedAsk, outcome: PeerOutcome) => void
  /** Told shortly before time is over for peers that have kept silent: what has come is likely all there will be. */
  readonly onLastMoments?: () => void
}

/** What it takes to put some thousand records in order, on a busy machine. */
const LAST_MOMENTS_MS = 40

/** The outcomes in the order of the plan, one for each. Never rejects. */
export function fanOut(
  asked: readonly PlannedAsk[],
  options: FanOutOptions,
): Promise<readonly PeerOutcome[]> {
  return new FanOut(asked, options).run()
}

class FanOut {
  readonly #asked: readonly PlannedAsk[]
  readonly #options: FanOutOptions
  readonly #rule: AnswerRule
  readonly #startedAt: number
  readonly #outcomes: (PeerOutcome | undefined)[]
  readonly #waiting = new Map<number, Asking>()
  readonly #done = Promise.withResolvers<void>()
  #callOff: () => void = () => {}
  /** When the timer fires; null without one. */
  #wakesAt: number | null = null
  #hasLeft = false
  #isLastCall = false
  #isToldOfLastMoments = false

  constructor(asked: readonly PlannedAsk[], options: FanOutOptions) {
    this.#asked = asked
    this.#options = options
    this.#startedAt = options.clock.monotonic()
    this.#rule = createAnswerRule(asked, this.#startedAt)
    this.#outcomes = asked.map(() => undefined)
  }

  async run(): Promise<readonly PeerOutcome[]> {
    const { signal } = this.#options
    const leave = (): void => this.#leave()
    this.#askAll()
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) this.#leave()
    else this.#look()
    await this.#done.promise
    this.#callOff()
    signal.removeEventListener('abort', leave)
    this.#giveUpRest()
    return this.#outcomes.filter((outcome) => outcome !== undefined)
  }

  #askAll(): void {
    const { querier, askOf } = this.#options
    this.#asked.forEach(({ peer, deadlineMs }, place) => {
      const begun = querier.query(peer, { ...askOf(peer), deadlineMs, turn: this })
      if ('kind' in begun) {
        this.#settle(place, begun)
        return
      }
      this.#waiting.set(place, begun)
      void begun.outcome.then((outcome) => {
        this.#settle(place, outcome)
        this.#look()
      })
    })
  }

  #settle(place: number, outcome: PeerOutcome): void {
    const ask = this.#asked[place]
    if (ask === undefined || this.#rule.isSettled(place)) return
    this.#rule.settle(place)
    this.#waiting.delete(place)
    this.#outcomes[place] = outcome
    if (!this.#hasLeft) this.#options.events.peerOutcome(ask.peer, outcome)
    this.#options.onOutcome?.(ask, outcome)
  }

  /** Sees whether it is enough, and else when to see again. */
  #look(): void {
    if (this.#waiting.size === 0) {
      this.#done.resolve()
      return
    }
    if (this.#isLastCall) return
    const { clock } = this.#options
    const now = clock.monotonic()
    const verdict = this.#rule.verdict(now)
    const until = verdict.kind === 'done' ? now : verdict.until
    const isLong = until - now > 2 * LAST_MOMENTS_MS
    const wakesAt = isLong ? until - LAST_MOMENTS_MS : until
    // A timer that fires too soon only looks again; setting one for each outcome would cost more.
    if (this.#wakesAt !== null && this.#wakesAt <= wakesAt) return
    this.#callOff()
    this.#wakesAt = wakesAt
    this.#callOff = clock.after(Math.max(0, wakesAt - now), () => this.#wake())
  }

  /**
   * Before anybody is given up, what has arrived is read: it may have come in time and only waited for this process,
   * while it was busy with the answers of others.
   */
  #wake(): void {
    const { clock } = this.#options
    const now = clock.monotonic()
    this.#wakesAt = null
    const verdict = this.#rule.verdict(now)
    if (verdict.kind === 'wait' && this.#rule.overdue(now).length === 0) {
      this.#look()
      if (verdict.until - now <= 2 * LAST_MOMENTS_MS) this.#tellLastMoments()
      return
    }
    this.#isLastCall = true
    this.#callOff = clock.after(0, () => {
      this.#isLastCall = false
      this.#giveUpOverdue(now)
      this.#look()
    })
  }

  /** Once: peers may have different times. */
  #tellLastMoments(): void {
    if (this.#isToldOfLastMoments) return
    this.#isToldOfLastMoments = true
    this.#options.onLastMoments?.()
  }

  /** @param now when their time was looked at: what was over then is over. */
  #giveUpOverdue(now: number): void {
    for (const place of this.#rule.overdue(now)) this.#giveUp(place)
    if (this.#rule.verdict(now).kind === 'done') this.#giveUpRest()
  }

  #giveUp(place: number): void {
    const asking = this.#waiting.get(place)
    if (asking !== undefined)
      this.#settle(place, asking.giveUp(this.#options.clock.monotonic() - this.#startedAt))
  }

  #giveUpRest(): void {
    for (const place of [...this.#waiting.keys()]) this.#giveUp(place)
  }

  #leave(): void {
    this.#hasLeft = true
    for (const asking of this.#waiting.values()) asking.abandon()
    this.#done.resolve()
  }
}
