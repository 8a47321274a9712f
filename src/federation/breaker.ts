/**
 * Leaves a peer alone that fails again and again, and tries it once in a while. No timers: time passes when asked.
 *
 * It opens after 5 failures in a row, or when half of at least 20 calls of the last half minute failed; for 30 s the
 * first time, then for longer, up to 300 s, each time a fifth more or less so that registries do not try in step. Then
 * one call is let through: its success closes the breaker, its failure opens it again.
 */

export type BreakerState = 'closed' | 'open' | 'half-open'

const FAILURES_IN_A_ROW = 5
const FEWEST_CALLS = 20
const FAILING_SHARE = 0.5
const WINDOW_MS = 30_000
const OPEN_MS = 30_000
const LONGEST_OPEN_MS = 300_000
const JITTER = 0.2
/** A peer that was well for so long starts anew with the shortest time. */
const FORGIVEN_AFTER_MS = 600_000
/** A trial nobody reported on, such as one whose asker left, does not keep the breaker half open for ever. */
const TRIAL_MS = 10_000

export type BreakerOptions = {
  /** Whether one more peer may be left alone; asked when the breaker is about to open. */
  readonly mayOpen: () => boolean
  /** Between 0 and 1. */
  readonly random: () => number
  readonly onChange: (state: BreakerState) => void
}

/** Times are those of a clock that never jumps, in ms. */
export class Breaker {
  readonly #options: BreakerOptions
  #state: BreakerState = 'closed'
  #failuresInARow = 0
  #openings = 0
  #openUntil = 0
  #closedAt = 0
  #trialAt: number | null = null
  /** Calls of the current half of the window, and of the half before. */
  #current = { since: 0, calls: 0, failures: 0 }
  #previous = { calls: 0, failures: 0 }

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  get state(): BreakerState {
    return this.#state
  }

  /** When the peer will be tried again; null while the breaker is closed. */
  get retryAt(): number | null {
    return this.#state === 'closed' ? null : this.#openUntil
  }

  /** Whether a call may be made now. A trial is given to one caller only, who reports how it ended. */
  admit(now: number): boolean {
    if (this.#state === 'closed') return true
    if (now < this.#openUntil) return false
    const isTrialUnderWay = this.#trialAt !== null && now - this.#trialAt < TRIAL_MS
    if (isTrialUnderWay) return false
    this.#trialAt = now
    this.#change('half-open')
    return true
  }

  /** A call that was admitted has ended well. */
  succeed(now: number): void {
    this.#failuresInARow = 0
    if (this.#state !== 'closed') {
      this.#closedAt = now
      this.#trialAt = null
      this.#current = { since: now, calls: 0, failures: 0 }
      this.#previous = { calls: 0, failures: 0 }
      this.#change('closed')
    }
    this.#count(now, 0)
  }

  /** A call that was admitted has failed. */
  fail(now: number): void {
    this.#failuresInARow += 1
    this.#count(now, 1)
    if (this.#state === 'half-open') this.#open(now)
    else if (this.#state === 'closed' && this.#isFailing() && this.#options.mayOpen()) this.#open(now)
  }

  /** A call that was admitted came to no end of its own, such as when its asker left: nothing is known of the peer. */
  forget(): void {
    this.#trialAt = null
  }

  #isFailing(): boolean {
    const calls = this.#current.calls + this.#previous.calls
    const failures = this.#current.failures + this.#previous.failures
    return (
      this.#failuresInARow >= FAILURES_IN_A_ROW ||
      (calls >= FEWEST_CALLS && failures >= FAILING_SHARE * calls)
    )
  }

  #open(now: number): void {
    const wasWellLong = this.#state === 'closed' && now - this.#closedAt > FORGIVEN_AFTER_MS
    this.#openings = wasWellLong ? 1 : this.#openings + 1
    const jitter = 1 + JITTER * (2 * this.#options.random() - 1)
    this.#openUntil = now + Math.min(LONGEST_OPEN_MS, OPEN_MS * this.#openings) * jitter
    this.#trialAt = null
    this.#change('open')
  }

  #count(now: number, failures: 0 | 1): void {
    const half = WINDOW_MS / 2
    const halvesPassed = Math.floor((now - this.#current.since) / half)
    if (halvesPassed > 0) {
      this.#previous = halvesPassed === 1 ? this.#current : { calls: 0, failures: 0 }
      this.#current = { since: this.#current.since + halvesPassed * half, calls: 0, failures: 0 }
    }
    this.#current.calls += 1
    this.#current.failures += failures
  }

  #change(state: BreakerState): void {
    if (state === this.#state) return
    this.#state = state
    this.#options.onChange(state)
  }
}
