/** The session of the console: who is signed in, and what happens when it ends. */
import { type ComponentChildren, createContext, type VNode } from 'preact'
import { useContext, useEffect, useMemo, useState } from 'preact/hooks'
import { createAllowance } from '../api/allowance.ts'
import { type Api, createApi } from '../api/api.ts'
import type { Problem } from '../api/problem.ts'
import { afterSignOut, beginSession, endSession, getMe, type Me } from '../api/session.ts'
import { AllowanceContext } from '../api/use-loaded.ts'
import { may, type Permission } from './roles.ts'

type SessionState =
  | { readonly kind: 'looking' }
  /** `reason` is said above the form. */
  | { readonly kind: 'signed-out'; readonly reason: string | null }
  | { readonly kind: 'signed-in'; readonly me: Me }
  /** The registry could not be asked. */
  | { readonly kind: 'unknown'; readonly problem: Problem }

type Session = {
  readonly state: SessionState
  readonly api: Api
  readonly look: () => void
  /** The problem, if the key is not taken. */
  readonly signIn: (key: string) => Promise<Problem | null>
  readonly signOut: () => Promise<void>
}

const SessionContext = createContext<Session | null>(null)

const ENDED = 'Your session ended. Sign in again, and you are back where you were.'

export function SessionProvider({ children }: { readonly children: ComponentChildren }): VNode {
  const [state, setState] = useState<SessionState>({ kind: 'looking' })
  const allowance = useMemo(createAllowance, [])
  const api = useMemo(() => {
    const onSessionEnd = (): void =>
      setState((before) => (before.kind === 'signed-in' ? { kind: 'signed-out', reason: ENDED } : before))
    return createApi({ onSessionEnd, onHeaders: (headers) => allowance.note(headers, Date.now()) })
  }, [allowance])

  const look = async (): Promise<Problem | null> => {
    const answer = await getMe(api)
    if (answer.ok) setState({ kind: 'signed-in', me: answer.value })
    else if (answer.problem.status === 401) setState({ kind: 'signed-out', reason: null })
    else setState({ kind: 'unknown', problem: answer.problem })
    return answer.ok ? null : answer.problem
  }
  // Once, when the page is opened.
  useEffect(() => {
    void look()
  }, [])

  const session: Session = {
    state,
    api,
    look: () => void look(),
    async signIn(key) {
      const begun = await beginSession(api, key)
      return begun.ok ? look() : begun.problem
    },
    async signOut() {
      // Whether or not the registry hears of it, this page shows nothing more.
      const ended = await endSession(api)
      setState({ kind: 'signed-out', reason: afterSignOut(ended) })
    },
  }
  return (
    <SessionContext.Provider value={session}>
      <AllowanceContext.Provider value={allowance}>{children}</AllowanceContext.Provider>
    </SessionContext.Provider>
  )
}

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === null) throw new Error('no SessionProvider around this view')
  return session
}

export function useApi(): Api {
  return useSession().api
}

/** Who is signed in; only for what is shown to those who are. */
export function useMe(): Me {
  const { state } = useSession()
  if (state.kind !== 'signed-in') throw new Error('nobody is signed in')
  return state.me
}

/** Whether the one who is signed in may do so. */
export function useMay(permission: Permission): boolean {
  return may(useMe().role, permission)
}
