import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProblemError } from '../problem.ts'
import { array, boolean, integer, oneOf, optional, strictObject, string } from './json-schema.ts'

import { createValidatorCompiler, READ_BY_ROUTE } from './validation.ts'

const QUERY = strictObject({
  limit: optional(integer({ minimum: 1, maximum: 100 })),
  tags: optional(array(string(), { maxItems: 2 })),
  flag: optional(boolean()),
  status: optional(oneOf(['active', 'deprecated'])),
})
const BODY = strictObject({ name: string({ maxLength: 3 }), count: optional(integer()) })

function check(schema: object, value: unknown, httpPart: string): unknown {
  const result = createValidatorCompiler()({ schema, httpPart, method: 'GET', url: '/' })(value)
  if (typeof result !== 'object' || result === null) return result
  return 'error' in result && result.error ? result.error : 'value' in result ? result.value : undefined
}

function faultsOf(error: unknown): string[] {
  assert.ok(error instanceof ProblemError, String(error))
  return error.errors.map(({ pointer, message }) => `${pointer} ${message}`)
}

test('parameters become what their schema says', () => {
  const query = { limit: '5', tags: 'nlp', flag: 'true', status: 'active' }
  assert.deepEqual(check(QUERY, query, 'querystring'), {
    limit: 5,
    tags: ['nlp'],
    flag: true,
    status: 'active',
  })
})

test('every unknown or wrong parameter is named at once', () => {
  const error = check(
    QUERY,
    { colour: 'red', size: '1', limit: '0', flag: 'yes', status: 'x' },
    'querystring',
  )
  assert.deepEqual(faultsOf(error), [
    '?colour Unknown; takes limit, tags, flag, status.',
    '?size Unknown; takes limit, tags, flag, status.',
    '?limit Takes 1 to 100; seen: 0.',
    '?flag Takes true or false; seen: "yes".',
    '?status Takes one of active, deprecated; seen: "x".',
  ])
})

test('a parameter that takes one value is not given two, nor an empty one', () => {
  assert.match(faultsOf(check(QUERY, { limit: ['1', '2'] }, 'querystring'))[0] ?? '', /^\?limit/)
  assert.match(faultsOf(check(QUERY, { limit: '' }, 'querystring'))[0] ?? '', /^\?limit/)
})

test('bodies are taken as they are: no text becomes a number, nothing unknown is dropped', () => {
  assert.deepEqual(check(BODY, { name: 'abc', count: 1 }, 'body'), { name: 'abc', count: 1 })
  assert.deepEqual(faultsOf(check(BODY, { name: 'abcd', count: '1', 'a/b': 1 }, 'body')), [
    '/a~1b Unknown; takes name, count.',
    '/name Takes at most 3 characters; seen: 4.',
    '/count Takes a whole number; seen: "1".',
  ])
  assert.deepEqual(faultsOf(check(BODY, {}, 'body')), ['/name Missing.'])
})

test('a body that its route reads is left to the route', () => {
  assert.equal(check({ type: 'object', [READ_BY_ROUTE]: true }, undefined, 'body'), undefined)
})
