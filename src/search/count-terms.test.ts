import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countTerms } from './count-terms.ts'

const held = [
  { impacts: [{ stem: 'translat', impact: 1, forms: ['translate', 'translating'] }] },
  {
    impacts: [
      { stem: 'transit', impact: 1, forms: ['transit'] },
      { stem: 'translat', impact: 1, forms: ['translator'] },
    ],
  },
]

test('countTerms: counts a stem once for every record that holds it', () => {
  assert.deepEqual(
    [...countTerms(held, null).byStem],
    [
      ['translat', 2],
      ['transit', 1],
    ],
  )
})

test('countTerms: a prefix stands for the stems of its words, with all their records', () => {
  assert.equal(countTerms(held, 'translating').sumOverPrefix, 2)
  assert.equal(countTerms(held, 'trans').sumOverPrefix, 3)
  assert.equal(countTerms(held, 'zebra').sumOverPrefix, 0)
  assert.equal(countTerms(held, null).sumOverPrefix, 0)
})
