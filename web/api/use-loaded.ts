/** What a view shows of the API: loaded once, or again and again while somebody looks. */
import { type Context, createContext } from 'preact'
import { useCallback, useContext, useEffect, useRef, useState } from 'preact/hooks'
import { type Allowance, askingPauseMs } from './allowance.ts'
import type { Answer } from './api.ts'
import { notARegistry, type Problem } from './problem.ts'

export type Loaded<T> =
  | { readonly kind: 'loading' }
  /** Nothing was ever loaded. */
  | { readonly kind: 'failed'; readonly problem: Problem }
  | {
      readonly kind: 'ready'
      readonly value: T
      /** Unix ms of this page's clock. */
      readonly loadedAt: number
      /** Why the last try brought nothing newer. */
      readonly problem: Problem | null
      /** Older than it should be: `problem` may say why, or the page slept. */
      readonly isStale: boolean
    }

/** What the pages around may still ask; without one, each goes on at its own pace. */
export const AllowanceContext: Context<Pick<Allowance, 'left'> | null> = createContext<Pick<
  Allowance,
  'left'
> | null>(null)

export type Loading = {
  /** What is loaded, in a word: another key is another thing, and begins anew. */
  readonly key: string
  /** Again after so long, while the page is seen. */
  readonly everyMs?: number
}

const LONGEST_PAUSE_MS = 60_000
/** Answers that came so many rounds ago should have been followed by others. */
const STALE_ROUNDS = 3

/**
 * Loads, and loads again: after `everyMs` while the page is seen, less often as the allowance runs out, later and later
 * while it fails, and at once when the page is seen again or `refresh` is called.
 */
export function useLoaded<T>(
  fetcher: (signal: AbortSignal) => Promise<Answer<T>>,
  { key, everyMs }: Loading,
): Loaded<T> & { readonly refresh: () => void } {
  const [kept, setKept] = useState<{ readonly key: string; readonly loaded: Loaded<T> }>(() => nothing(key))
  const latest = useRef(fetcher)
  latest.current = fetcher
  const again = useRef(() => {})
  const allowance = useContext(AllowanceContext)

  useEffect(() => {
    setKept((before) => (before.key === key ? before : nothing(key)))
    const round = startRounds((signal) => latest.current(signal), {
      everyMs,
      left: () => allowance?.left(Date.now()) ?? 1,
      tell: (answer) => setKept((before) => ({ key, loaded: next(before, { key, answer }) })),
      tellStale: () => setKept((before) => ({ ...before, loaded: stale(before.loaded) })),
    })
    again.current = round.now
    return round.stop
  }, [key, everyMs, allowance])

  const refresh = useCallback(() => again.current(), [])
  // Between another key and the effect that loads it, what was loaded for the last one is not shown.
  return { ...(kept.key === key ? kept.loaded : nothing<T>(key).loaded), refresh }
}

function nothing<T>(key: string): { readonly key: string; readonly loaded: Loaded<T> } {
  return { key, loaded: { kind: 'loading' } }
}

function next<T>(
  before: { readonly key: string; readonly loaded: Loaded<T> },
  { key, answer }: { readonly key: string; readonly answer: Answer<T> },
): Loaded<T> {
  if (answer.ok) {
    return { kind: 'ready', value: answer.value, loadedAt: Date.now(), problem: null, isStale: false }
  }
  const { problem } = answer
  const known = before.key === key && before.loaded.kind === 'ready' ? before.loaded : null
  // What is gone is not shown on: the answer is that there is none.
  if (known === null || problem.status === 404 || problem.status === 403) return { kind: 'failed', problem }
  return { ...known, problem, isStale: true }
}

function stale<T>(loaded: Loaded<T>): Loaded<T> {
  return loaded.kind === 'ready' ? { ...loaded, isStale: true } : loaded
}

type Rounds<T> = {
  readonly everyMs: number | undefined
  /** Of the allowance, from 0 to 1. */
  readonly left: () => number
  readonly tell: (answer: Answer<T>) => void
  readonly tellStale: () => void
}

/** What a fetcher answers, also where the answer's body breaks off while the fetcher reads it: a view never waits for ever. */
export async function settle<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> {
  try {
    return await ask()
  } catch {
    // Reading a body is all of a fetcher that throws: requests themselves answer with a problem.
    return { ok: false, problem: notARegistry('The answer broke off before its end.') }
  }
}

function startRounds<T>(
  fetcher: (signal: AbortSignal) => Promise<Answer<T>>,
  { everyMs, left, tell, tellStale }: Rounds<T>,
): { readonly now: () => void; readonly stop: () => void } {
  let running: AbortController | null = null
  let failures = 0
  let timer = 0
  let staleTimer = 0

  const now = (): void => {
    window.clearTimeout(timer)
    running?.abort()
    const mine = new AbortController()
    running = mine
    void settle(() => fetcher(mine.signal)).then((answer) => {
      if (mine.signal.aborted) return
      running = null
      failures = answer.ok ? 0 : failures + 1
      tell(answer)
      plan(answer)
    })
  }

  const plan = (answer: Answer<T>): void => {
    if (everyMs === undefined) return
    const asked = answer.ok ? 0 : (answer.problem.retryAfterSeconds ?? 0) * 1000
    const usual = askingPauseMs(everyMs, left())
    const pause = Math.max(asked, Math.min(usual * 2 ** failures, LONGEST_PAUSE_MS))
    if (!document.hidden) timer = window.setTimeout(now, pause)
    if (!answer.ok) return
    window.clearTimeout(staleTimer)
    staleTimer = window.setTimeout(tellStale, pause * STALE_ROUNDS)
  }

  const onVisibility = (): void => {
    window.clearTimeout(timer)
    if (!document.hidden && everyMs !== undefined) now()
  }

  document.addEventListener('visibilitychange', onVisibility)
  now()
  return {
    now,
    stop() {
      document.removeEventListener('visibilitychange', onVisibility)
      window.clearTimeout(timer)
      window.clearTimeout(staleTimer)
      running?.abort()
    },
  }
}
