import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTopK } from './top-k.ts'

const ascending = (a: number, b: number) => a - b

test('createTopK: keeps what sorting and cutting keeps', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), fc.nat({ max: 20 }), (numbers, k) => {
      const best = createTopK(k, ascending)
      for (const number of numbers) best.push(number)
      assert.deepEqual(best.toSortedArray(), numbers.toSorted(ascending).slice(0, k))
    }),
  )
})

test('createTopK: worst is unknown while there is room, then the last of the best', () => {
  const best = createTopK(2, ascending)
  assert.equal(best.worst(), undefined)
  best.push(7)
  assert.equal(best.worst(), undefined)
  best.push(5)
  assert.equal(best.worst(), 7)
  best.push(6)
  assert.equal(best.worst(), 6)
})

test('createTopK: tells whether it took an element and prefers the earlier of two equal ones', () => {
  const best = createTopK<{ rank: number; name: string }>(1, (a, b) => a.rank - b.rank)
  assert.equal(best.push({ rank: 1, name: 'first' }), true)
  assert.equal(best.push({ rank: 1, name: 'second' }), false)
  assert.deepEqual(best.toSortedArray(), [{ rank: 1, name: 'first' }])
})

test('createTopK: the best of none are none', () => {
  const best = createTopK(0, ascending)
  assert.equal(best.push(1), false)
  assert.deepEqual(best.toSortedArray(), [])
})

test('createTopK: refuses a k that is no count', () => {
  for (const k of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => createTopK(k, ascending), RangeError)
  }
})
