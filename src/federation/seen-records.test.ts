import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgent, NOW } from '../../test/support/federation.ts'
import { NO_FILTER } from '../domain/discovery.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { type Seen, SeenRecords } from './seen-records.ts'

const REQUEST: PeerRequest = {
  ...{
    search: 'translate',
    filter: NO_FILTER,
    limit: 50,
    visibility: 'federated',
    cursor: null,
    reference: null,
  },
}
const ANY: PeerRequest = { ...REQUEST, search: null }

/** As read from the database: another object each time. */
function seen(name: string, seenAt = NOW, fields: object = {}): Seen {
  return { agent: makeAgent(name, fields), seenAt }
}

const namesOf = (records: SeenRecords, request: PeerRequest): string[] | undefined =>
  records.answer(request)?.agents.map(({ name }) => name)

test('readAnew: what has nothing to do with a new record keeps its very answer; what has finds it', () => {
  const first = new SeenRecords([seen('translate'), seen('weather')])
  const [translating, all] = [first.answer(REQUEST), first.answer(ANY)]
  assert.equal(first.answer({ ...REQUEST, search: 'nothing' }), undefined)
  const second = first.readAnew([seen('translate'), seen('weather'), seen('tides')])
  assert.equal(second.answer(REQUEST), translating)
  assert.equal(second.answer({ ...REQUEST, search: 'nothing' }), undefined)
  assert.notEqual(second.answer(ANY), all)
  assert.equal(second.answer(ANY)?.agents.length, 3)
  const third = second.readAnew([seen('translate'), seen('weather'), seen('tides'), seen('translate more')])
  assert.deepEqual(namesOf(third, REQUEST)?.toSorted(), ['translate', 'translate more'])
})

test('readAnew: records that were seen again, and are as they were, are the same answer at another age', () => {
  const first = new SeenRecords([seen('translate', NOW - 9_000), seen('translate more', NOW - 5_000)])
  const before = first.answer(REQUEST)
  assert.equal(before?.fetchedAt, NOW - 9_000)
  const after = first.readAnew([seen('translate', NOW), seen('translate more', NOW - 5_000)]).answer(REQUEST)
  assert.equal(after?.agents, before?.agents)
  assert.equal(after?.fetchedAt, NOW - 5_000)
})

test('readAnew: what is gone is not shown any more, and what was changed is shown as it is', () => {
  const first = new SeenRecords([seen('translate'), seen('translate more')])
  first.answer(REQUEST)
  const second = first.readAnew([seen('translate more')])
  assert.deepEqual(namesOf(second, REQUEST), ['translate more'])
  const changed = seen('translate more', NOW + 1, { description: 'Changed.' })
  const third = second.readAnew([changed])
  assert.equal(third.answer(REQUEST)?.agents[0], changed.agent)
  const fourth = third.readAnew([seen('other', NOW + 2)])
  assert.equal(fourth.answer(REQUEST), undefined)
  assert.equal(fourth.size, 1)
})

test('readAnew: one that took the place of another is not taken for it', () => {
  const first = new SeenRecords([seen('translate'), seen('weather')])
  first.answer(REQUEST)
  const second = first.readAnew([seen('weather'), seen('translate better')])
  assert.deepEqual(namesOf(second, REQUEST), ['translate better'])
})
