/** Loads an agent, and the records that other registries have of it. */
import { useEffect, useState } from 'preact/hooks'
import type {
  WireDiscoveredAgent,
  WireDiscoveryAnswer,
  WireFederationStats,
} from '../../../src/wire/discovery.ts'
import type { Answer, Api } from '../../api/api.ts'
import { type Loaded, useLoaded } from '../../api/use-loaded.ts'
import { type Copy, copyKey, didOfCopy, otherCopies } from './copies.ts'

export type FoundAgent = WireDiscoveredAgent & { readonly federation_stats?: WireFederationStats }

export function findAgent(api: Api, did: string, signal: AbortSignal): Promise<Answer<FoundAgent>> {
  return api.call('GET', `discovery/agents/${encodeURIComponent(did)}`, { signal })
}

/** A card as it was published; `null` where there is none, or it is with another registry, which this page does not ask. */
export type OwnCard = Loaded<string | null> & { readonly refresh: () => void }

/** Loads it once, for all on the page that shows something of it. */
export function useOwnCard(api: Api, { id, is_federated, card_url }: FoundAgent): OwnCard {
  const isHere = !is_federated && card_url !== null
  return useLoaded(
    async (signal): Promise<Answer<string | null>> => {
      if (!isHere) return withoutTag(null)
      const path = `agents/${encodeURIComponent(id)}/card`
      const answer = await api.open('GET', path, { accept: '*/*', signal })
      return answer.ok ? { ...answer, value: await answer.value.text() } : answer
    },
    { key: isHere ? id : '' },
  )
}

/** A copy with its record, or with why that could not be had. */
export type LoadedCopy = Copy & { readonly agent: FoundAgent | null; readonly why: string | null }

/**
 * @param known results of a search, which may tell already where else the agent is; else one is made, by its name.
 * @returns `null` while they are looked for; a problem where nobody could be asked for them.
 */
export function useCopies(
  api: Api,
  agent: FoundAgent | null,
  known: Iterable<WireDiscoveredAgent>,
): Answer<readonly LoadedCopy[]> | null {
  const [copies, setCopies] = useState<Answer<readonly LoadedCopy[]> | null>(null)
  const key = agent === null ? null : copyKey(agent)
  // What else was found while the page is open is another search's.
  useEffect(() => {
    if (agent === null) return
    const mine = new AbortController()
    void loadCopies(api, { agent, known, signal: mine.signal }).then((loaded) => {
      if (!mine.signal.aborted) setCopies(loaded)
    })
    return () => mine.abort()
  }, [api, key])
  return copies
}

type Looking = {
  readonly agent: FoundAgent
  readonly known: Iterable<WireDiscoveredAgent>
  readonly signal: AbortSignal
}

async function loadCopies(
  api: Api,
  { agent, known, signal }: Looking,
): Promise<Answer<readonly LoadedCopy[]>> {
  const fromSearch = otherCopies(agent, known)
  const copies = fromSearch.length > 0 ? withoutTag(fromSearch) : await searchCopies(api, agent, signal)
  if (!copies.ok) return copies
  return withoutTag(await Promise.all(copies.value.map((copy) => loadCopy(api, copy, signal))))
}

/** Records are put together by a search, so it is asked for the agent's own name. */
async function searchCopies(
  api: Api,
  agent: FoundAgent,
  signal: AbortSignal,
): Promise<Answer<readonly Copy[]>> {
  const parameters = { search: agent.name.slice(0, 200), include_federated: true, limit: 50 }
  const answer = await api.call<WireDiscoveryAnswer>('GET', 'discovery/agents', { parameters, signal })
  return answer.ok ? withoutTag(otherCopies(agent, answer.value.agents)) : answer
}

/** What was put together here has no version of its own. */
function withoutTag<T>(value: T): Answer<T> {
  return { ok: true, value, etag: null }
}

async function loadCopy(api: Api, copy: Copy, signal: AbortSignal): Promise<LoadedCopy> {
  const answer = await findAgent(api, didOfCopy(copy), signal)
  if (answer.ok) return { ...copy, agent: answer.value, why: null }
  return { ...copy, agent: null, why: answer.problem.sentence }
}
