import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookOfOutcome } from './looks.ts'

test('lookOfOutcome: a peer that says that nothing changed has answered, and looks so', () => {
  const { tone, shape } = lookOfOutcome('answered')
  assert.deepEqual(lookOfOutcome('unchanged'), { tone, shape, word: 'unchanged' })
})

test('lookOfOutcome: an outcome that these pages do not know is told by its own word', () => {
  assert.deepEqual(lookOfOutcome('new-here'), { tone: 'off', shape: 'ring', word: 'new-here' })
})
