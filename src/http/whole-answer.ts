/** The whole answer to a question: ready, made together with others who ask the same, or made for this asker. */
import type { FederationStats } from '../domain/discovery.ts'
import type { Scope } from '../domain/principal.ts'
import type { AnswerUses } from './answer-uses.ts'
import { type AnswerOrigin, cacheName, cacheStatus, serverTiming } from './cache-status.ts'
import { type DiscoveryQuestion, questionKey } from './discovery-query.ts'
import { runSearch, type SearchDeps } from './discovery-search.ts'
import { type AnswerSource, makeJsonAnswer, type WholeAnswer } from './json-answer.ts'
import type { PreparedAnswers } from './prepared-answers.ts'

export interface WholeAnswers {
  /**
   * @param signal fires when the asker is gone.
   * @throws what the search throws.
   */
  give(question: DiscoveryQuestion, scope: Scope, signal: AbortSignal): Promise<WholeAnswer>
  /** What is ready for `questionKey`. */
  findReady(key: string): WholeAnswer | undefined
}

type StatusOf = (origin: Omit<AnswerOrigin, 'cacheTtlSeconds'>) => string

function createStatus({ config, self }: Pick<SearchDeps, 'config' | 'self'>): StatusOf {
  const { cacheTtlSeconds } = config.federation
  const ownCache = cacheName(self.url)
  return (origin) => cacheStatus(ownCache, { ...origin, cacheTtlSeconds })
}

/** Says of an answer that is given again where it is from. */
export function createReadySource(
  deps: Pick<SearchDeps, 'config' | 'self'>,
): (stats: FederationStats | null) => AnswerSource {
  const statusOf = createStatus(deps)
  return (stats) => ({
    cacheStatus: statusOf({ stats, from: 'prepared', forceRefresh: false }),
    serverTiming: null,
  })
}

export function createWholeAnswers(
  deps: SearchDeps,
  { prepared, uses }: { readonly prepared: PreparedAnswers; readonly uses: AnswerUses },
): WholeAnswers {
  const statusOf = createStatus(deps)

  const give = async (
    question: DiscoveryQuestion,
    scope: Scope,
    signal: AbortSignal,
  ): Promise<WholeAnswer> => {
    const started = deps.clock.monotonic()
    const key = questionKey(question, scope)
    const { forceRefresh, maxAgeSeconds } = question
    const ready = forceRefresh ? undefined : prepared.find(key)
    if (ready !== undefined) {
      uses.note(ready.answer.shown)
      return ready
    }
    const search = (stop: AbortSignal) => runSearch(question, scope, { deps, signal: stop })
    const makeAlone = async () => {
      const found = await search(signal)
      return { answer: makeJsonAnswer(found, deps.clock.now()), stats: found.stats, isJoined: false }
    }
    const { answer, stats, isJoined } = forceRefresh
      ? await makeAlone()
      : await prepared.make(key, search, { signal, maxAgeSeconds })
    // Who has seen what is newest is shown nothing older right after.
    if (forceRefresh) prepared.forget(key)
    if (isJoined) uses.note(answer.shown)
    const source = {
      cacheStatus: statusOf({ stats, from: isJoined ? 'joined' : 'search', forceRefresh }),
      serverTiming: serverTiming(stats, deps.clock.monotonic() - started),
    }
    return { answer, source }
  }
  return { give, findReady: prepared.find }
}
