import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, findNearestName } from './nearest-name.ts'

test('editDistance: counts insertions, deletions and replacements', () => {
  assert.equal(editDistance('', ''), 0)
  assert.equal(editDistance('kitten', 'sitting'), 3)
  assert.equal(editDistance('', 'abc'), 3)
  assert.equal(editDistance('abc', ''), 3)
})

test('findNearestName: finds the name meant, whatever its case', () => {
  const known = ['REGISTRY_HOST', 'REGISTRY_PORT', 'FEDERATION_ENABLED']
  assert.equal(findNearestName('REGISTRY_PROT', known), 'REGISTRY_PORT')
  assert.equal(findNearestName('federation_enable', known), 'FEDERATION_ENABLED')
  assert.equal(findNearestName('port', ['DATABASE_URL', 'PONT', ...known]), 'REGISTRY_PORT')
})

test('findNearestName: takes the first of equally near names, and none where none is known', () => {
  assert.equal(findNearestName('ac', ['ab', 'ad']), 'ab')
  assert.equal(findNearestName('ac', []), undefined)
})
