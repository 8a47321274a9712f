/** Loads an agent, and the records that other registries have of it. */
import { useEffect, useState } from 'preact/hooks'
import type {
  WireDiscoveredAgent,
  WireDiscoveryAnswer,
  WireFederationStats,
} from '../../../src/wire/discovery.ts'
import type { Answer, Api } from '../../api/api.ts'
import { type Copy, copyKey, didOfCopy, otherCopies } from './copies.ts'

export type FoundAgent = WireDiscoveredAgent & { readonly federation_stats?: WireFederationStats }

export function findAgent(api: Api, did: string, signal: AbortSignal): Promise<Answer<FoundAgent>> {
  return api.call('GET', `discovery/agents/${encodeURIComponent(did)}`, { signal })
}

/**
 * The card of an MCP server that is kept here, as it was published; empty until it is there, and for others: cards of
 * peers' records are at their registries, which this page does not ask.
 */
export function useOwnCard(api: Api, { id, is_federated, card_format }: FoundAgent): string {
  const [card, setCard] = useState('')
  const isWanted = !is_federated && card_format === 'mcp-server'
  useEffect(() => {
    setCard('')
    if (!isWanted) return undefined
    const { signal, abort } = cancellable()
    const path = `agents/${encodeURIComponent(id)}/card`
    void api.open('GET', path, { accept: '*/*', signal }).then(async (answer) => {
      // What cannot be had is told where the card is shown.
      const text = answer.ok ? await answer.value.text().catch(() => '') : ''
      if (!signal.aborted) setCard(text)
    })
    return abort
  }, [api, id, isWanted])
  return card
}

function cancellable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
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
