import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sql } from 'kysely'
import { rawCondition } from './raw-condition.ts'
import { openSqliteEngine } from './sqlite/engine.ts'

test('rawCondition: every mark becomes a parameter, in order', async () => {
  await using engine = openSqliteEngine(':memory:')
  const condition = rawCondition((mark) => `(a = ${mark(1)} or b in (${mark('x')}, ${mark(null)})) and c`)
  const { sql: text, parameters } = condition.compile(engine.db)
  assert.equal(text, '(a = ? or b in (?, ?)) and c')
  assert.deepEqual(parameters, [1, 'x', null])
})

test('rawCondition: a condition without parameters is its text', async () => {
  await using engine = openSqliteEngine(':memory:')
  const { sql: text, parameters } = rawCondition(() => 'true').compile(engine.db)
  assert.deepEqual([text, parameters], ['true', []])
})

test('rawCondition: no value becomes part of the statement', async () => {
  await using engine = openSqliteEngine(':memory:')
  const holds = async (value: string, other: string) => {
    const condition = rawCondition((mark) => `${mark(value)} = ${mark(other)}`)
    const { rows } = await sql<{ holds: number }>`select ${condition} as holds`.execute(engine.db)
    return rows[0]?.holds === 1
  }
  for (const value of ["' or 1=1 --", '"', '?', '$1', '\0', 'a\0b', '%', '\\', ';drop table x']) {
    assert.equal(await holds(value, value), true, JSON.stringify(value))
    assert.equal(await holds(value, 'other'), false, JSON.stringify(value))
  }
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), async (a, b) => {
      assert.equal(await holds(a, b), a === b)
    }),
  )
})
