/**
 * The headers of a ready answer as node takes them fastest, names and values in turn. Made by the functions that make
 * them on the ordinary way; what stays the same from request to request is made once for each answer.
 */
import type { Principal } from '../domain/principal.ts'
import { remembered } from '../events/remembered.ts'
import { answerHeaders, contentHeaders, type WholeAnswer } from './json-answer.ts'
import type { FirstHeaders } from './response-headers.ts'

export type ReadyHeaders = (
  ready: WholeAnswer,
  request: {
    readonly requestId: string
    readonly principal: Principal
    /** Of its limits. */
    readonly spent: Readonly<Record<string, string>>
    /** Whether 304 is answered. */
    readonly isKnown: boolean
  },
) => string[]

export function createReadyHeaders(firstHeaders: FirstHeaders): ReadyHeaders {
  const first: readonly string[] = Object.entries(firstHeaders('')).flat()
  const idAt = first.indexOf('')
  const made = new WeakMap<WholeAnswer, Map<string, readonly string[]>>()

  const lastOf = (ready: WholeAnswer, principal: Principal, isKnown: boolean): readonly string[] => {
    const forms = made.get(ready) ?? new Map<string, readonly string[]>()
    made.set(ready, forms)
    return remembered(forms, isKnown ? `${principal.kind} 304` : principal.kind, () => {
      const own = answerHeaders(ready.answer, principal, ready.source)
      return Object.entries(isKnown ? own : { ...own, ...contentHeaders(ready.answer) }).flat()
    })
  }

  return (ready, { requestId, principal, spent, isKnown }) => {
    const headers = first.slice()
    headers[idAt] = requestId
    for (const name in spent) headers.push(name, spent[name] ?? '')
    headers.push(...lastOf(ready, principal, isKnown))
    return headers
  }
}
