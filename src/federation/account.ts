/** The account a search gives of its peers. Its figures are all counted from the same rows, so they add up. Pure. */
import type { FederationStats, PeerAnswer, PeerOutcome, PeerRow } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import { assertNever } from '../problem.ts'
import { ageInSeconds, type Merged } from './merge.ts'

export type AccountInput = {
  /** One row for each of them that is active, in this order. */
  readonly peers: readonly Peer[]
  readonly outcomes: readonly PeerOutcome[]
  readonly merged: Pick<Merged, 'admitted' | 'pooled'>
  readonly durationMs: number
  /** Unix ms. */
  readonly now: number
}

/** @throws when a peer has no outcome: somebody would be dropped silently. */
export function accountFor({ peers, outcomes, merged, durationMs, now }: AccountInput): FederationStats {
  const byPeer = new Map(outcomes.map((outcome) => [outcome.peerId, outcome]))
  const rows = peers
    .filter((peer) => peer.isActive)
    .map((peer) => {
      const outcome = byPeer.get(peer.id)
      if (outcome === undefined) throw new Error(`peer ${peer.id} has no outcome`)
      return rowOf(peer, outcome, { merged, now })
    })
  const skipped = rows.filter((row) => row.outcome === 'skipped').length
  const answered = rows.filter((row) => row.outcome === 'answered').length
  return {
    queriedRegistries: rows.length - skipped,
    successfulQueries: answered,
    failedQueries: rows.length - skipped - answered,
    skippedRegistries: skipped,
    totalFederatedResults: rows.reduce((sum, row) => sum + row.results, 0),
    cacheHits: rows.filter((row) => row.cache === 'hit' || row.cache === 'revalidating').length,
    isComplete: answered === rows.length,
    durationMs: Math.round(durationMs),
    peers: rows,
  }
}

/** The lines of peers that are not asked. */
export function skippedRows(skipped: readonly PeerOutcome[], peers: readonly Peer[]): PeerRow[] {
  const byId = new Map(peers.map((peer) => [peer.id, peer]))
  return skipped.flatMap((outcome) => {
    const peer = byId.get(outcome.peerId)
    return peer === undefined ? [] : [rowOf(peer, outcome, { merged: NOTHING_MERGED, now: 0 })]
  })
}

const NOTHING_MERGED: AccountInput['merged'] = { admitted: new Map(), pooled: new Set() }

/** The line of one peer. */
export function rowOf(
  peer: Peer,
  outcome: PeerOutcome,
  { merged, now }: Pick<AccountInput, 'merged' | 'now'>,
): PeerRow {
  const row = { ...NOTHING, peerId: peer.id, name: peer.name, registryUrl: peer.registryUrl }
  switch (outcome.kind) {
    case 'answered':
      return {
        ...row,
        ...shownOf(peer, outcome.answer, { merged, now }),
        outcome: 'answered',
        durationMs: outcome.durationMs,
        cache: outcome.cache,
      }
    case 'stale': {
      const { answer, durationMs, error, retryAt } = outcome
      return {
        ...row,
        ...shownOf(peer, answer, { merged, now }),
        ...{ outcome: 'stale', durationMs, error, retryAt },
      }
    }
    case 'failed':
      return { ...row, outcome: outcome.reason, durationMs: outcome.durationMs, error: outcome.error }
    case 'skipped':
      return { ...row, outcome: 'skipped', reason: outcome.reason, retryAt: outcome.retryAt }
    default:
      return assertNever(outcome)
  }
}

/** What a row tells of records that are shown, fresh or not. */
function shownOf(
  { id }: Peer,
  answer: PeerAnswer,
  { merged, now }: Pick<AccountInput, 'merged' | 'now'>,
): Pick<PeerRow, 'results' | 'ageSeconds' | 'hasMore' | 'scoring' | 'droppedRecords'> {
  const results = merged.admitted.get(id) ?? 0
  return {
    results,
    ageSeconds: ageInSeconds(answer.fetchedAt, now),
    hasMore: answer.hasMore,
    scoring: merged.pooled.has(id) ? 'pooled' : null,
    droppedRecords: answer.droppedRecords + answer.agents.length - results,
  }
}

const NOTHING = {
  results: 0,
  durationMs: null,
  cache: null,
  ageSeconds: null,
  hasMore: false,
  error: null,
  reason: null,
  retryAt: null,
  scoring: null,
  droppedRecords: 0,
} as const
