import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validate, version } from 'uuid'
import { createIdMinter } from './mint-id.ts'

const NOW = Date.parse('2026-11-23T12:00:00.123Z')

test('createIdMinter: gives UUIDs of version 7 of the present, each greater than the one before', () => {
  const mint = createIdMinter(null, NOW)
  const ids = Array.from({ length: 5_000 }, mint)
  assert.ok(ids.every((id) => validate(id) && version(id) === 7 && id === id.toLowerCase()))
  assert.deepEqual(ids, ids.toSorted())
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(Number.parseInt(ids[0]?.replace('-', '').slice(0, 12) ?? '', 16), NOW)
})

test('createIdMinter: begins behind the newest record, whichever clock that was made with', () => {
  for (const ahead of [-60_000, -1, 0, 1, 60_000]) {
    const newest = Array.from({ length: 1_000 }, createIdMinter(null, NOW + ahead)).at(-1) ?? ''
    assert.ok(createIdMinter(newest, NOW)() > newest, `${ahead} ms`)
  }
})
