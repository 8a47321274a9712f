/** The monthly review of a registry's federation: what was asked and answered, what was changed, and what wants a look. */
import type { AuditCount, AuditRow } from '../domain/audit-ports.ts'
import type { ApiKey } from '../domain/credential-ports.ts'
import { CALLED_OFF_OUTCOME, type QuerySum } from '../domain/federation-ports.ts'
import type { FederationToken, Peer, PeerId } from '../domain/peer.ts'

/** A whole month in UTC; Unix ms. */
export type Month = { readonly name: string; readonly since: number; readonly until: number }

export type ReportInput = {
  readonly month: Month
  /** Unix ms. */
  readonly now: number
  readonly sums: readonly QuerySum[]
  readonly acts: readonly AuditCount[]
  /** Acts that change whom the registry trusts, oldest first. */
  readonly changes: readonly AuditRow[]
  readonly peers: readonly Peer[]
  readonly tokens: readonly FederationToken[]
  readonly keys: readonly ApiKey[]
  readonly settings: { readonly requireSignature: boolean; readonly isQueryTextLogged: boolean }
}

export type Traffic = {
  readonly questions: number
  readonly results: number
  readonly averageResponseTimeMs: number | null
  readonly outcomes: Readonly<Record<string, number>>
}

export type PeerReport = {
  readonly peerId: PeerId
  readonly name: string
  readonly state: 'active' | 'disabled' | 'removed'
  readonly outbound: Traffic
  readonly inbound: Traffic
}

export type AuditReport = {
  readonly month: string
  /** Whether the month was over when the report was made. */
  readonly isOver: boolean
  readonly peers: readonly PeerReport[]
  readonly acts: readonly AuditCount[]
  readonly changes: readonly AuditRow[]
  /** Sentences for the operator. */
  readonly findings: readonly string[]
}

/** @param name such as `2026-11`. @returns undefined for what is no month. */
export function readMonth(name: string): Month | undefined {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(name) ?? []
  if (year === undefined || month === undefined) return undefined
  const since = Date.UTC(Number(year), Number(month) - 1)
  return { name, since, until: Date.UTC(Number(year), Number(month)) }
}

export function composeReport(input: ReportInput): AuditReport {
  const { month, now, acts, changes } = input
  const peers = reportPeers(input)
  return {
    ...{ month: month.name, isOver: now >= month.until, peers, acts, changes },
    findings: [
      ...peers.flatMap(findInTraffic),
      ...input.peers.flatMap((peer) => findInPeer(peer, input)),
      ...findInCredentials(input),
      ...(input.settings.isQueryTextLogged
        ? ['The query log keeps what was searched for as text (REGISTRY_LOG_QUERIES=plain).']
        : []),
    ],
  }
}

/** Peers of now, and those of which the month knows though they are gone. */
function reportPeers({ sums, peers }: ReportInput): PeerReport[] {
  const ids = new Set([...peers.map(({ id }) => id), ...sums.map(({ peerId }) => peerId)])
  return [...ids].map((peerId) => {
    const peer = peers.find(({ id }) => id === peerId)
    const own = sums.filter((sum) => sum.peerId === peerId)
    const isActive = peer !== undefined && (peer.isActive || peer.isInboundActive)
    return {
      peerId,
      name: peer?.name ?? own.at(-1)?.peerName ?? '',
      state: peer === undefined ? 'removed' : isActive ? 'active' : 'disabled',
      outbound: trafficOf(own.filter(({ direction }) => direction === 'outbound')),
      inbound: trafficOf(own.filter(({ direction }) => direction === 'inbound')),
    }
  })
}

function trafficOf(sums: readonly QuerySum[]): Traffic {
  const total = (of: (sum: QuerySum) => number): number => sums.reduce((all, sum) => all + of(sum), 0)
  const timed = sums.filter(
    ({ averageResponseTimeMs, outcome }) => averageResponseTimeMs !== null && outcome !== CALLED_OFF_OUTCOME,
  )
  const timedQuestions = timed.reduce((all, { questions }) => all + questions, 0)
  const time = timed.reduce((all, sum) => all + (sum.averageResponseTimeMs ?? 0) * sum.questions, 0)
  return {
    questions: total(({ questions }) => questions),
    results: total(({ results }) => results),
    averageResponseTimeMs: timedQuestions === 0 ? null : time / timedQuestions,
    outcomes: Object.fromEntries(sums.map(({ outcome, questions }) => [outcome, questions])),
  }
}

/** Fewer questions say little. */
const ENOUGH_QUESTIONS = 20
const MOST_FAILURES = 0.1
const GOOD_OUTCOMES: readonly string[] = ['answered', 'unchanged', 'absent', 'stale']

function findInTraffic({ name, state, outbound }: PeerReport): string[] {
  const questions = outbound.questions - (outbound.outcomes[CALLED_OFF_OUTCOME] ?? 0)
  if (state === 'removed' || questions < ENOUGH_QUESTIONS) return []
  const good = GOOD_OUTCOMES.reduce((sum, outcome) => sum + (outbound.outcomes[outcome] ?? 0), 0)
  const failed = questions - good
  if (failed / questions <= MOST_FAILURES) return []
  const share = Math.round((100 * failed) / questions)
  return [`${name} failed ${failed} of ${questions} questions (${share} %).`]
}

function findInPeer(peer: Peer, { sums, month, settings }: ReportInput): string[] {
  const { id, name, isActive, isInboundActive, createdAt } = peer
  if (!isActive && !isInboundActive) return []
  const isUnused = createdAt < month.since && !sums.some(({ peerId }) => peerId === id)
  const isUnsigned = isInboundActive && !(peer.requireSignature ?? settings.requireSignature)
  return [
    ...(isUnused ? [`Nothing was asked of ${name} or by it.`] : []),
    ...(isUnsigned ? [`${name} may ask without signing its requests.`] : []),
  ]
}

const DAY_MS = 86_400_000
const UNUSED_DAYS = 90
const SOON_DAYS = 30

type Credential = Pick<ApiKey, 'hint' | 'createdAt' | 'expiresAt' | 'lastUsedAt' | 'rotatedAt' | 'revokedAt'>

function findInCredentials({ keys, tokens, peers, now }: ReportInput): string[] {
  const nameOf = (peerId: PeerId): string => peers.find(({ id }) => id === peerId)?.name ?? 'a removed peer'
  return [
    ...keys.flatMap((key) => findInCredential(key, `The ${key.role} key ${key.hint} ("${key.name}")`, now)),
    ...tokens.flatMap((token) =>
      findInCredential(token, `The token ${token.hint} of ${nameOf(token.peerId)}`, now),
    ),
  ]
}

function findInCredential(credential: Credential, what: string, now: number): string[] {
  const { createdAt, expiresAt, lastUsedAt, rotatedAt, revokedAt } = credential
  if (revokedAt !== null || (expiresAt !== null && expiresAt <= now)) return []
  if (rotatedAt !== null) {
    const isInUse = lastUsedAt !== null && lastUsedAt > rotatedAt
    return isInUse ? [`${what} was rotated, ends soon and is still used: has its holder the new one?`] : []
  }
  const unusedSince = lastUsedAt ?? createdAt
  const isUnused = now - unusedSince > UNUSED_DAYS * DAY_MS
  const endsSoon = expiresAt !== null && expiresAt - now < SOON_DAYS * DAY_MS
  return [
    ...(isUnused
      ? [`${what} was not used for ${Math.floor((now - unusedSince) / DAY_MS)} days: revoke it?`]
      : []),
    ...(endsSoon ? [`${what} ends on ${new Date(expiresAt).toISOString().slice(0, 10)}.`] : []),
  ]
}
