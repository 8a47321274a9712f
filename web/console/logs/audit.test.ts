import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ACTIONS, describeDetail, monthBefore } from './audit.ts'

test('monthBefore: is the month that is over, across the turn of the year', () => {
  assert.equal(monthBefore(new Date('2026-11-01T00:00:00Z')), '2026-10')
  assert.equal(monthBefore(new Date('2027-01-31T23:59:59Z')), '2026-12')
})

test('describeDetail: tells every member, texts as they are', () => {
  assert.equal(
    describeDetail({ name: 'Acme', roles: ['a'], count: 2, gone: null }),
    'name: Acme; roles: ["a"]; count: 2; gone: null',
  )
  assert.equal(describeDetail({}), '')
})

test('describeDetail: cuts what is very long, and says how long it is', () => {
  const told = describeDetail({ created: 'x'.repeat(10_000) })
  assert.ok(told.length < 2_100)
  assert.match(told, /10009 characters in all/)
})

test('the actions to choose from are those that the registry writes, and families of them', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join('src', path), 'utf8'))
  const written = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/(?:\baction:|_ACTION =) '([a-z-]+\.[a-z-]+)'/g)].map(([, action = '']) => action),
    ),
  )
  assert.ok(written.size > 25, [...written].join())
  const familyOf = (action: string): string => action.replace(/\..*/, '')
  const missing = [...written].filter(
    (action) => !ACTIONS.includes(action) && !ACTIONS.includes(familyOf(action)),
  )
  assert.deepEqual(missing, [])
  const known = new Set([...written, ...[...written].map(familyOf)])
  assert.deepEqual(
    ACTIONS.filter((action) => !known.has(action)),
    [],
  )
})
