import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemOfResponse, unreachable } from './problem.ts'

function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers })
}

test('problemOfResponse: has the registry’s sentence, its faults and what to do', async () => {
  const problem = await problemOfResponse(
    answer(422, {
      ...{ code: 'invalid-body', title: 'The body has faults', detail: 'One member is wrong.' },
      instance: 'urn:uuid:0199',
      errors: [{ pointer: '/name', message: 'Takes a name.' }],
    }),
  )
  assert.deepEqual(problem, {
    ...{ code: 'invalid-body', status: 422, title: 'The body has faults', sentence: 'One member is wrong.' },
    advice: 'Correct what is marked and try again. Nothing was stored.',
    faults: [{ pointer: '/name', message: 'Takes a name.' }],
    ...{ requestId: '0199', retryAfterSeconds: null },
  })
})

test('problemOfResponse: says what it can of an answer that is no problem document', async () => {
  for (const body of ['<h1>Bad gateway</h1>', '', 'null', '[]', '{"detail": 7, "errors": [null, {}]}']) {
    const { code, sentence, faults } = await problemOfResponse(answer(502, body))
    assert.deepEqual(
      [code, sentence, faults],
      ['not-a-registry', 'The registry answered with status 502.', []],
    )
  }
})

test('problemOfResponse: knows how long to wait', async () => {
  const { retryAfterSeconds } = await problemOfResponse(answer(429, {}, { 'retry-after': '12' }))
  assert.equal(retryAfterSeconds, 12)
})

test('unreachable: promises nothing that only some pages do', () => {
  assert.equal(unreachable().advice, 'Check your connection, then try again.')
})
