/**
 * The last order of a search's results. Peers' answers are kept for minutes, and while the same answers are at hand the
 * order is the same: a popular search then costs no more than showing it.
 */
import { LRUCache } from 'lru-cache'
import type { PeerAnswer, PeerOutcome } from '../domain/discovery.ts'
import type { Peer } from '../domain/peer.ts'
import { type LocalAnswer, type MergeInput, type Ranked, rankAnswers } from './merge.ts'

export interface RankMemory {
  /**
   * The order for this input, worked out only if something in it is new.
   * @param key all of the question that the order depends on.
   */
  rank(key: string, input: MergeInput): Ranked
}

/** What an order was made from. */
type Basis = { readonly local: LocalAnswer | null; readonly shown: readonly Shown[] }
type Shown = { readonly answer: PeerAnswer; readonly isStale: boolean; readonly peer: Peer | undefined }

const REMEMBERED = 500

export function createRankMemory(): RankMemory {
  const known = new LRUCache<string, { readonly basis: Basis; readonly ranked: Ranked }>({ max: REMEMBERED })
  return {
    rank(key, input) {
      const basis = basisOf(input)
      const remembered = known.get(key)
      if (remembered !== undefined && isSame(remembered.basis, basis)) return remembered.ranked
      const ranked = rankAnswers(input)
      known.set(key, { basis, ranked })
      return ranked
    },
  }
}

function basisOf({ local, outcomes, peers }: MergeInput): Basis {
  const byId = new Map(peers.map((peer) => [peer.id, peer]))
  return { local, shown: outcomes.flatMap((outcome) => shownOf(outcome, byId)) }
}

function shownOf(outcome: PeerOutcome, byId: ReadonlyMap<string, Peer>): Shown[] {
  if (outcome.kind !== 'answered' && outcome.kind !== 'stale') return []
  const isStale = outcome.kind === 'stale' || outcome.cache === 'revalidating'
  return [{ answer: outcome.answer, isStale, peer: byId.get(outcome.peerId) }]
}

function isSame(a: Basis, b: Basis): boolean {
  if (a.local !== b.local || a.shown.length !== b.shown.length) return false
  return a.shown.every((one, place) => {
    const other = b.shown[place]
    return (
      other !== undefined &&
      one.answer === other.answer &&
      one.isStale === other.isStale &&
      isSamePeer(one.peer, other.peer)
    )
  })
}

/** Its health changes with every look at it, and no result with that. */
function isSamePeer(a: Peer | undefined, b: Peer | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.id === b.id && a.updatedAt === b.updatedAt)
}
