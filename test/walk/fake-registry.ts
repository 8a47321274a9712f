/** A registry in memory that speaks the native protocol in bytes: ranked pages, its own statistics, keyset cursors. */
import type { Agent } from '../../src/domain/agent.ts'
import type { Peer } from '../../src/domain/peer.ts'
import { agentvault } from '../../src/federation/protocols/agentvault.ts'
import type { PeerProtocol, PeerRequest, Received } from '../../src/federation/protocols/protocol.ts'
import { scorable } from '../../src/federation/record-facts.ts'
import { countStatistics, type IndexedRecord } from '../../src/search/exact-search.ts'
import { compareRanked, createScorer, type Statistics, scoreTerms } from '../../src/search/score.ts'
import { parseQuery } from '../../src/search/tokenize.ts'
import { agentToWire } from '../../src/wire/agent.ts'
import { statisticsToWire } from '../../src/wire/search-stats.ts'

type Ranked = { readonly agent: Agent; readonly score: number; readonly did: string }
type Cursor = { readonly score: number; readonly did: string; readonly statistics: Statistics }

export class FakeRegistry {
  readonly url: string
  readonly #records = new Map<string, { readonly agent: Agent; readonly indexed: IndexedRecord }>()
  /** Ids of all records it ever sent. */
  readonly sent: Set<string> = new Set()
  isDown = false

  constructor(url: string, agents: readonly Agent[]) {
    this.url = url
    for (const agent of agents) this.put(agent)
  }

  get agents(): readonly Agent[] {
    return [...this.#records.values()].map(({ agent }) => agent)
  }

  put(agent: Agent): void {
    this.#records.set(agent.id, { agent, indexed: { did: agent.did, impacts: scoreTerms(scorable(agent)) } })
  }

  remove(id: string): void {
    this.#records.delete(id)
  }

  answer({ search, limit, cursor }: PeerRequest): Received {
    if (this.isDown) return { kind: 'failed', reason: 'unreachable', error: 'nobody is there' }
    const after = cursor === null ? null : readCursor(cursor)
    const all = [...this.#records.values()]
    const query = search === null ? null : parseQuery(search)
    const statistics =
      after?.statistics ??
      (query === null
        ? { documents: all.length, documentFrequency: new Map<string, number>() }
        : countStatistics(
            all.map(({ indexed }) => indexed),
            query,
          ))
    const scorer = query === null ? null : createScorer(query, statistics)
    const ranked = all
      .map(
        ({ agent, indexed }): Ranked => ({
          agent,
          did: agent.did,
          score: scorer === null ? agent.createdAt : scorer.scoreImpacts(indexed.impacts),
        }),
      )
      .filter((one) => one.score > 0 && (after === null || compareRanked(after, one) < 0))
      .sort(compareRanked)
    const page = ranked.slice(0, limit)
    const last = page.at(-1)
    for (const { agent } of page) this.sent.add(agent.id)
    const body = {
      agents: page.map(({ agent }) => agentToWire(agent, { url: this.url, name: 'whatever' })),
      next_cursor: last !== undefined && ranked.length > limit ? writeCursor({ ...last, statistics }) : null,
      ...(search !== null && { search_stats: statisticsToWire({ ...statistics, isEstimated: false }) }),
    }
    return { kind: 'received', body: Buffer.from(JSON.stringify(body)), etag: null }
  }
}

/** The native protocol with these registries in place of the network. */
export function protocolOf(registries: ReadonlyMap<string, FakeRegistry>): PeerProtocol {
  return {
    ...agentvault,
    async search(peer: Peer, request: PeerRequest): Promise<Received> {
      const registry = registries.get(peer.registryUrl)
      if (registry === undefined) throw new Error(`there is no registry ${peer.registryUrl}`)
      return registry.answer(request)
    },
  }
}

function writeCursor({ score, did, statistics }: Cursor): string {
  const { documents, documentFrequency } = statistics
  return Buffer.from(JSON.stringify([score, did, documents, [...documentFrequency]])).toString('base64url')
}

function readCursor(text: string): Cursor {
  const [score, did, documents, frequencies] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [
    number,
    string,
    number,
    [string, number][],
  ]
  return { score, did, statistics: { documents, documentFrequency: new Map(frequencies) } }
}
