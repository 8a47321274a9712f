/** Which share of the time peers answered as they should, told from their checks. */
import type { HealthHistory, Uptime } from '../domain/federation-ports.ts'
import type { PeerId } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import { longestStepMs } from './health.ts'

export interface Uptimes {
  /**
   * Of the last 24 hours and all peers that were checked; up to a minute old, so that a page or a collector that asks
   * every few seconds costs the database nothing. @throws when the database does not answer.
   */
  lastDay(): Promise<ReadonlyMap<PeerId, Uptime>>
  /** Of one peer, as of now; undefined if it was not checked. */
  ofPeer(peerId: PeerId, windowMs: number): Promise<Uptime | undefined>
}

export type UptimesDeps = {
  readonly history: Pick<HealthHistory, 'uptime'>
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly intervalSeconds: number
}

const DAY_MS = 86_400_000
const KEPT_MS = 60_000
/** A day of a thousand peers takes the database half a second: of its time no more than a fiftieth goes into this. */
const KEPT_TIMES_ITS_COST = 50

export function createUptimes({ history, clock, intervalSeconds }: UptimesDeps): Uptimes {
  const intervalMs = intervalSeconds * 1000
  let kept: Promise<ReadonlyMap<PeerId, Uptime>> | null = null
  let keptUntil = Number.NEGATIVE_INFINITY

  const spanOf = (windowMs: number) => {
    const until = clock.now()
    return { since: until - windowMs, until, intervalMs, longestMs: longestStepMs(intervalMs) }
  }

  /** Whoever asks meanwhile waits for the same; a failure is told to them alone. */
  const readDay = async (): Promise<ReadonlyMap<PeerId, Uptime>> => {
    const started = clock.monotonic()
    try {
      const uptimes = await history.uptime(spanOf(DAY_MS))
      const now = clock.monotonic()
      keptUntil = now + Math.max(KEPT_MS, (now - started) * KEPT_TIMES_ITS_COST)
      return uptimes
    } catch (error) {
      kept = null
      throw error
    }
  }

  return {
    lastDay() {
      if (kept !== null && clock.monotonic() < keptUntil) return kept
      keptUntil = Number.POSITIVE_INFINITY // until it is known how long it took
      kept = readDay()
      return kept
    },
    async ofPeer(peerId, windowMs) {
      return (await history.uptime({ ...spanOf(windowMs), peerId })).get(peerId)
    },
  }
}
