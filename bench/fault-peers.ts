/**
 * Registries of every temper in one process, as many of each as its argument says: `node bench/fault-peers.ts
 * '{"good":5,"hung":1}'`. Good ones answer after 5 to 60 ms with their best 50 of a share of the real records, hung
 * ones never, moody ones are good ones that hang at every fifth search, broken ones answer 500, slow ones take 2 s.
 *
 * Answers are found by an index, made once for each query and kept as bytes, so that the peers cost the machine little
 * and take no longer than they are to. Prints one line of JSON when all listen; `GET /calls` on the first port tells how
 * often each was asked each query, those left out for which it has nothing: an empty answer counts as fresh for half a
 * minute only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { compareRanked, createScorer, scoreTerms } from '../src/search/score.ts'
import { createTermIndex, type TermIndex } from '../src/search/term-index.ts'
import { createTokenizer, parseQuery } from '../src/search/tokenize.ts'
import { statisticsToWire } from '../src/wire/search-stats.ts'
import { createRandom, loadRecords, toImportLine } from './records.ts'

export type Temper = 'good' | 'hung' | 'moody' | 'broken' | 'slow'
export type Tempers = Readonly<Partial<Record<Temper, number>>>

const SLOW_MS = 2_000
const RESULTS = 50
const SHARES = 50 // of the records, one for each peer: some 260, which cost it little to go through
const [LEAST_MS, MOST_MS] = [5, 60]

type Wire = Readonly<Record<string, unknown>>
type Shelf = {
  readonly dids: readonly string[]
  readonly index: TermIndex
  readonly wire: ReadonlyMap<string, Wire>
}

const random = createRandom(7)
const wanted = JSON.parse(process.argv[2] ?? '') as Tempers
const tempers = (Object.keys(wanted) as Temper[]).flatMap((temper) =>
  Array.from({ length: wanted[temper] ?? 0 }, () => temper),
)
const lines = loadRecords().map(toImportLine)
const tokenize = createTokenizer()
/** By peer, then by query. */
const calls = tempers.map(() => new Map<string, number>())
/** By peer, queries that it has no record for. */
const nothing = tempers.map(() => new Set<string>())

const peers = await Promise.all(tempers.map((temper, place) => listen(temper, place)))
const counter = createServer((_request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(calls.map(countsOf)))
})
await new Promise<void>((resolve) => counter.listen(0, '127.0.0.1', resolve))
const { port } = counter.address() as AddressInfo
console.log(JSON.stringify({ counter: `http://127.0.0.1:${port}`, peers }))
process.on('SIGTERM', () => process.exit(0))

async function listen(
  temper: Temper,
  place: number,
): Promise<{ readonly temper: Temper; readonly url: string }> {
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const shelf = temper === 'hung' || temper === 'broken' ? null : fillShelf(url, place)
  const bodies = new Map<string, Buffer>()
  let searches = 0

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', url)
    const search = searchParams.get('search')
    if (search !== null) count(place, search)
    if (temper === 'hung') return
    if (temper === 'moody' && search !== null && ++searches % 5 === 0) return
    if (temper === 'broken') return void response.writeHead(500).end()
    if (temper === 'slow') await wait(SLOW_MS)
    else await wait(LEAST_MS + (MOST_MS - LEAST_MS) * random())
    response.setHeader('content-type', 'application/json')
    if (pathname.endsWith('/health')) return void response.end('{"status":"healthy","agent_count":260}')
    if (shelf === null || search === null) return void response.writeHead(404).end()
    const body = bodies.get(search) ?? answer(shelf, search, place)
    bodies.set(search, body)
    response.end(body)
  }
  return { temper, url }
}

function fillShelf(url: string, place: number): Shelf {
  const wire = new Map<string, Wire>()
  const records = lines
    .filter((_, at) => at % SHARES === place)
    .map((line, at) => {
      const id = `${place}-${at}`
      const did = `did:web:${encodeURIComponent(new URL(url).host.replace('127.0.0.1', 'localhost'))}:agents:${id}`
      const time = '2026-11-01T00:00:00.000Z'
      wire.set(did, {
        id,
        did,
        ...line,
        status: 'active',
        created_at: time,
        updated_at: time,
        registry_url: url,
      })
      const { name, description, tags, skills } = line as {
        readonly name: string
        readonly description: string
        readonly tags: string[]
        readonly skills: { readonly name: string; readonly description: string }[]
      }
      const scored = { name, description, agentType: 'mcp-server', tags, providerOrganization: null, skills }
      return { did, impacts: scoreTerms(scored, tokenize) }
    })
  const index = createTermIndex()
  for (const { impacts } of records) index.add(impacts)
  return { dids: records.map(({ did }) => did), index, wire }
}

function answer({ dids, index, wire }: Shelf, search: string, place: number): Buffer {
  const query = parseQuery(search)
  const { rows, statistics } = index.lookUp(query, () => true)
  const { scoreRow } = createScorer(query, statistics)
  const best = dids
    .map((did, row) => ({ did, score: scoreRow(rows, row) }))
    .filter(({ score }) => score > 0)
    .sort(compareRanked)
    .slice(0, RESULTS)
  if (best.length === 0) nothing[place]?.add(search)
  const agents = best.map(({ did }) => wire.get(did))
  const stats = statisticsToWire({ ...statistics, isEstimated: false })
  return Buffer.from(JSON.stringify({ agents, next_cursor: null, search_stats: stats }))
}

function countsOf(perQuery: ReadonlyMap<string, number>, place: number): number[] {
  return [...perQuery].filter(([search]) => !nothing[place]?.has(search)).map(([, count]) => count)
}

function count(place: number, search: string): void {
  const perQuery = calls[place]
  perQuery?.set(search, (perQuery.get(search) ?? 0) + 1)
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
