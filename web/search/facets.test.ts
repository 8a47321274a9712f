import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Facets, facetsOf } from './facets.ts'

const counted = (tag: string): Facets => ({
  agent_type: [{ value: 'a2a', at_least: 3, at_most: 3 }],
  tags: [{ value: tag, at_least: 2, at_most: 2 }],
  registry: [{ name: 'Home', peer_id: null, at_least: 3, at_most: 3 }],
})

test('facetsOf: tags are those of the question, types and registries those of the wider one', () => {
  const facets = facetsOf(counted('all'), counted('mine'))
  assert.deepEqual(facets, { ...counted('all'), tags: counted('mine').tags })
})

test('facetsOf: what could not be counted has no count, and takes none from the other question', () => {
  assert.deepEqual(facetsOf(counted('all'), null), { ...counted('all'), tags: [] })
  assert.deepEqual(facetsOf(null, counted('mine')), {
    ...{ agent_type: [], registry: [] },
    tags: counted('mine').tags,
  })
  assert.deepEqual(facetsOf(null, null), { agent_type: [], tags: [], registry: [] })
})
