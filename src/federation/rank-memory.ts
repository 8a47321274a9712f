/**
 * The last order of a search's results. Peers' answers are kept for minutes, and while the same answers are at hand the
 * order is the same: a popular search then costs no more than showing it.
 */
import { LRUCache } from 'lru-cache'
import type { PeerAnswer } from '../domain/discovery.ts'
import type { PeerId } from '../domain/peer.ts'
import { type LocalAnswer, type MergeInput, type Ranked, rankAnswers } from './merge.ts'

export interface RankMemory {
  /**
   * The order for this input, worked out only if something in it is new.
   * @param key all of the question that the order depends on.
   */
  rank(key: string, input: MergeInput): Ranked
}

/** What an order was made from; answers by number, so that none is kept in memory for its order's sake. */
type Basis = { readonly local: number | null; readonly shown: readonly Shown[] }
type Shown = {
  readonly answer: number
  readonly isStale: boolean
  readonly peerId: PeerId
  /** Its health changes with every look at it, and no result with that. */
  readonly peerUpdatedAt: number | undefined
}

/** Two hundred searches over a few peers, or forty over a thousand. */
const REMEMBERED_BYTES = 8 * 1024 * 1024
const SHOWN_BYTES = 150 // with its place among the counts of each peer's records
const RESULT_BYTES = 2_000

export function createRankMemory(): RankMemory {
  const known = new LRUCache<string, { readonly basis: Basis; readonly ranked: Ranked }>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: ({ basis, ranked }) =>
      1 + basis.shown.length * SHOWN_BYTES + ranked.identities.length * RESULT_BYTES,
  })
  const numbers = new WeakMap<object, number>()
  let lastNumber = 0
  const numberOf = (answer: PeerAnswer | LocalAnswer): number => {
    const given = numbers.get(answer)
    if (given !== undefined) return given
    lastNumber += 1
    numbers.set(answer, lastNumber)
    return lastNumber
  }
  return {
    rank(key, input) {
      const basis = basisOf(input, numberOf)
      const remembered = known.get(key)
      if (remembered !== undefined && isSame(remembered.basis, basis)) return remembered.ranked
      const ranked = rankAnswers(input)
      known.set(key, { basis, ranked })
      return ranked
    },
  }
}

type NumberOf = (answer: PeerAnswer | LocalAnswer) => number

function basisOf({ local, outcomes, peers }: MergeInput, numberOf: NumberOf): Basis {
  const updatedAt = new Map(peers.map((peer) => [peer.id, peer.updatedAt]))
  return {
    local: local === null ? null : numberOf(local),
    shown: outcomes.flatMap((outcome) => {
      if (outcome.kind !== 'answered' && outcome.kind !== 'stale') return []
      const { peerId, answer } = outcome
      const isStale = outcome.kind === 'stale' || outcome.cache === 'revalidating'
      return [{ answer: numberOf(answer), isStale, peerId, peerUpdatedAt: updatedAt.get(peerId) }]
    }),
  }
}

function isSame(a: Basis, b: Basis): boolean {
  if (a.local !== b.local || a.shown.length !== b.shown.length) return false
  return a.shown.every((one, place) => {
    const other = b.shown[place]
    return (
      other !== undefined &&
      one.answer === other.answer &&
      one.isStale === other.isStale &&
      one.peerId === other.peerId &&
      one.peerUpdatedAt === other.peerUpdatedAt
    )
  })
}
