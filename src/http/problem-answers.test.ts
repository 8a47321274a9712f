import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StorageError } from '../domain/storage-error.ts'
import { ProblemError } from '../problem.ts'
import { problemOf, problemToWire } from './problem-answers.ts'

test('nothing of an unknown error is told', () => {
  const wire = problemToWire(problemOf(new Error('select * from keys; at /srv/registry/x.ts')), {
    requestId: 'r1',
    registryUrl: 'https://r.example',
  })
  assert.equal(wire.status, 500)
  assert.doesNotMatch(JSON.stringify(wire), /select|srv/)
  assert.equal(wire.instance, 'urn:uuid:r1')
})

test('a database that does not answer is 503 with a time to come back, one that is full is 507', () => {
  const unavailable = problemOf(new StorageError('unavailable', 'connect ECONNREFUSED 10.0.0.7'))
  assert.equal(unavailable.status, 503)
  assert.equal(unavailable.headers['retry-after'], '5')
  assert.doesNotMatch(unavailable.message, /10\.0\.0\.7/)
  assert.equal(problemOf(new StorageError('not-writable', 'disk full')).status, 507)
  assert.equal(problemOf(new StorageError('unusable', 'damaged')).status, 500)
})

test('a problem is told with its type, its faults and the id of the request', () => {
  const problem = new ProblemError('invalid-body', 'The body has a fault.', {
    errors: [{ pointer: '/name', message: 'Missing.' }],
  })
  assert.deepEqual(problemToWire(problem, { requestId: 'r2', registryUrl: 'https://r.example' }), {
    type: 'https://r.example/docs/errors#invalid-body',
    title: 'The body has faults',
    status: 422,
    detail: 'The body has a fault.',
    instance: 'urn:uuid:r2',
    code: 'invalid-body',
    errors: [{ pointer: '/name', message: 'Missing.' }],
  })
})
