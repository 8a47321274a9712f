/** Tells the asker what a running search has so far. */
import type { DiscoveredAgent, DiscoveryProgress, PeerRow, ResultKey } from '../domain/discovery.ts'
import { resultKey } from '../domain/discovery.ts'
import type { Clock } from '../domain/ports.ts'
import type { PlannedAsk } from './plan.ts'

export interface Progress {
  plan(asked: readonly PlannedAsk[], skipped: readonly PeerRow[]): void
  local(agents: () => readonly DiscoveredAgent[]): void
  peer(row: PeerRow): void
  /** The results have changed: they are told now, or in a moment with what else changes until then. */
  changed(): void
  /** The last word: the results as the answer has them. */
  end(agents: readonly DiscoveredAgent[]): void
  /** The search is over, if only because it failed: nothing is told any more. */
  stop(): void
}

/** More often, and people see flicker instead of progress. */
const MERGE_EVERY_MS = 150

const SILENT: Progress = { plan() {}, local() {}, peer() {}, changed() {}, end() {}, stop() {} }

export type ProgressOptions = {
  readonly clock: Clock
  /** The results as of now; asked for only when they are told. */
  readonly merge: () => readonly DiscoveredAgent[]
  /** What is told before anything else, whatever is known first: `plan`, then `local`. */
  readonly begins: { readonly withPlan: boolean; readonly withLocal: boolean }
}

export function createProgress(
  listener: ((progress: DiscoveryProgress) => void) | undefined,
  { clock, merge, begins }: ProgressOptions,
): Progress {
  if (listener === undefined) return SILENT
  const sent = new Map<ResultKey, DiscoveredAgent>()
  let lastOrder: readonly ResultKey[] | null = null
  let mergedAt = Number.NEGATIVE_INFINITY
  let callOff: (() => void) | null = null
  let isOver = false

  /** What is still to be told first, and what waits for it. */
  const first = new Set([...(begins.withPlan ? ['plan'] : []), ...(begins.withLocal ? ['local'] : [])])
  let early: DiscoveryProgress[] = []

  const tell = (progress: DiscoveryProgress): void => {
    if (isOver) return
    const isTurn = first.size === 0 || first.values().next().value === progress.kind
    if (!isTurn) {
      early.push(progress)
      return
    }
    first.delete(progress.kind)
    listener(progress)
    const waiting = early
    early = []
    for (const one of waiting) tell(one)
  }

  const tellMerge = (agents: readonly DiscoveredAgent[], isLast: boolean): void => {
    callOff?.()
    callOff = null
    mergedAt = clock.monotonic()
    const order = agents.map(resultKey)
    const upserts = agents.filter(
      (agent, place) => !isShownAlike(sent.get(order[place] ?? resultKey(agent)), agent),
    )
    if (upserts.length === 0 && !isLast && lastOrder !== null && isSameOrder(order, lastOrder)) return
    for (const agent of upserts) sent.set(resultKey(agent), agent)
    lastOrder = order
    tell({ kind: 'merge', upserts, order })
  }

  return {
    plan: (asked, skipped) =>
      tell({ kind: 'plan', asked: asked.map(({ peer, deadlineMs }) => ({ peer, deadlineMs })), skipped }),
    local: (agents) => tell({ kind: 'local', agents: agents() }),
    peer: (row) => tell({ kind: 'peer', row }),
    changed() {
      if (isOver || callOff !== null || first.size > 0) return
      const waitMs = mergedAt + MERGE_EVERY_MS - clock.monotonic()
      if (waitMs <= 0) tellMerge(merge(), false)
      else callOff = clock.after(waitMs, () => tellMerge(merge(), false))
    },
    end: (agents) => tellMerge(agents, true),
    stop() {
      isOver = true
      callOff?.()
    },
  }
}

/** Equal in all that is shown; ages run on and are told with the last word. */
function isShownAlike(a: DiscoveredAgent | undefined, b: DiscoveredAgent): boolean {
  return a !== undefined && JSON.stringify(a) === JSON.stringify(b)
}

function isSameOrder(a: readonly ResultKey[], b: readonly ResultKey[]): boolean {
  return a.length === b.length && a.every((key, place) => key === b[place])
}
