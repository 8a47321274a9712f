import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cautionOf } from './result-facts.ts'

test('cautionOf: says which names may imitate others, in the words of the command line', () => {
  const says = (names: string) =>
    `A word of its ${names} has letters of several scripts: it may imitate another.`
  assert.equal(cautionOf({ mixed_scripts: ['name'] }), says('name'))
  assert.equal(cautionOf({ mixed_scripts: ['provider'] }), says('provider’s name'))
  assert.equal(cautionOf({ mixed_scripts: ['name', 'provider'] }), says('name and of its provider’s name'))
})

test('cautionOf: says nothing where the API names none, or one that it does not know', () => {
  for (const provenance of [{}, { mixed_scripts: [] }, { mixed_scripts: ['else'] }]) {
    assert.equal(cautionOf(provenance), null)
  }
})
