import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFiltered, localOf, readFilters, toParameters, utcOf, writeFilters } from './filters.ts'
import { backward, cursorOf, FIRST_PAGE, onward, pageNumber } from './pages.ts'

const NAMES = ['action', 'since'] as const

test('filters: come back from the address they were written to, and strangers in it are passed over', () => {
  const filters = { action: 'peer.create', since: '2026-11-01T10:00:00Z' }
  const address = writeFilters(filters)
  assert.deepEqual(readFilters(NAMES, new URLSearchParams(`${address}&colour=red`)), filters)
  assert.equal(writeFilters(readFilters(NAMES, new URLSearchParams())), '')
})

test('isFiltered: nothing chosen is no filter', () => {
  assert.ok(!isFiltered(readFilters(NAMES, new URLSearchParams('action='))))
  assert.ok(isFiltered(readFilters(NAMES, new URLSearchParams('action=peer'))))
})

test('toParameters: sends what was chosen, trimmed', () => {
  assert.deepEqual(toParameters({ action: ' peer ', since: '2026-11-01T10:00:00Z', until: ' ' }), {
    ...{ action: 'peer', since: '2026-11-01T10:00:00Z' },
  })
})

test('times: typed in the reader’s zone, kept in UTC, and shown in the zone of whoever reads them', (t) => {
  const zone = process.env.TZ
  t.after(() => inZone(zone))
  inZone('Asia/Kolkata')
  const kept = utcOf('2026-11-01T10:00')
  assert.equal(kept, '2026-11-01T04:30:00Z')
  assert.equal(localOf(kept), '2026-11-01T10:00')
  inZone('America/New_York')
  assert.equal(localOf(kept), '2026-11-01T00:30')
  assert.deepEqual([utcOf(''), utcOf('soon'), localOf(''), localOf('soon')], ['', 'soon', '', ''])
})

function inZone(zone: string | undefined): void {
  if (zone === undefined) delete process.env.TZ
  else process.env.TZ = zone
}

test('pages: the way back leads over the cursors that led here', () => {
  const third = onward(onward(FIRST_PAGE, 'a'), 'b')
  assert.equal(cursorOf(FIRST_PAGE), undefined)
  assert.equal(cursorOf(third), 'b')
  assert.equal(pageNumber(third), 3)
  assert.equal(cursorOf(backward(third)), 'a')
  assert.equal(cursorOf(backward(backward(third))), undefined)
})
