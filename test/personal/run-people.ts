/** Plants people in a registry that runs as operators run it, and looks for them in all that leaves it. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { mintToken } from '../../src/security/tokens.ts'
import type { WireAgent } from '../../src/wire/agent.ts'
import type { EngineUnderTest } from '../conformance/engines.ts'
import { addAsker, type PeerAsker } from '../support/peer-asker.ts'
import {
  type Answer,
  describeRunning,
  findFreePort,
  type RunningRegistry,
  settingsFor,
} from '../support/registry.ts'
import { startServe, stopServe } from '../support/serve-process.ts'
import { type PlantedRecord, plantPeople } from './people.ts'

export type PeopleReport = {
  readonly planted: number
  readonly searchedBytes: number
  /** What was found of what was not consented to. */
  readonly found: readonly string[]
  readonly consentedCards: number
}

const ADDRESS = 'https://registry.example'
const BATCH = 100
const MOST_SINGLE_RECORDS = 300
const SINGLE_SHARE = 4

/** Begins a path from the root of the server, not of the API. */
const ROOT = '//'

type Ask = <T>(path: string) => Promise<Answer<T>>
type Page = {
  readonly agents: readonly WireAgent[]
  readonly next_cursor: string | null
  readonly search_stats?: Stats
}
type Stats = { readonly document_frequency: Readonly<Record<string, number>> }

export async function runPeople(
  t: TestContext,
  database: EngineUnderTest,
  count: number,
): Promise<PeopleReport> {
  const { records, planted } = plantPeople(count, 29)
  const { registry, stop } = await serve(t, database)
  const { ids, shown } = await importAll(registry, records)
  const inside = findIn(shown, planted.withheld).length
  assert.ok(inside > planted.withheld.size / 2, `who holds a key sees ${inside} of those planted`)
  const [free, bound] = [
    await addAsker(registry, { name: 'Free' }),
    await addAsker(registry, { name: 'Bound' }),
  ]
  await bound.share({ fields: ['description', 'skills', 'provider', 'card'], exclude: [{ tag: 'rope' }] })
  const said: string[] = []
  const outsiders = [...listAskers(registry, [free, bound], said)]
  for (const ask of outsiders) await readAll(ask)
  let consentedCards = 0
  const step = Math.max(SINGLE_SHARE, Math.floor(count / MOST_SINGLE_RECORDS))
  for (let place = 0; place < count; place += step) {
    const record = records[place]
    const id = ids[place]
    if (record === undefined || id === undefined) continue
    for (const ask of outsiders) consentedCards += await readOne(ask, id, record)
  }
  await deleteSome(registry, ids, planted.withheld, outsiders)
  await guess(outsiders, [...planted.withheld])
  const metrics = await registry.send<string>('GET', '/metrics')
  const log = await stop()
  assert.match(log, /request served/, 'the log is silent')
  const haystack = [...said, metrics.text, log].join('\n')
  return {
    planted: planted.withheld.size + planted.consented.size,
    searchedBytes: haystack.length,
    found: findIn(haystack, new Map([...planted.withheld, ...planted.consented])),
    consentedCards,
  }
}

async function serve(t: TestContext, database: EngineUnderTest) {
  const adminKey = mintToken('ava')
  const port = await findFreePort()
  const server = startServe(t, {
    ...settingsFor({ name: 'Harbor', adminKey, database }),
    ...{ REGISTRY_PORT: String(port), REGISTRY_PUBLIC_URL: ADDRESS, REGISTRY_LOG_LEVEL: 'trace' },
  })
  await server.listening
  const stopped = async (): Promise<string> => {
    const { out, err } = await stopServe(server)
    return out + err
  }
  const registry = describeRunning(
    { notices: [], publicUrl: ADDRESS, [Symbol.asyncDispose]: async () => void (await stopped()) },
    { name: 'Harbor', adminKey, at: `http://127.0.0.1:${port}` },
  )
  return { registry, stop: stopped }
}

/** @returns the ids of the records, in their order, and how a holder of a key is shown them. */
async function importAll(registry: RunningRegistry, records: readonly PlantedRecord[]) {
  for (let start = 0; start < records.length; start += BATCH) {
    const body = records
      .slice(start, start + BATCH)
      .map(({ line }) => JSON.stringify(line))
      .join('\n')
    const done = await registry.succeed<{ created: number; rejected: number }>('POST', '/agents/import', {
      body,
      headers: { 'content-type': 'application/x-ndjson', accept: 'application/json' },
    })
    assert.equal(done.rejected, 0)
  }
  const names = new Map<string, string>()
  let shown = ''
  for (let cursor: string | null = ''; cursor !== null; ) {
    const next: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { body, text }: Answer<Page> = await registry.call<Page>('GET', `/agents?limit=100${next}`)
    for (const { id, name } of body.agents) names.set(name.match(/\d+/)?.[0] ?? '', id)
    shown += text
    cursor = body.next_cursor
  }
  const ids = records.map(
    (_, place) => names.get(String(place)) ?? assert.fail(`record ${place} is not there`),
  )
  return { ids, shown }
}

/** Nobody, a peer with and one without a policy: what they are told is kept, cards with consent aside. */
function* listAskers(registry: RunningRegistry, peers: readonly PeerAsker[], said: string[]): Generator<Ask> {
  const keeping =
    (send: Ask): Ask =>
    async (path) => {
      const answer = await send<never>(path)
      if (!path.endsWith('/card') || answer.status !== 200) {
        said.push(answer.text, JSON.stringify([...answer.headers]))
      }
      return answer
    }
  yield keeping((path) =>
    registry.send('GET', path.startsWith(ROOT) ? path.slice(1) : `/api/v1${path}`, { key: null }),
  )
  for (const peer of peers) yield keeping((path) => peer.ask(path))
}

async function readAll(ask: Ask): Promise<void> {
  for (const query of [
    'limit=100',
    'limit=100&search=ships',
    'limit=100&search=harbour%20agent&tags=harbour',
  ]) {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const next: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const { body, status }: Answer<Page> = await ask<Page>(`/agents?${query}${next}`)
      assert.equal(status, 200)
      cursor = body.next_cursor
    }
  }
  for (const path of [
    '/health',
    '/discovery/agents?search=ships&limit=100',
    '/discovery/facets?search=ships',
  ])
    await ask(path)
  for (let since = 0; ; ) {
    const { body, status } = await ask<{ next: number; more: boolean }>(`/changes?since=${since}`)
    if (status !== 200 || !body.more) break
    since = body.next
  }
}

/** @returns how many cards came with their publisher's consent. */
async function readOne(ask: Ask, id: string, { hasConsent }: PlantedRecord): Promise<number> {
  await ask(`/agents/${id}`)
  await ask(`/agents/${encodeURIComponent(`did:web:registry.example:agents:${id}`)}`)
  await ask(`/discovery/agents/${encodeURIComponent(`did:web:registry.example:agents:${id}`)}`)
  await ask(`${ROOT}agents/${id}/did.json`)
  const { status } = await ask(`/agents/${id}/card`)
  assert.ok(status === 404 || hasConsent, `the card of ${id} left without consent`)
  return status === 200 ? 1 : 0
}

/** The reason of a deletion is told to who could see the record. */
async function deleteSome(
  registry: RunningRegistry,
  ids: readonly string[],
  planted: ReadonlyMap<string, string>,
  outsiders: readonly Ask[],
): Promise<void> {
  const texts = [...planted.values()]
  for (const [place, id] of ids.slice(0, 20).entries()) {
    const reason = `Asked for by ${texts[place * 3]}`
    await registry.succeed('DELETE', `/agents/${id}?reason=${encodeURIComponent(reason)}`)
    for (const ask of outsiders) {
      const { status } = await ask(`/agents/${id}`)
      assert.ok(status === 410 || status === 404)
    }
  }
}

/** Whoever tries what was planted finds nothing by it. */
async function guess(
  outsiders: readonly Ask[],
  planted: readonly (readonly [string, string])[],
): Promise<void> {
  const sample = planted.filter(([where, text]) => where.startsWith('email') && text.length < 60).slice(0, 12)
  for (const [, text] of sample) {
    const word = text.split('@')[0] ?? ''
    for (const ask of outsiders) {
      // The answer repeats what was asked for, which the asker knew.
      const { body } = await ask<Page>(`/agents?search=${word.slice(0, 13)}`)
      assert.deepEqual(body.agents, [])
      assert.deepEqual(Object.values(body.search_stats?.document_frequency ?? {}), [0, 0])
    }
  }
}

/** What tells each of them, whatever stands around it or is escaped; the haystack is read once, however many there are. */
function findIn(haystack: string, planted: ReadonlyMap<string, string>): string[] {
  const byCore = new Map([...planted].map(([where, text]) => [coreOf(text), `${text}: ${where}`]))
  const found = new Set<string>()
  for (const [run] of haystack.matchAll(/[a-z]{12,}|\d{9,}|2001:db8:[0-9a-f:]+/g)) {
    // A run may have grown together with what stands beside it.
    for (const length of new Set([run.length, 14, 12, 9])) {
      for (let start = 0; start + length <= run.length; start += 1) {
        const known = byCore.get(run.slice(start, start + length))
        if (known !== undefined) found.add(known)
      }
    }
  }
  return [...found]
}

/** The drawn letters or digits of a planted text. */
function coreOf(text: string): string {
  return /^2001:[0-9a-f:]+|[a-z]{12,}|\d{9,}/.exec(text)?.[0] ?? assert.fail(`nothing tells ${text}`)
}
