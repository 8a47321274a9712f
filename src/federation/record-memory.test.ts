import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makePeer, SEARCH_REQUEST, wireAgent } from '../../test/support/federation.ts'
import { agentvault } from './protocols/agentvault.ts'
import type { PeerRequest, ProtocolResult } from './protocols/protocol.ts'
import { createRecordMemory, type RecordMemory } from './record-memory.ts'

const URL_A = 'http://a.example'
const REQUEST: PeerRequest = { ...SEARCH_REQUEST, search: null }

function read(
  page: unknown,
  records: RecordMemory,
  { url = URL_A, request = REQUEST }: { readonly url?: string; readonly request?: PeerRequest } = {},
): ProtocolResult {
  const body = Buffer.from(typeof page === 'string' ? page : JSON.stringify(page))
  return agentvault.read(body, makePeer(url), { request, records })
}

function agentsOf(result: ProtocolResult) {
  assert.ok(result.kind === 'answered', JSON.stringify(result))
  return result.records.map(({ agent }) => agent)
}

test('a record that comes again, in whatever page, is the very same object', () => {
  const records = createRecordMemory(1_000_000)
  const [one, two] = [wireAgent(URL_A, 'one'), wireAgent(URL_A, 'two')]
  const [first] = agentsOf(read({ agents: [one] }, records))
  const [, again] = agentsOf(read({ agents: [two, one], next_cursor: 'x' }, records))
  assert.equal(again, first)
  const [changed] = agentsOf(read({ agents: [{ ...one, name: 'changed' }] }, records))
  assert.equal(changed?.name, 'changed')
})

test('equal bytes of another registry, or asked for other eyes, are another record', () => {
  const records = createRecordMemory(1_000_000)
  const page = { agents: [{ id: 'x', name: 'Unmarked' }] }
  const [ours] = agentsOf(read(page, records))
  const [theirs] = agentsOf(read(page, records, { url: 'http://b.example' }))
  const [forAnyone] = agentsOf(read(page, records, { request: { ...REQUEST, visibility: 'public' } }))
  assert.notEqual(theirs?.did, ours?.did)
  assert.deepEqual([ours?.visibility, forAnyone?.visibility], ['federated', 'public'])
})

test('what is no JSON is refused each time, and a record that is too deep', () => {
  const records = createRecordMemory(1_000_000)
  const deep = `{"agents":[{"id":"x","name":"x","y":${'['.repeat(30)}${']'.repeat(30)}}]}`
  for (const page of ['{"agents":[{"id":nonsense}]}', '{"agents":[{}],}', deep]) {
    for (let time = 0; time < 2; time += 1) {
      const result = read(page, records)
      assert.ok(result.kind === 'failed', page)
      assert.equal(result.reason, 'bad-response')
    }
  }
})

test('a full memory forgets and reads again', () => {
  const records = createRecordMemory(10_000)
  const page = { agents: Array.from({ length: 20 }, (_, index) => wireAgent(URL_A, `agent-${index}`)) }
  const first = agentsOf(read(page, records))
  assert.deepEqual(agentsOf(read(page, records)), first)
})

test('records that begin alike are told apart by their ends, though one may be a part of the other', () => {
  const records = createRecordMemory(1_000_000)
  const start = `{"id":"x","name":"${'n'.repeat(80)}"`
  for (const end of [',"version":"1"}', ',"version":"2"}', '}', ',"version":"1"}']) {
    const [agent] = agentsOf(read(`{"agents":[${start}${end}]}`, records))
    assert.equal(agent?.version, /\d/.exec(end)?.[0] ?? null)
  }
})

test('a page that is altered or cut within a known record is read as what it is', () => {
  const whole = JSON.stringify({ agents: [wireAgent(URL_A, 'one'), wireAgent(URL_A, 'two')] })
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.constantFrom('', '"', '}', ']', ',', 'x'), (at, put) => {
      const records = createRecordMemory(1_000_000)
      agentsOf(read(whole, records))
      const altered = whole.slice(0, at) + put + whole.slice(at + 1)
      assert.deepEqual(read(altered, records), read(altered, createRecordMemory(1_000_000)))
    }),
  )
})
