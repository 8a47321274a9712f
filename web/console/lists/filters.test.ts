import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFiltered, readFilters, toParameters, utcOf, writeFilters } from './filters.ts'
import { backward, cursorOf, FIRST_PAGE, onward, pageNumber } from './pages.ts'

const NAMES = ['action', 'since'] as const

test('filters: come back from the address they were written to, and strangers in it are passed over', () => {
  const filters = { action: 'peer.create', since: '2026-11-01T10:00' }
  const address = writeFilters(filters)
  assert.deepEqual(readFilters(NAMES, new URLSearchParams(`${address}&colour=red`)), filters)
  assert.equal(writeFilters(readFilters(NAMES, new URLSearchParams())), '')
})

test('isFiltered: nothing chosen is no filter', () => {
  assert.ok(!isFiltered(readFilters(NAMES, new URLSearchParams('action='))))
  assert.ok(isFiltered(readFilters(NAMES, new URLSearchParams('action=peer'))))
})

test('toParameters: sends what was chosen, trimmed, and local times in UTC', () => {
  const local = new Date(2026, 10, 1, 10, 0)
  const parameters = toParameters({ action: ' peer ', since: '2026-11-01T10:00', until: ' ' }, [
    'since',
    'until',
  ])
  assert.deepEqual(parameters, { action: 'peer', since: local.toISOString() })
  assert.equal(utcOf('soon'), 'soon')
})

test('pages: the way back leads over the cursors that led here', () => {
  const third = onward(onward(FIRST_PAGE, 'a'), 'b')
  assert.equal(cursorOf(FIRST_PAGE), undefined)
  assert.equal(cursorOf(third), 'b')
  assert.equal(pageNumber(third), 3)
  assert.equal(cursorOf(backward(third)), 'a')
  assert.equal(cursorOf(backward(backward(third))), undefined)
})
