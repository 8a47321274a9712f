import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIRST_MOMENTS_MS, placeResults, waitingInWords } from './place-results.ts'

const FREE = { isTouched: false, shownForMs: 40 }
const TOUCHED = { isTouched: true, shownForMs: 40 }
const LATER = { isTouched: false, shownForMs: FIRST_MOMENTS_MS }

const place = (shown: string, order: string, reader: typeof FREE): string => {
  const placed = placeResults([...shown], [...order], reader)
  return `${placed.shown.join('')}|${placed.waiting.join('')}`
}

test('the first results are shown at once, also to who waited long for them', () => {
  assert.equal(place('', 'abc', LATER), 'abc|')
})

test('in its first moments an untouched list is put in the best order', () => {
  assert.equal(place('ab', 'xbya', FREE), 'xbya|')
})

test('a list that was touched stays as it is, and better results wait', () => {
  assert.equal(place('ab', 'xayb', TOUCHED), 'ab|xy')
})

test('after the first moments a list stays as it is, touched or not', () => {
  assert.equal(place('ab', 'xayb', LATER), 'ab|xy')
})

test('what comes after all that is shown is put at the end', () => {
  assert.equal(place('ab', 'xabz', TOUCHED), 'abz|x')
  assert.equal(place('ab', 'abyz', TOUCHED), 'abyz|')
})

test('another order of what is shown moves nothing', () => {
  assert.equal(place('abc', 'cab', TOUCHED), 'abc|')
})

test('when better results pushed one out, all new ones are better', () => {
  assert.equal(place('ab', 'xaz', TOUCHED), 'ab|xz')
  assert.equal(place('ab', 'xyz', TOUCHED), 'ab|xyz')
})

test('nothing that is shown ever moves, whatever comes in whatever order', () => {
  const keys = [...'abcdefgh']
  let seed = 7
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let round = 0; round < 500; round += 1) {
    const order = keys.filter(() => next(3) > 0).sort(() => next(3) - 1)
    const before = keys.filter(() => next(2) > 0).sort(() => next(3) - 1)
    if (before.length === 0) continue
    const { shown, waiting } = placeResults(before, order, next(2) === 0 ? TOUCHED : LATER)
    assert.deepEqual(shown.slice(0, before.length), before)
    assert.deepEqual(new Set([...shown, ...waiting]), new Set([...before, ...order]))
    assert.equal(shown.length + waiting.length, new Set([...before, ...order]).size)
  }
})

test('waitingInWords: counts what waits', () => {
  assert.equal(waitingInWords(12, 3), '12 better results: show')
  assert.equal(waitingInWords(1, 0), '1 better result: show')
  assert.equal(waitingInWords(0, 1), 'News of 1 result: show')
  assert.equal(waitingInWords(0, 0), '')
})
