/** Revoking a key or a token, after asking. */
import type { Problem } from '../../api/problem.ts'
import { useAsk } from '../parts/ask.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'

type Revoke = (credential: { readonly id: string }, what: string, more?: string) => Promise<void>

/** @param path below `api/v1/`. */
export function useRevoke(
  path: 'keys' | 'federation/tokens',
  onDone: () => void,
): { readonly revoke: Revoke; readonly problem: Problem | null } {
  const api = useApi()
  const ask = useAsk()
  const { problem, run } = useAct()
  return {
    problem,
    async revoke({ id }, what, more = '') {
      const effect = `It opens nothing any more: here at once, on all replicas within 5 seconds. This cannot be taken back. ${more}`
      if (!(await ask({ title: `Revoke ${what}?`, effect, act: 'Revoke it', isDangerous: true }))) return
      const answer = await run(() => api.call('DELETE', `${path}/${encodeURIComponent(id)}`))
      if (answer !== undefined) onDone()
    },
  }
}
