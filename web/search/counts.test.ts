import assert from 'node:assert/strict'
import { test } from 'node:test'
import { optionsOf, rangeInFigures, rangeInWords } from './counts.ts'

test('a range says what is known of it', () => {
  const ranges = [
    { at_least: 12, at_most: 12 },
    { at_least: 12, at_most: 40 },
    { at_least: 12, at_most: null },
  ]
  assert.deepEqual(ranges.map(rangeInFigures), ['12', '12–40', '12+'])
  assert.deepEqual(ranges.map(rangeInWords), ['12', '12 to 40', 'at least 12'])
})

test('optionsOf: what is chosen comes first, and stays if nothing has it any more', () => {
  const counts = [
    { value: 'a', at_least: 3, at_most: 3 },
    { value: 'b', at_least: 2, at_most: 2 },
  ]
  assert.deepEqual(
    optionsOf(counts, ['b', 'gone']).map(({ value, range, isChosen }) => [value, range?.at_least, isChosen]),
    [
      ['b', 2, true],
      ['gone', undefined, true],
      ['a', 3, false],
    ],
  )
})
