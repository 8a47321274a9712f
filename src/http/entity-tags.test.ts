import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowsChange, isKnownTag } from './entity-tags.ts'

test('If-None-Match knows the tag in a list, as weak one and by star', () => {
  assert.equal(isKnownTag(undefined, '"1"'), false)
  assert.equal(isKnownTag('"0", W/"1"', '"1"'), true)
  assert.equal(isKnownTag('*', '"1"'), true)
  assert.equal(isKnownTag('"11"', '"1"'), false)
})

test('If-Match allows a change by the very tag only; a weak one never does', () => {
  assert.equal(allowsChange(undefined, '"1"'), true)
  assert.equal(allowsChange('*', '"1"'), true)
  assert.equal(allowsChange('"0","1"', '"1"'), true)
  assert.equal(allowsChange('W/"1"', '"1"'), false)
  assert.equal(allowsChange('1', '"1"'), false)
})
