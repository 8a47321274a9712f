/** The whole answer to a question: ready, made together with others who ask the same, or made for this asker. */
import type { Scope } from '../domain/principal.ts'
import type { AnswerUses } from './answer-uses.ts'
import { type AnswerOrigin, cacheName, cacheStatus, serverTiming } from './cache-status.ts'
import { type DiscoveryQuestion, questionKey } from './discovery-query.ts'
import { runSearch, type SearchDeps } from './discovery-search.ts'
import { type AnswerSource, type JsonAnswer, makeJsonAnswer } from './json-answer.ts'
import type { PreparedAnswers } from './prepared-answers.ts'

export type WholeAnswer = { readonly answer: JsonAnswer; readonly source: AnswerSource }

export interface WholeAnswers {
  /**
   * @param signal fires when the asker is gone.
   * @throws what the search throws.
   */
  give(question: DiscoveryQuestion, scope: Scope, signal: AbortSignal): Promise<WholeAnswer>
  /** What is ready for `questionKey`. */
  findReady(key: string): WholeAnswer | undefined
}

export function createWholeAnswers(
  deps: SearchDeps,
  { prepared, uses }: { readonly prepared: PreparedAnswers; readonly uses: AnswerUses },
): WholeAnswers {
  const { cacheTtlSeconds } = deps.config.federation
  const ownCache = cacheName(deps.self.url)
  const statusOf = (origin: Omit<AnswerOrigin, 'cacheTtlSeconds'>) =>
    cacheStatus(ownCache, { ...origin, cacheTtlSeconds })

  const described = new WeakMap<JsonAnswer, WholeAnswer>()

  const describe = (answer: JsonAnswer): WholeAnswer => {
    const status = statusOf({ stats: answer.stats, from: 'prepared', forceRefresh: false })
    const whole = { answer, source: { cacheStatus: status, serverTiming: null } }
    described.set(answer, whole)
    return whole
  }

  const findReady = (key: string): WholeAnswer | undefined => {
    const answer = prepared.find(key)
    return answer && (described.get(answer) ?? describe(answer))
  }

  const give = async (
    question: DiscoveryQuestion,
    scope: Scope,
    signal: AbortSignal,
  ): Promise<WholeAnswer> => {
    const started = deps.clock.monotonic()
    const key = questionKey(question, scope)
    const { forceRefresh, maxAgeSeconds } = question
    const ready = forceRefresh ? undefined : findReady(key)
    if (ready !== undefined) {
      uses.note(ready.answer.stats)
      return ready
    }
    const search = (stop: AbortSignal) => runSearch(question, scope, { deps, signal: stop })
    const made = forceRefresh
      ? { answer: makeJsonAnswer(await search(signal)), isJoined: false }
      : await prepared.make(key, search, { signal, maxAgeSeconds })
    // Who has seen what is newest is shown nothing older right after.
    if (forceRefresh) prepared.forget()
    const { stats } = made.answer
    if (made.isJoined) uses.note(stats)
    const source = {
      cacheStatus: statusOf({ stats, from: made.isJoined ? 'joined' : 'search', forceRefresh }),
      serverTiming: serverTiming(stats, deps.clock.monotonic() - started),
    }
    return { answer: made.answer, source }
  }
  return { give, findReady }
}
