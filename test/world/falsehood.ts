/** Answers that are wrong, broken or made to deceive, each in one way. */

import type { Agent } from '../../src/domain/agent.ts'
import type { OutboundResult } from '../../src/security/outbound.ts'
import { statisticsToWire } from '../../src/wire/search-stats.ts'
import { makeAgent, NOW, statisticsOf, wireAgent } from '../support/federation.ts'
import type { Random } from '../support/random.ts'
import type { Exchange } from './nature.ts'

export type Falsehood = { readonly name: string; result(asked: Exchange): OutboundResult }

export function drawFalsehood(random: Random): Falsehood {
  const [name, make] = random.pick(Object.entries(FALSEHOODS))
  return { name, result: make }
}

type Make = (asked: Exchange) => OutboundResult

const json = (body: unknown, headers: Readonly<Record<string, string>> = {}): OutboundResult => ({
  ...{ kind: 'response', status: 200 },
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})

const text =
  (body: string): Make =>
  () =>
    json(body)

/** Records that match whatever is searched, told in a page with true figures unless said otherwise. */
function pageOf(
  { registryUrl, query }: Exchange,
  change: (records: Record<string, unknown>[]) => readonly unknown[],
  statistics?: Readonly<Record<string, unknown>>,
): OutboundResult {
  const search = query.get('search')
  const agents: Agent[] = ['one', 'two', 'three'].map((id) =>
    makeAgent(id, { name: `${search ?? 'anything'} ${id}`, agentType: query.get('agent_type') ?? 'a2a' }),
  )
  const records = agents.map((agent) => ({ ...wireAgent(registryUrl, agent.id, agent), did: undefined }))
  const told = search === null ? undefined : statisticsToWire(statisticsOf(agents, search))
  return json({ agents: change(records), next_cursor: null, search_stats: { ...told, ...statistics } })
}

const withRecords =
  (change: (record: Record<string, unknown>, place: number) => unknown): Make =>
  (asked) =>
    pageOf(asked, (records) => records.map(change))

const withFigures =
  (statistics: Readonly<Record<string, unknown>>): Make =>
  (asked) =>
    pageOf(asked, (records) => records, statistics)

const onlyFirst = (change: Readonly<Record<string, unknown>>): Make =>
  withRecords((record, place) => (place === 0 ? { ...record, ...change } : record))

const FALSEHOODS: Readonly<Record<string, Make>> = {
  nothing: text(''),
  'half a text': text('{"agents":[{"id":"one"'),
  'no object': text('[]'),
  'no list': text('{"agents":{}}'),
  'no JSON': text('<h1>It works!</h1>'),
  'bytes that are no text': () =>
    ({ ...json(''), body: Buffer.from([0x7b, 0xff, 0xfe, 0x00]) }) as OutboundResult,
  'a thousand levels': text(`{"agents":${'['.repeat(1_000)}${']'.repeat(1_000)}}`),
  'a page for browsers': () => json('{"agents":[]}', { 'content-type': 'text/html' }),
  'unchanged, unasked': () => ({ kind: 'response', status: 304, headers: {}, body: Buffer.alloc(0) }),
  'no content': () => ({ kind: 'response', status: 204, headers: {}, body: Buffer.alloc(0) }),
  'more than is read': () => ({
    kind: 'failed',
    reason: 'bad-response',
    detail: 'The answer is larger than 4194304 bytes.',
  }),
  'records of another registry': onlyFirst({ registry_url: 'https://somewhere.example' }),
  'a DID of ours': onlyFirst({ did: 'did:web:us.example:agents:ours' }),
  'our own record': onlyFirst({
    id: 'translate ours',
    is_federated: false,
    registry_name: 'Us',
    registry_url: 'https://us.example',
  }),
  'its own score': withRecords((record) => ({
    ...record,
    score: 1e9,
    provenance: { origin: 'https://us.example' },
  })),
  'one record a hundred times': (asked) =>
    pageOf(asked, (records) => Array.from({ length: 100 }, () => records[0])),
  'more records than asked for': (asked) =>
    pageOf(asked, ([record]) => Array.from({ length: 400 }, (_, id) => ({ ...record, id: `n${id}` }))),
  'records that are none': (asked) => pageOf(asked, () => [1, null, 'x', [], {}]),
  'one record that is none': (asked) => pageOf(asked, (records) => [null, ...records]),
  'records from the future': withRecords((record) => ({
    ...record,
    created_at: new Date(NOW + 1e12).toISOString(),
  })),
  'records for peers only': withRecords((record) => ({ ...record, visibility: 'federated' })),
  'private records': withRecords((record) => ({ ...record, visibility: 'private' })),
  'another type than asked for': withRecords((record) => ({ ...record, agent_type: 'skill' })),
  'an endpoint of everybody': withRecords((record, place) => ({
    ...record,
    endpoints: [{ url: `https://agents.example/${place}`, protocol: 'a2a' }],
  })),
  'negative figures': withFigures({ documents: -5 }),
  'figures beyond all numbers': withFigures({ documents: Number.MAX_SAFE_INTEGER }),
  'figures that are none': withFigures({ documents: 'many', document_frequency: [] }),
  'fewer records than it sent': withFigures({ documents: 0 }),
  'a cursor that is none': (asked) => {
    const page = pageOf(asked, (records) => records)
    return page.kind === 'failed'
      ? page
      : json(page.body.toString().replace('"next_cursor":null', '"next_cursor":7'))
  },
  'a tag of a megabyte': () => json({ agents: [] }, { etag: `"${'x'.repeat(1 << 20)}"` }),
}
