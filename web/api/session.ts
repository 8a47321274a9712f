/** Who is signed in. */
import type { Role } from '../../src/domain/principal.ts'
import type { Answer, Api } from './api.ts'

/** The holder of the key that this session was begun with. */
export type Me = {
  readonly key_id: string
  readonly owner_id: string
  readonly name: string
  readonly role: Role
}

export function getMe(api: Api, signal?: AbortSignal): Promise<Answer<Me>> {
  return api.call('GET', 'me', { signal })
}

/** Begins a session: the registry keeps the cookie, and the page forgets the key. */
export function beginSession(api: Api, key: string): Promise<Answer<unknown>> {
  return api.call('POST', 'session', { body: { key } })
}

export function endSession(api: Api): Promise<Answer<null>> {
  return api.call('DELETE', 'session')
}

/** What to say after a sign-out, above the form: that the session ended only if it did. */
export function afterSignOut(ended: Answer<unknown>): string {
  if (ended.ok || ended.problem.status === 401) return 'You are signed out.'
  return `This page shows nothing more, but you may still be signed in at this browser: ${ended.problem.sentence} Load the page again, and sign out once more.`
}
