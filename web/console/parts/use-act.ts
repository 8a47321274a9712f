/** One act of a view: under way, refused, or done. */
import { useState } from 'preact/hooks'
import type { Answer } from '../../api/api.ts'
import type { Problem } from '../../api/problem.ts'
import { RefusedError } from './problem-note.tsx'

export type Act = {
  readonly isBusy: boolean
  /** Why the last try was refused. */
  readonly problem: Problem | null
  /** What came of it; undefined if it was refused, which `problem` tells then. */
  readonly run: <T>(ask: () => Promise<Answer<T>>) => Promise<T | undefined>
}

export function useAct(): Act {
  const [state, setState] = useState<Pick<Act, 'isBusy' | 'problem'>>({ isBusy: false, problem: null })
  return {
    ...state,
    async run(ask) {
      setState({ isBusy: true, problem: null })
      const answer = await ask()
      setState({ isBusy: false, problem: answer.ok ? null : answer.problem })
      return answer.ok ? answer.value : undefined
    },
  }
}

/** What came of a request, for dialogs that tell a refusal themselves. @throws RefusedError */
export function granted<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value
  throw new RefusedError(answer.problem)
}
