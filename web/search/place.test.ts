import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Place, readPlace, writePlace } from './place.ts'

const BASE = 'https://r.example/registry/'

test('places survive their addresses, under a path, too', () => {
  const places: Place[] = [
    { page: 'search', question: { search: 'a & b', type: null, tags: ['x'], registries: [] } },
    { page: 'search', question: { search: '', type: null, tags: [], registries: [] } },
    { page: 'agent', did: 'did:web:localhost%3A8080:agents:1' },
  ]
  for (const place of places) {
    assert.deepEqual(readPlace(new URL(writePlace(place, BASE), BASE).href, BASE), place)
  }
})

test('readPlace: leaves other pages and other origins to the browser', () => {
  for (const address of [
    'https://r.example/registry/console',
    'https://r.example/',
    'https://x.example/registry/',
  ]) {
    assert.equal(readPlace(address, BASE), null, address)
  }
})

test('readPlace: an address of an agent that names none leads to the search', () => {
  const search = { page: 'search', question: { search: '', type: null, tags: [], registries: [] } }
  assert.deepEqual(readPlace(`${BASE}agent`, BASE), search)
  assert.deepEqual(readPlace(`${BASE}agent?did=`, BASE), search)
})
