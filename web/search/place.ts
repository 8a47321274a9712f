/** Where one is, as the address says it: at a search, or at an agent. */
import { type Question, readQuestion, writeQuestion } from './question.ts'

export type Place =
  | { readonly page: 'search'; readonly question: Question }
  | { readonly page: 'agent'; readonly did: string }

/** @param base the address that all addresses of the pages begin with. */
export function readPlace(address: string, base: string): Place | null {
  const url = new URL(address)
  const root = new URL('.', base)
  if (url.origin !== root.origin) return null
  const isAgent = url.pathname === `${root.pathname}agent`
  const did = isAgent ? (url.searchParams.get('did') ?? '') : ''
  if (did !== '') return { page: 'agent', did }
  // An agent's address that names none leads to where agents are found.
  return isAgent || url.pathname === root.pathname
    ? { page: 'search', question: readQuestion(url.search) }
    : null
}

export function writePlace(place: Place, base: string): string {
  const root = new URL('.', base).pathname
  if (place.page === 'search') return root + writeQuestion(place.question)
  return `${root}agent?did=${encodeURIComponent(place.did)}`
}
