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
  if (url.pathname === root.pathname) return { page: 'search', question: readQuestion(url.search) }
  if (url.pathname === `${root.pathname}agent`)
    return { page: 'agent', did: url.searchParams.get('did') ?? '' }
  return null
}

export function writePlace(place: Place, base: string): string {
  const root = new URL('.', base).pathname
  if (place.page === 'search') return root + writeQuestion(place.question)
  return `${root}agent?did=${encodeURIComponent(place.did)}`
}
