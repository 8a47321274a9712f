/**
 * How a peer is, told from what its probes and answers showed.
 *
 * One failure makes no outage and one success no recovery: a peer is down after a number of failures in a row, and
 * well again after two successes in a row. In between it is `degraded`. Pure; `health-monitor.ts` does the probing.
 */
import type { FailureReason } from '../domain/discovery.ts'
import type { PeerHealth, PeerHealthStatus } from '../domain/peer.ts'
import { assertNever } from '../problem.ts'
import type { ProbeResult } from './protocols/protocol.ts'

/** What was seen of a peer: by a probe, or by a search that asked it over the network. */
export type Observation =
  | { readonly by: 'probe'; readonly probe: ProbeResult }
  | {
      readonly by: 'search'
      readonly failure: { readonly reason: FailureReason; readonly error: string } | null
    }

export type HealthRule = {
  /** Failures in a row that make a peer count as down. */
  readonly threshold: number
  /** Unix ms. */
  readonly now: number
}

export type OverallStatus = 'disabled' | 'unknown' | 'healthy' | 'degraded' | 'unhealthy'

/** The health after one more observation. A peer that asks us to slow down is neither better nor worse for it. */
export function nextHealth(
  previous: PeerHealth,
  seen: Observation,
  { threshold, now }: HealthRule,
): PeerHealth {
  const measured =
    seen.by === 'probe' ? { ...previous, ...measurementsOf(seen.probe), lastCheckAt: now } : previous
  const failure = failureOf(seen)
  if (failure === null) return afterSuccess(measured)
  if (failure.reason === 'rate-limited') return measured
  return afterFailure(measured, failure, threshold)
}

export type ProbeRule = {
  readonly intervalMs: number
  readonly threshold: number
  /** Unix ms. */
  readonly now: number
}

/** A peer's turn comes sooner or later within a round, and it is not to miss one for that: intervals are rounded. */
const EARLY = 0.5
/** A peer that has been down for long is still looked at in so many intervals. */
const MOST_INTERVALS = 10

/**
 * Whether it is a peer's turn to be probed: at each interval, and of one that is down less and less often, since
 * nobody is served by asking the dead. A search that finds it alive makes it well without a probe.
 */
export function isDue(health: PeerHealth, { intervalMs, threshold, now }: ProbeRule): boolean {
  const { lastCheckAt, consecutiveFailures } = health
  if (lastCheckAt === null) return true
  const beyond = Math.max(0, consecutiveFailures - threshold)
  const intervals = Math.min(2 ** beyond, MOST_INTERVALS)
  return now - lastCheckAt >= (intervals - EARLY) * intervalMs
}

/** The longest time between two checks of a peer that is watched: intervals are somewhat longer or shorter. */
export function longestStepMs(intervalMs: number): number {
  return (MOST_INTERVALS + 2) * intervalMs
}

/** One word for all active peers; inactive ones are not looked at. */
export function overallStatus(
  peers: readonly { readonly isActive: boolean; readonly health: Pick<PeerHealth, 'status'> }[],
  isEnabled: boolean,
): OverallStatus {
  if (!isEnabled) return 'disabled'
  const statuses = peers.filter((peer) => peer.isActive).map((peer) => peer.health.status)
  if (statuses.every((status) => status === 'healthy')) return 'healthy'
  if (statuses.every((status) => status === 'unknown')) return 'unknown'
  return statuses.some(isUp) ? 'degraded' : 'unhealthy'
}

/** The health of a peer nobody has looked at. */
export const UNKNOWN_HEALTH: PeerHealth = {
  status: 'unknown',
  consecutiveFailures: 0,
  consecutiveSuccesses: 0,
  responseTimeMs: null,
  error: null,
  lastCheckAt: null,
  agentCount: 0,
  clockSkewSeconds: null,
}

/** Whether a peer may be counted on: it answers, if not every time. */
export function isUp(status: PeerHealthStatus): boolean {
  return status === 'healthy' || status === 'degraded'
}

function measurementsOf(probe: ProbeResult): Partial<PeerHealth> {
  const { responseTimeMs, clockSkewSeconds } = probe
  return {
    responseTimeMs,
    ...(clockSkewSeconds !== null && { clockSkewSeconds }),
    ...(probe.kind === 'answered' && probe.agentCount !== null && { agentCount: probe.agentCount }),
  }
}

function failureOf(seen: Observation): { readonly reason: FailureReason; readonly error: string } | null {
  if (seen.by === 'search') return seen.failure
  return seen.probe.kind === 'failed' ? seen.probe : null
}

const SUCCESSES_TO_RECOVER = 2

function afterSuccess(health: PeerHealth): PeerHealth {
  const consecutiveSuccesses = health.consecutiveSuccesses + 1
  const isRecovered = consecutiveSuccesses >= SUCCESSES_TO_RECOVER || !isDown(health)
  return {
    ...health,
    status: isRecovered ? 'healthy' : 'degraded',
    consecutiveFailures: 0,
    consecutiveSuccesses,
    error: null,
  }
}

function afterFailure(
  health: PeerHealth,
  { reason, error }: { readonly reason: FailureReason; readonly error: string },
  threshold: number,
): PeerHealth {
  const consecutiveFailures = health.consecutiveFailures + 1
  const isNowDown = consecutiveFailures >= threshold || isDown(health)
  return {
    ...health,
    status: isNowDown ? downStatus(reason) : 'degraded',
    consecutiveFailures,
    consecutiveSuccesses: 0,
    error,
  }
}

/** Down, or back with too few successes to believe it: `degraded` without a failure since. */
function isDown({ status, consecutiveFailures }: PeerHealth): boolean {
  if (status === 'degraded') return consecutiveFailures === 0
  return status !== 'healthy' && status !== 'unknown'
}

function downStatus(reason: FailureReason): PeerHealthStatus {
  switch (reason) {
    case 'timeout':
    case 'unreachable':
      return reason
    case 'refused':
    case 'blocked':
      return 'error'
    case 'bad-response':
    case 'rate-limited':
      return 'unhealthy'
    default:
      return assertNever(reason)
  }
}
