/** What one search is told of one peer. Pure. */
import type { PeerAnswer, PeerOutcome } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import type { NotAsked } from './ask-peer.ts'

type Answered = Extract<PeerOutcome, { kind: 'answered' }>

/** Why a peer gave nothing: it failed, or it was not asked. */
export type Cause = Pick<Extract<PeerOutcome, { kind: 'stale' }>, 'reason' | 'error' | 'retryAt'>

/** It waited for nothing, if not said otherwise. */
export function answered({ id: peerId }: Peer, answer: PeerAnswer, cache: Answered['cache']): Answered {
  return { kind: 'answered', peerId, answer, cache, durationMs: 0 }
}

/** @param shown what is shown in place of an answer, if anything. */
export function failedOutcome(
  { id: peerId }: Peer,
  {
    cause: { reason, error, retryAt },
    shown,
    durationMs,
  }: { readonly cause: Cause; readonly shown: PeerAnswer | undefined; readonly durationMs: number },
): PeerOutcome {
  if (shown !== undefined) return { kind: 'stale', peerId, answer: shown, reason, error, durationMs, retryAt }
  if (reason === 'breaker-open' || reason === 'budget') return { kind: 'skipped', peerId, reason, retryAt }
  return { kind: 'failed', peerId, reason, error, durationMs }
}

const NOT_ASKED = {
  'breaker-open': 'It has failed too often of late and is left alone for a while.',
  budget: 'It is asked no more often than agreed, and other searches have used that up.',
} as const

/** That it was not asked, as a cause. */
export function causeOf({ reason, retryAt }: Pick<NotAsked, 'reason' | 'retryAt'>): Cause {
  return { reason, error: NOT_ASKED[reason], retryAt }
}

export function blockedHere({ id: peerId }: Peer): PeerOutcome {
  const error = 'The operators of this registry block it.'
  return { kind: 'failed', peerId, reason: 'blocked', error, durationMs: 0 }
}

export function notSpoken({ id: peerId, protocol }: Peer): PeerOutcome {
  const error = `This registry does not speak the protocol "${protocol}".`
  return { kind: 'failed', peerId, reason: 'blocked', error, durationMs: 0 }
}
