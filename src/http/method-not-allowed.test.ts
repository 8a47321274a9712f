import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noRoute } from './method-not-allowed.ts'

const ROUTES = [
  { method: 'GET', url: '/agents/:id' },
  { method: 'PUT', url: '/agents/:id' },
  { method: 'POST', url: '/agents' },
]

test('an address that knows other methods says which', () => {
  const problem = noRoute('POST', '/agents/1', ROUTES)
  assert.equal(problem.status, 405)
  assert.equal(problem.headers.allow, 'GET, PUT')
})

test('an address that nothing is at is not found', () => {
  for (const path of ['/', '/agents/', '/agents/1/2', '/agent/1'])
    assert.equal(noRoute('GET', path, ROUTES).status, 404)
})
