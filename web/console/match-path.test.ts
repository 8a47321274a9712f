import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchPath } from './match-path.ts'

test('matchPath: gives the steps that are parameters, decoded', () => {
  assert.deepEqual(matchPath('', ''), {})
  assert.deepEqual(matchPath('peers/:id', 'peers/0199-a%20b'), { id: '0199-a b' })
  assert.deepEqual(matchPath('peers/:id/sharing', 'peers/7/sharing'), { id: '7' })
})

test('matchPath: has nothing for another form, and survives what is no encoding', () => {
  for (const path of ['', 'peers/', 'peers/7/8', 'peer/7']) {
    assert.equal(matchPath('peers/:id/sharing', path), null, path)
  }
  assert.deepEqual(matchPath('peers/:id', 'peers/%'), { id: '%' })
})
