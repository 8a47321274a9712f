import assert from 'node:assert/strict'
import { test } from 'node:test'
import { validate, version } from 'uuid'
import { createRequestIds } from './request-ids.ts'

test('ids are UUIDs of version 7, and no two are the same', () => {
  const newId = createRequestIds()
  const ids = Array.from({ length: 2_000 }, newId)
  assert.ok(ids.every((id) => validate(id) && version(id) === 7))
  assert.equal(new Set(ids).size, ids.length)
  assert.deepEqual(new Set(ids.map((id) => id[19])), new Set('89ab'))
  const ageMs = Date.now() - Number.parseInt(ids[0]?.replaceAll('-', '').slice(0, 12) ?? '', 16)
  assert.ok(ageMs >= 0 && ageMs < 5_000)
})
