import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typingPauseMs } from './typing-pause.ts'

test('a slow typist, whose every key begins a search, does not use up an allowance of 60 requests a minute', () => {
  const quota = 60
  let made = 0
  let sinceKeyMs = 0
  for (let timeMs = 0; timeMs < 60_000; timeMs += 10) {
    sinceKeyMs += 10
    if (sinceKeyMs === typingPauseMs(1 - made / quota)) made += 1
    if (sinceKeyMs === 300) sinceKeyMs = 0
  }
  assert.ok(made > 20 && made < quota / 2 + 1, `${made} searches`)
})

test('as long as much is left, results come with the shortest pause', () => {
  assert.equal(typingPauseMs(1), 120)
  assert.ok(typingPauseMs(0.3) > 120 && typingPauseMs(0.1) > typingPauseMs(0.3))
})
