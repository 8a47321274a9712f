/**
 * The last order of a search's results. Peers' answers are kept for minutes, and while the same answers are at hand the
 * order is the same: a popular search then costs no more than showing it.
 */
import { LRUCache } from 'lru-cache'
import { bytesOfAgent } from '../domain/agent-size.ts'
import { createAttachment } from '../domain/attachment.ts'
import type { PeerAnswer } from '../domain/discovery.ts'
import type { Candidate } from './identity.ts'
import { type LocalAnswer, listAnswers, type MergeInput, type Ranked, rankAnswers } from './merge.ts'

export interface RankMemory {
  /**
   * The order for this input, worked out only if something in it is new.
   * @param key all of the question that the order depends on.
   */
  rank(key: string, input: MergeInput): Ranked
}

/**
 * What an order was made from: what is blocked, our own answer, then of each peer that is shown what it answered and when
 * the peer was changed. Answers stand there by number, so that none is kept in memory for its order's sake.
 */
type Basis = readonly number[]

/** Four hundred searches over a few peers, or fifty over a thousand. */
const REMEMBERED_BYTES = 4 * 1024 * 1024
const SHOWN_BYTES = 64 // with its place among the counts of each peer's records
const COPY_BYTES = 500 // its record is mostly one that is kept anyway, with an answer
/** A larger record may be one of a peer that sends other ones each time, and then be kept for its order's sake alone. */
const USUAL_BYTES = 4 * 1024

export function createRankMemory(): RankMemory {
  const known = new LRUCache<string, { readonly basis: Basis; readonly ranked: Ranked }>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: ({ ranked }) => 1 + ranked.admitted.size * SHOWN_BYTES + bytesOfCopies(ranked),
  })
  const numberOf = createNumbering()
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

/** Of all results: each has one at least. */
function bytesOfCopies({ identities }: Ranked): number {
  let bytes = 0
  for (const { shown, others } of identities) {
    bytes += bytesOfCopy(shown)
    for (const other of others) bytes += bytesOfCopy(other)
  }
  return bytes
}

function bytesOfCopy({ agent }: Candidate): number {
  return COPY_BYTES + Math.max(0, bytesOfAgent(agent) - USUAL_BYTES)
}

type NumberOf = (answer: PeerAnswer | LocalAnswer) => number

const MOST_EMPTY = 10_000

/**
 * Gives what was answered a number of its own; when it was answered changes no order. Empty answers, which are asked for
 * anew every half a minute, have one in common if they say the same of how common words are: that is all an order takes
 * from them.
 */
function createNumbering(): NumberOf {
  const numbers = createAttachment<object, { readonly number: number; readonly statistics: object | null }>()
  const emptyNumbers = new LRUCache<string, number>({ maxSize: MOST_EMPTY, sizeCalculation: () => 1 })
  let last = 0
  return (answer) => {
    const { statistics } = answer
    const content = 'agents' in answer ? answer.agents : answer
    const given = numbers.get(content)
    if (given !== undefined && given.statistics === statistics) return given.number
    const text = 'agents' in answer && answer.agents.length === 0 ? writeStatistics(answer) : undefined
    let number = text === undefined ? undefined : emptyNumbers.get(text)
    if (number === undefined) {
      last += 1
      number = last
      if (text !== undefined) emptyNumbers.set(text, number)
    }
    numbers.set(content, { number, statistics })
    return number
  }
}

function writeStatistics({ statistics }: PeerAnswer): string {
  if (statistics === null) return ''
  const { documents, documentFrequency, isEstimated } = statistics
  return JSON.stringify([documents, [...documentFrequency], isEstimated])
}

function basisOf({ local, outcomes, peers, blocked }: MergeInput, numberOf: NumberOf): Basis {
  // A peer's health changes with every look at it, and no result with that.
  const updatedAt = new Map(peers.map((peer) => [peer.id, peer.updatedAt]))
  const basis = [blocked?.generation ?? 0, local === null ? 0 : numberOf(local)]
  // By peer, as the order is made: it does not depend on who answered first.
  for (const { peerId, answer } of listAnswers(outcomes)) {
    basis.push(numberOf(answer), updatedAt.get(peerId) ?? 0)
  }
  return basis
}

function isSame(a: Basis, b: Basis): boolean {
  return a.length === b.length && a.every((one, place) => one === b[place])
}
