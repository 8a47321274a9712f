/**
 * Counts what callers spend of an allowance that is theirs for a window of time, which begins with their first request.
 *
 * Replicas that share counters take points of the shared one in advance, a second's worth at the allowed pace: a busy
 * caller costs about one question a second, and none once nothing is left. What a replica took and did not use is lost
 * to the others until the window ends, so that a caller of n replicas gets at least (60 - n) / 60 of the allowance, and
 * never more than all of it. While nothing is shared each replica counts alone, on top of what it knew, and tells the
 * others later. What the shared count has lost, as Redis does that starts anew, they remind it of.
 */
import type { Clock } from '../domain/ports.ts'
import type { SharedCount, SharedCounters } from '../domain/sharing.ts'

export const WINDOW_SECONDS = 60
/** Bounds memory, at some 200 bytes each, while strangers ask from very many addresses: the oldest are forgotten. */
const MAX_CALLERS = 100_000

/** How a caller stands. */
export type Standing = {
  /** Nothing is left: what was asked for is refused. */
  readonly isOver: boolean
  readonly remaining: number
  /** Time to the window's end, above 0. */
  readonly msLeft: number
}

export interface RequestCounter {
  /** Counts one more, at once where that can be done. */
  spend(caller: string): Standing | Promise<Standing>
  /** How a caller stands as far as is known here, without counting. */
  peek(caller: string): Standing
}

export type CounterOptions = {
  /** Names the counter among the shared ones. */
  readonly name: string
  /** Points a caller has in a window. */
  readonly allowance: number
  /** A minute if not given. */
  readonly windowSeconds?: number
  readonly clock: Pick<Clock, 'monotonic'>
  /** Null counts in this process alone. */
  readonly shared: SharedCounters | null
}

export function createRequestCounter(options: CounterOptions): RequestCounter {
  const { name, allowance, windowSeconds = WINDOW_SECONDS, clock, shared } = options
  const windowMs = windowSeconds * 1000
  const atOnce = Math.max(1, Math.floor(allowance / windowSeconds))
  const windows = createWindows(windowMs)

  const spendHere = (window: Window, now: number): Standing => {
    if (window.reserve > 0) window.reserve -= 1
    else if (window.spent >= allowance) return standing(window, true, now)
    else {
      window.spent += 1
      window.untold += 1
    }
    return standing(window, false, now)
  }

  const standing = ({ spent, reserve, endsAt }: Window, isOver: boolean, now: number): Standing => ({
    isOver,
    remaining: Math.max(0, allowance - spent) + reserve,
    msLeft: Math.max(1, endsAt - now),
  })

  /** Joins the question that is about to be asked for this caller, or begins one. */
  const waitForMore = (caller: string, window: Window, counters: SharedCounters): Question => {
    const question = window.question ?? { askers: 0, answered: askSoon(caller, window, counters) }
    question.askers += 1
    window.question = question
    return question
  }

  const askSoon = async (caller: string, window: Window, counters: SharedCounters): Promise<void> => {
    await turnOfLoop()
    const { question, untold, isAsking } = window
    window.question = undefined
    window.untold = 0
    window.isAsking = true
    const askers = question?.askers ?? 0
    // While another answer is on its way with points in advance, no more are needed than there are askers.
    const points = isAsking ? askers : Math.max(askers, atOnce)
    const askedAt = clock.monotonic()
    const known = knownOf(window, untold, askedAt)
    const count = await counters.add(`${name}:${caller}`, points + untold, windowMs, known)
    if (!isAsking) window.isAsking = false
    if (count === undefined) {
      window.untold += untold
      return
    }
    window.spent = count.total
    window.endsAt = askedAt + count.msLeft // never later than the shared window's end
    window.reserve += Math.max(0, Math.min(points, allowance - count.total + points))
  }

  return {
    spend(caller) {
      const now = clock.monotonic()
      const window = windows.open(caller, now)
      if (shared === null || window.reserve > 0 || window.spent >= allowance || !shared.isUp()) {
        return spendHere(window, now)
      }
      const { answered } = waitForMore(caller, window, shared)
      return answered.then(() => spendHere(window, clock.monotonic()))
    },
    peek(caller) {
      const now = clock.monotonic()
      const window = windows.find(caller, now) ?? newWindow(now, windowMs)
      return standing(window, window.spent >= allowance && window.reserve === 0, now)
    },
  }
}

type Window = {
  endsAt: number
  /** Points known to be spent, or taken in advance, here and elsewhere. */
  spent: number
  /** Of these, what we took in advance and did not use yet. */
  reserve: number
  /** Of these, what was counted here while nothing was shared. */
  untold: number
  /** Whether an answer with points in advance is on its way. */
  isAsking: boolean
  question: Question | undefined
}

/** Asked at the end of this turn of the event loop: requests that come together ask once, and wait once. */
type Question = { askers: number; readonly answered: Promise<void> }

/** What the others have been told of: it does not count anew because Redis started anew. */
function knownOf({ spent, endsAt }: Window, untold: number, now: number): SharedCount | undefined {
  const total = spent - untold
  return total > 0 && endsAt > now ? { total, msLeft: endsAt - now } : undefined
}

function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function newWindow(now: number, windowMs: number): Window {
  return { endsAt: now + windowMs, spent: 0, reserve: 0, untold: 0, isAsking: false, question: undefined }
}

/**
 * The windows of all callers in two generations: once a window's time the older one is dropped whole, in which all
 * have ended by then. No timers, and no pause to look through many.
 */
function createWindows(windowMs: number): {
  find(caller: string, now: number): Window | undefined
  /** The window of a caller, begun now if there is none. */
  open(caller: string, now: number): Window
} {
  let recent = new Map<string, Window>()
  let older = new Map<string, Window>()
  let turnedAt = Number.NEGATIVE_INFINITY
  const find = (caller: string, now: number) => {
    const window = recent.get(caller) ?? older.get(caller)
    return window !== undefined && window.endsAt > now ? window : undefined
  }
  const begin = (caller: string, now: number) => {
    if (now - turnedAt >= windowMs || recent.size >= MAX_CALLERS / 2) {
      older = recent
      recent = new Map()
      turnedAt = now
    }
    const window = newWindow(now, windowMs)
    recent.set(caller, window)
    return window
  }
  return { find, open: (caller, now) => find(caller, now) ?? begin(caller, now) }
}
