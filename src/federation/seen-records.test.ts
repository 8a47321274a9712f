import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeAgent, NOW, SEARCH_REQUEST } from '../../test/support/federation.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import { createRecordFacts } from './record-facts.ts'
import { type Seen, SeenRecords } from './seen-records.ts'

const ANY: PeerRequest = { ...SEARCH_REQUEST, search: null }

/** As read from the database: another object each time. */
function seen(name: string, seenAt = NOW, fields: object = {}): Seen {
  return { agent: makeAgent(name, fields), seenAt }
}

const recordsOf = (records: readonly Seen[]): SeenRecords => new SeenRecords(records, createRecordFacts())

const namesOf = (records: SeenRecords, request: PeerRequest): string[] | undefined =>
  records.answer(request)?.agents.map(({ name }) => name)

test('readAnew: what has nothing to do with a new record keeps its very answer; what has finds it', () => {
  const first = recordsOf([seen('translate'), seen('weather')])
  const [translating, all] = [first.answer(SEARCH_REQUEST), first.answer(ANY)]
  assert.equal(first.answer({ ...SEARCH_REQUEST, search: 'nothing' }), undefined)
  const second = first.readAnew([seen('translate'), seen('weather'), seen('tides')])
  assert.equal(second.answer(SEARCH_REQUEST), translating)
  assert.equal(second.answer({ ...SEARCH_REQUEST, search: 'nothing' }), undefined)
  assert.notEqual(second.answer(ANY), all)
  assert.equal(second.answer(ANY)?.agents.length, 3)
  const third = second.readAnew([seen('translate'), seen('weather'), seen('tides'), seen('translate more')])
  assert.deepEqual(namesOf(third, SEARCH_REQUEST)?.toSorted(), ['translate', 'translate more'])
})

test('readAnew: with more that match than are wanted, a new one takes the place that is its', () => {
  const two = { ...SEARCH_REQUEST, limit: 2 }
  const known = [
    seen('translate'),
    seen('weather', NOW, { description: 'It can translate forecasts, too, for whoever needs that.' }),
    seen('tides', NOW, {
      description: 'It can translate forecasts of tides, for all who want to know them.',
    }),
  ]
  const first = recordsOf(known)
  assert.deepEqual(namesOf(first, two), ['translate', 'weather'])
  const worse = seen('moons', NOW, {
    description: `Now and then it may translate. ${'More of that. '.repeat(9)}`,
  })
  const second = first.readAnew([...known, worse])
  assert.deepEqual(namesOf(second, two), ['translate', 'weather'])
  const better = seen('translate translate', NOW, { description: '' })
  const third = second.readAnew([...known, worse, better])
  assert.deepEqual(third.answer(two), recordsOf([...known, worse, better]).answer(two))
  assert.deepEqual(namesOf(third, two)?.toSorted(), ['translate', 'translate translate'])
  assert.equal(third.answer(two)?.hasMore, true)
})

test('readAnew: after many new ones, how common words are is counted anew', () => {
  const two = { ...SEARCH_REQUEST, search: 'translate weather', limit: 2 }
  const rare = Array.from({ length: 8 }, (_, number) => seen(`translate ${number}`))
  const first = recordsOf([seen('weather'), ...rare])
  assert.equal(namesOf(first, two)?.[0], 'weather')
  const common = Array.from({ length: 30 }, (_, number) => seen(`weather ${number}`))
  const all = [seen('weather'), ...rare, ...common]
  const second = first.readAnew(all)
  assert.deepEqual(namesOf(second, two), namesOf(recordsOf(all), two))
  assert.match(namesOf(second, two)?.[0] ?? '', /^translate/)
})

test('readAnew: what the new records add keeps the conditions of the search, and the age of the oldest', () => {
  const coding = { ...SEARCH_REQUEST, filter: { ...SEARCH_REQUEST.filter, agentType: 'coding' } }
  const first = recordsOf([seen('translate', NOW - 9_000, { agentType: 'coding' })])
  assert.equal(first.answer(coding)?.agents.length, 1)
  const second = first.readAnew([
    seen('translate', NOW - 9_000, { agentType: 'coding' }),
    seen('translate other', NOW, { agentType: 'chat' }),
    seen('translate more', NOW, { agentType: 'coding' }),
  ])
  assert.deepEqual(namesOf(second, coding), ['translate', 'translate more'])
  assert.equal(second.answer(coding)?.fetchedAt, NOW - 9_000)
})

test('readAnew: where nothing is new, all that was found holds, also for who asks much later', () => {
  const first = recordsOf([seen('translate'), seen('weather')])
  const answer = first.answer(SEARCH_REQUEST)
  let records = first
  for (let times = 0; times < 3; times += 1) records = records.readAnew([seen('weather'), seen('translate')])
  assert.equal(records.answer(SEARCH_REQUEST), answer)
})

test('readAnew: records that were seen again, and are as they were, are the same answer at another age', () => {
  const first = recordsOf([seen('translate', NOW - 9_000), seen('translate more', NOW - 5_000)])
  const before = first.answer(SEARCH_REQUEST)
  assert.equal(before?.fetchedAt, NOW - 9_000)
  const after = first
    .readAnew([seen('translate', NOW), seen('translate more', NOW - 5_000)])
    .answer(SEARCH_REQUEST)
  assert.equal(after?.agents, before?.agents)
  assert.equal(after?.fetchedAt, NOW - 5_000)
})

test('readAnew: what is gone is not shown any more, and what was changed is shown as it is', () => {
  const first = recordsOf([seen('translate'), seen('translate more')])
  first.answer(SEARCH_REQUEST)
  const second = first.readAnew([seen('translate more')])
  assert.deepEqual(namesOf(second, SEARCH_REQUEST), ['translate more'])
  const changed = seen('translate more', NOW + 1, { description: 'Changed.' })
  const third = second.readAnew([changed])
  assert.equal(third.answer(SEARCH_REQUEST)?.agents[0], changed.agent)
  const fourth = third.readAnew([seen('other', NOW + 2)])
  assert.equal(fourth.answer(SEARCH_REQUEST), undefined)
  assert.equal(fourth.size, 1)
})

test('indexSome: in pieces or at once, and by two that were made of the same, each record is found once', () => {
  const names = Array.from({ length: 30 }, (_, place) => `translate ${place}`)
  const all = names.map((name) => seen(name))
  const first = recordsOf(all.slice(0, 20))
  assert.ok(first.indexSome(5))
  const second = first.readAnew(all)
  assert.ok(second.indexSome(5))
  const request = { ...SEARCH_REQUEST, limit: 100 }
  assert.deepEqual(namesOf(first, request)?.toSorted(), names.slice(0, 20).toSorted())
  while (second.indexSome(5));
  assert.deepEqual(namesOf(second, request)?.toSorted(), names.toSorted())
  assert.ok(!second.indexSome(5))
})

test('readAnew: one that took the place of another is not taken for it', () => {
  const first = recordsOf([seen('translate'), seen('weather')])
  first.answer(SEARCH_REQUEST)
  const second = first.readAnew([seen('weather'), seen('translate better')])
  assert.deepEqual(namesOf(second, SEARCH_REQUEST), ['translate better'])
})

test('readAnew: what is found is the same as if all were read for the first time, whatever came, changed and went', () => {
  const texts = ['translate', 'translation of weather', 'weather', 'tides', 'translate tides']
  const requests = ['translate', 'transl', 'weather ti', 'nothing '].map((search) => ({
    ...SEARCH_REQUEST,
    search,
  }))
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.nat({ max: 9 }), { maxLength: 8 }), { minLength: 1, maxLength: 6 }),
      (rounds) => {
        let records = recordsOf([])
        for (const [round, numbers] of rounds.entries()) {
          // A number is a record; every third round its text changes.
          const read = numbers.map((number) => {
            const edition = Math.floor(round / 3)
            const description = texts[(number + edition) % texts.length]
            return seen(`agent ${number}`, NOW + edition, { description })
          })
          records = records.readAnew(read)
          // Where something is gone, nothing that was found before holds, and the figures are counted anew.
          const isCountedAnew = records.readAnew([]).readAnew(read)
          for (const request of requests) {
            assert.deepEqual(isCountedAnew.answer(request), recordsOf(read).answer(request))
            const names = (one: SeenRecords) => new Set(namesOf(one, request))
            assert.deepEqual(names(records), names(recordsOf(read)))
          }
        }
      },
    ),
    { numRuns: 100 },
  )
})
