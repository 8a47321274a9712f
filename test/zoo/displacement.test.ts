import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../support/random.ts'
import { type Displacement, drawSearch, drawWorld, measureDisplacement } from './displacement.ts'

const SEARCHES = 100

test('how much of the honest top 10 the worst liar leaves: more than if it were believed', (t) => {
  const random = createRandom(9)
  const world = drawWorld(7)
  const measured = Array.from({ length: SEARCHES }, () => measureDisplacement(world, drawSearch(random)))
  const mean = (of: keyof Displacement): number =>
    measured.reduce((sum, one) => sum + one[of], 0) / measured.length
  const percent = (of: keyof Displacement): string => `${(100 * mean(of)).toFixed(1)} %`
  t.diagnostic(`one liar among five registries, ${SEARCHES} searches: of the honest top 10 there remain`)
  t.diagnostic(`${percent('inflating')} if it inflates all frequencies, ${percent('deflating')} if none`)
  t.diagnostic(`${percent('worst')} with the worst lie for each search (${percent('believed')} if believed)`)
  assert.ok(mean('worst') > mean('believed'))
  assert.ok(mean('deflating') > 0.8, 'nobody can make words look much rarer than they are')
  // Of the same draw each time: less means that the bound holds a liar less than it did.
  assert.ok(mean('worst') >= 0.15)
})
