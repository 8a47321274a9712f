/**
 * When a search has waited long enough: all peers are done; or 95 of 100 of those that can be counted on are, and a
 * moment has passed for the others; or the time of each that is left is over. Where none of those asked can be counted
 * on, a quarter of a second has passed: one that failed, and that a walk goes on with, may be well again, and one that is
 * dead must not be felt. Pure: it is told of time and answers when to look again.
 *
 * With a few peers the rule waits for all that are well. With many somebody is always slow, and the rule is what keeps
 * a search over a thousand as fast as the usual peer.
 */
import type { PlannedAsk } from './plan.ts'

const ENOUGH = 0.95
const GRACE_MS = 50 // what most of the rest needs that is not late but only later
const GRACE_OF_DOUBTFUL_MS = 250 // what peers usually take, until more is known of them

export type Verdict =
  | { readonly kind: 'done' }
  /** Nothing to decide before this time, unless a peer answers. */
  | { readonly kind: 'wait'; readonly until: number }

export interface AnswerRule {
  /** The peer at this place of the plan is done, one way or another. */
  settle(place: number): void
  isSettled(place: number): boolean
  /** Those whose own time is over are to be settled; then `verdict` tells how it stands. */
  overdue(now: number): readonly number[]
  verdict(now: number): Verdict
}

/** @param started ms of a clock that never jumps; so are all times. */
export function createAnswerRule(
  asked: readonly Pick<PlannedAsk, 'deadlineMs' | 'isLive'>[],
  started: number,
): AnswerRule {
  const isSettled = asked.map(() => false)
  // Soonest deadline first, so that looking for those overdue does not go through all of them.
  const byDeadline = asked.map((_, place) => place).sort((a, b) => deadlineAt(a) - deadlineAt(b))
  const live = asked.filter(({ isLive }) => isLive).length
  const enough = Math.ceil(ENOUGH * live)
  const graceMs = live > 0 ? GRACE_MS : GRACE_OF_DOUBTFUL_MS
  let settled = 0
  let settledLive = 0
  let next = 0
  let enoughSince: number | null = null

  function deadlineAt(place: number): number {
    return started + (asked[place]?.deadlineMs ?? 0)
  }

  function skipSettled(): void {
    while (next < byDeadline.length && isSettled[byDeadline[next] ?? 0]) next += 1
  }

  return {
    settle(place) {
      if (isSettled[place]) return
      isSettled[place] = true
      settled += 1
      if (asked[place]?.isLive) settledLive += 1
    },
    isSettled: (place) => isSettled[place] ?? false,
    overdue(now) {
      skipSettled()
      const late: number[] = []
      for (let at = next; at < byDeadline.length; at += 1) {
        const place = byDeadline[at] ?? 0
        if (deadlineAt(place) > now) break
        if (!isSettled[place]) late.push(place)
      }
      return late
    },
    verdict(now) {
      if (settled === asked.length) return { kind: 'done' }
      if (settledLive >= enough) enoughSince ??= now
      const graceEnd = enoughSince === null ? Number.POSITIVE_INFINITY : enoughSince + graceMs
      if (now >= graceEnd) return { kind: 'done' }
      skipSettled()
      return { kind: 'wait', until: Math.min(graceEnd, deadlineAt(byDeadline[next] ?? 0)) }
    },
  }
}
