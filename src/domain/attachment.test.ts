import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAttachment } from './attachment.ts'

type Holder = { readonly name: string }

test('an attachment is seen through itself alone, and not by copies, comparisons or JSON', () => {
  const [one, other] = [createAttachment<Holder, number>(), createAttachment<Holder, number>()]
  const holder: Holder = { name: 'x' }
  assert.equal(one.get(holder), undefined)
  one.set(holder, 1)
  other.set(holder, 2)
  one.set(holder, 3)
  assert.deepEqual([one.get(holder), other.get(holder)], [3, 2])
  assert.deepEqual(Object.keys(holder), ['name'])
  assert.deepEqual(holder, { name: 'x' })
  assert.equal(JSON.stringify(holder), '{"name":"x"}')
  assert.equal(one.get({ ...holder }), undefined)
  assert.equal(one.get(structuredClone(holder)), undefined)
  one.delete(holder)
  assert.deepEqual([one.get(holder), other.get(holder)], [undefined, 2])
})
