import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unreachable } from './problem.ts'
import { afterSignOut } from './session.ts'

test('afterSignOut: says that a session ended only where it did', () => {
  const failed = (status: number) => ({ ok: false, problem: { ...unreachable(), status } }) as const
  assert.equal(afterSignOut({ ok: true, value: null, etag: null }), 'You are signed out.')
  assert.equal(afterSignOut(failed(401)), 'You are signed out.')
  for (const status of [unreachable().status, 403, 503]) {
    const said = afterSignOut(failed(status))
    assert.match(said, /may still be signed in/)
    assert.doesNotMatch(said, /You are signed out/)
  }
})
