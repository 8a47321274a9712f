/** What the address of the page without JavaScript asks for, and the addresses of its further pages. */
import type { DiscoveryParameters } from './discovery-query.ts'

export type PlainQuestion = {
  readonly search: string
  readonly types: readonly string[]
  readonly tags: readonly string[]
  /** Names of registries, this one's too; none asks all. */
  readonly registries: readonly string[]
  readonly cursor: string | null
}

/** As many and as long as the API takes them. What goes beyond is left out: who sees a page sees what was asked. */
const LIMITS = {
  search: 200,
  type: { chars: 64, most: 1 },
  tag: { chars: 64, most: 16 },
  registry: { chars: 200, most: 100 },
}

/** @param url with its query; parameters that are not ours are nobody's fault here. */
export function readPlainQuestion(url: string): PlainQuestion {
  const parameters = new URLSearchParams(url.replace(/^[^?]*/, ''))
  const all = (name: 'type' | 'tag' | 'registry'): string[] => {
    const { chars, most } = LIMITS[name]
    const fitting = parameters.getAll(name).filter((value) => value !== '' && value.length <= chars)
    return [...new Set(fitting)].slice(0, most)
  }
  return {
    search: (parameters.get('search') ?? '').slice(0, LIMITS.search),
    ...{ types: all('type'), tags: all('tag'), registries: all('registry') },
    cursor: parameters.get('cursor'),
  }
}

/** The address of the page, below the base. */
export const PLAIN = 'plain'

/** The address of a page of the same question, below the base; of its first page if no cursor is given. */
export function plainAddress(question: Omit<PlainQuestion, 'cursor'>, cursor: string | null = null): string {
  const parameters = new URLSearchParams()
  if (question.search !== '') parameters.set('search', question.search)
  for (const type of question.types) parameters.append('type', type)
  for (const tag of question.tags) parameters.append('tag', tag)
  for (const registry of question.registries) parameters.append('registry', registry)
  if (cursor !== null) parameters.set('cursor', cursor)
  const query = parameters.toString()
  return query === '' ? PLAIN : `${PLAIN}?${query}`
}

/**
 * The same as the API is asked it.
 * @param ownName this registry's: it is no peer, so it is asked for in another way.
 * @param mayAskPeers whether peers are asked where none is named. Those that are named are asked for in any case, and
 *   who may not is told so.
 */
export function apiParametersOf(
  { search, types, tags, registries, cursor }: PlainQuestion,
  { ownName, mayAskPeers }: { readonly ownName: string; readonly mayAskPeers: boolean },
): DiscoveryParameters {
  const peers = registries.filter((name) => name !== ownName)
  const [type] = types
  return {
    search,
    ...(type !== undefined && { agent_type: type }),
    ...{ tags: [...tags], peers },
    include_federated: peers.length > 0 || (registries.length === 0 && mayAskPeers),
    include_local: registries.length === 0 || peers.length < registries.length,
    ...(cursor !== null && { cursor }),
  }
}
