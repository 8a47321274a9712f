import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countOf, formatBytes, formatCount, percentOf } from './figures.ts'

test('countOf: one of a kind has the bare word, and figures are written as they are alone', () => {
  assert.equal(countOf(1, 'block'), '1 block')
  assert.equal(countOf(0, 'more finding'), '0 more findings')
  assert.equal(countOf(25_017, 'line'), `${formatCount(25_017)} lines`)
  assert.equal(formatCount(25_017), (25_017).toLocaleString())
})

test('formatBytes: in the largest unit that fits, with a place behind the point below ten', () => {
  const fraction = (1.5).toLocaleString()
  assert.deepEqual([0, 512, 1536, 20 * 1024, 1.5 * 1024 ** 2, 3 * 1024 ** 3].map(formatBytes), [
    ...['0 B', '512 B', `${fraction} KiB`, '20 KiB', `${fraction} MiB`, '3 GiB'],
  ])
})

test('percentOf: a dash where nothing was counted', () => {
  assert.equal(percentOf(0, 0), '–')
  assert.equal(percentOf(97, 100), (0.97).toLocaleString(undefined, { style: 'percent' }))
})
