/** What is asked, as the address of the page holds it and as the API takes it. */
import type { Parameters } from '../api/api.ts'

export type Question = {
  readonly search: string
  readonly type: string | null
  /** All of them. */
  readonly tags: readonly string[]
  /** Names of registries, this one's too; none asks all. */
  readonly registries: readonly string[]
}

export const NO_QUESTION: Question = { search: '', type: null, tags: [], registries: [] }

/** Longer words the API does not take. */
export const LONGEST_SEARCH = 200
const MOST_TAGS = 16

/** Reads the query of an address; what the API would refuse is cut off. */
export function readQuestion(query: string): Question {
  const parameters = new URLSearchParams(query)
  const all = (name: string): string[] => [
    ...new Set(parameters.getAll(name).filter((value) => value !== '')),
  ]
  return {
    search: (parameters.get('search') ?? '').slice(0, LONGEST_SEARCH),
    type: all('type')[0] ?? null,
    tags: all('tag').slice(0, MOST_TAGS),
    registries: all('registry'),
  }
}

/** The query of the address that holds a question; empty for none, so that the plain address asks for everything. */
export function writeQuestion({ search, type, tags, registries }: Question): string {
  const parameters = new URLSearchParams()
  if (search !== '') parameters.set('search', search)
  if (type !== null) parameters.set('type', type)
  for (const tag of tags) parameters.append('tag', tag)
  for (const registry of registries) parameters.append('registry', registry)
  const query = parameters.toString()
  return query === '' ? '' : `?${query}`
}

/** @param ownName this registry's: it is no peer, so it is asked for in another way. */
export function parametersOf({ search, type, tags, registries }: Question, ownName: string): Parameters {
  const peers = registries.filter((name) => name !== ownName)
  const isLocalOnly = registries.length > 0 && peers.length === 0
  return {
    ...(search.trim() !== '' && { search }),
    ...(type !== null && { agent_type: type }),
    ...(tags.length > 0 && { tags }),
    ...(!isLocalOnly && { include_federated: true }),
    ...(peers.length > 0 && { peers }),
    ...(peers.length > 0 && peers.length === registries.length && { include_local: false }),
  }
}

/** Equal for questions that are the same. */
export function questionKey(question: Question): string {
  return writeQuestion(question)
}

/** The list with the value taken out, or put at its end. */
export function toggled(values: readonly string[], value: string): readonly string[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value]
}
