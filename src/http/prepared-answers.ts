/**
 * Answers whose bytes are ready, and those that are being made: who asks what somebody else just asked, or is asking,
 * gets the same bytes.
 *
 * What is shared is shared among callers who may see the same, for at most a second, and only if making it anew would
 * give the same: not while a peer is asked, nor after one has failed. A change made through this process makes all of
 * it unready at once; whoever changed something finds it changed.
 */
import { LRUCache } from 'lru-cache'
import type { DiscoveryAnswer, FederationStats } from '../domain/discovery.ts'
import { PassingMap } from '../domain/passing-map.ts'
import type { Clock } from '../domain/ports.ts'
import { createByteRing, type RingPlace } from './byte-ring.ts'
import { type AnswerSource, type JsonAnswer, makeJsonAnswer, type WholeAnswer } from './json-answer.ts'

export interface PreparedAnswers {
  /**
   * An answer that is ready. None is near its end, for the first who asks then and is to make the next.
   * @param question as `questionKey` gives it: what is asked, and what its asker may see.
   */
  find(question: string): WholeAnswer | undefined
  /**
   * The answer, made now or together with those who are waiting for it already.
   *
   * @param search stopped by its signal when all who wait have left. What it throws, all get.
   * @param signal fires when this asker leaves.
   */
  make(
    question: string,
    search: (signal: AbortSignal) => Promise<DiscoveryAnswer>,
    options: { readonly signal: AbortSignal; readonly maxAgeSeconds: number | null },
  ): Promise<Made & { readonly isJoined: boolean }>
  /** No answer to this question is ready any more, and nobody joins what is under way. */
  forget(question: string): void
  /** The same for all questions. */
  forgetAll(): void
}

/** For those who waited for it, with the account that nobody keeps. */
type Made = { readonly answer: JsonAnswer; readonly stats: FederationStats | null }

const LONGEST_MS = 1_000 // so long, other replicas' changes may stay unseen
const RENEWED_MS = 200
/** 8 MiB: some 300 answers of 20 results; as much again for those that are asked for again. */
const MAX_BYTES = 8 * 1024 * 1024
const LARGEST_SHARE = 1 / 8 // one answer does not push all others out
const ENTRY_BYTES = 1_000 // besides its bytes: the question, the names of the peers, the entry itself

/** An answer without its bytes, and where they are; with them once somebody has asked for it again, which few are. */
type Ready = {
  readonly place: RingPlace
  readonly rest: Omit<JsonAnswer, 'body'>
  readonly source: AnswerSource
  readonly goodUntil: number
  whole: WholeAnswer | undefined
}

type UnderWay = {
  readonly made: Promise<Made>
  readonly stop: AbortController
  readonly startedAt: number
  waiting: number
}

/** @param sourceOf what is said of an answer with this account when it is given again. */
export function createPreparedAnswers(
  clock: Pick<Clock, 'now' | 'monotonic'>,
  sourceOf: (stats: FederationStats | null) => AnswerSource,
  maxBytes: number = MAX_BYTES,
): PreparedAnswers {
  const bodies = createByteRing(maxBytes)
  const ready = new LRUCache<string, Ready>({
    maxSize: maxBytes,
    sizeCalculation: ({ place }, question) => place.length + question.length + ENTRY_BYTES,
  })
  const underWay = new PassingMap<string, UnderWay>()

  const keep = (
    question: string,
    { body, ...rest }: JsonAnswer,
    how: Pick<Ready, 'source' | 'goodUntil'>,
  ): void => {
    ready.set(question, { place: bodies.put(body), rest, ...how, whole: undefined })
  }

  const completed = ({ place, rest, source }: Ready): WholeAnswer | undefined => {
    const body = bodies.take(place)
    return body && { answer: { body, ...rest }, source }
  }

  const drop = (question: string, making: UnderWay): void => {
    if (underWay.get(question) === making) underWay.delete(question)
  }

  /** One that began longer ago has read our own records longer ago. */
  const joinable = (question: string): UnderWay | undefined => {
    const making = underWay.get(question)
    return making !== undefined && clock.monotonic() - making.startedAt < LONGEST_MS ? making : undefined
  }

  const start = (
    question: string,
    search: (signal: AbortSignal) => Promise<DiscoveryAnswer>,
    maxAgeSeconds: number | null,
  ): UnderWay => {
    const stop = new AbortController()
    const startedAt = clock.monotonic()
    const make = async (): Promise<Made> => {
      const found = await search(stop.signal)
      const { stats } = found
      const now = clock.now()
      const answer = makeJsonAnswer(found, now)
      const keepMs = keptForMs(found, { maxAgeSeconds, now })
      const isSmall = answer.body.length <= maxBytes * LARGEST_SHARE
      const isForgotten = underWay.get(question) !== making
      if (keepMs > 0 && isSmall && !isForgotten) {
        keep(question, answer, { source: sourceOf(stats), goodUntil: startedAt + keepMs })
      }
      return { answer, stats }
    }
    const making: UnderWay = {
      made: make().finally(() => drop(question, making)),
      stop,
      startedAt,
      waiting: 0,
    }
    underWay.set(question, making)
    return making
  }

  return {
    find(question) {
      const found = ready.get(question)
      if (found === undefined) return undefined
      const leftMs = found.goodUntil - clock.monotonic()
      // One asker makes the next before this one is over, so that not all who ask then wait for it.
      const isDue = leftMs < RENEWED_MS && !underWay.has(question)
      if (leftMs <= 0 || isDue) return undefined
      found.whole ??= completed(found)
      return found.whole
    },
    async make(question, search, { signal, maxAgeSeconds }) {
      const joined = joinable(question)
      const making = joined ?? start(question, search, maxAgeSeconds)
      const leave = () => {
        making.waiting -= 1
        if (making.waiting > 0) return
        drop(question, making)
        making.stop.abort()
      }
      making.waiting += 1
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
      try {
        return { ...(await making.made), isJoined: joined !== undefined }
      } finally {
        signal.removeEventListener('abort', leave)
      }
    },
    forget(question) {
      ready.delete(question)
      underWay.delete(question)
    },
    forgetAll() {
      ready.clear()
      underWay.clear()
    },
  }
}

/** How long this answer is what a new one would be. */
export function keptForMs(
  { stats }: Pick<DiscoveryAnswer, 'stats'>,
  { maxAgeSeconds, now }: { readonly maxAgeSeconds: number | null; readonly now: number },
): number {
  const limits = (stats?.peers ?? []).map(({ outcome, cache, ageSeconds, retryAt }) => {
    if (outcome === 'answered') {
      if (cache !== 'hit') return 0
      // Ages are whole seconds: the copy may be nearly one older than it says.
      return maxAgeSeconds === null ? LONGEST_MS : (maxAgeSeconds - (ageSeconds ?? 0) - 1) * 1000
    }
    const isWaitedFor = outcome === 'skipped' || (outcome === 'stale' && retryAt !== null)
    if (!isWaitedFor) return 0
    return retryAt === null ? LONGEST_MS : retryAt - now
  })
  return Math.min(LONGEST_MS, ...limits)
}
