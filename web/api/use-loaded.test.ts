import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from './use-loaded.ts'

test('settle: an answer whose body breaks off is a problem to show, not a view that loads for ever', async () => {
  const broken = new Response(
    new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"id":"01')),
      pull: (controller) => controller.error(new TypeError('network error')),
    }),
  )
  const answer = await settle(async () => ({ ok: true, value: await broken.json(), etag: null }))
  assert.ok(!answer.ok)
  assert.equal(answer.problem.code, 'not-a-registry')
  assert.equal(answer.problem.sentence, 'The answer broke off before its end.')
})

test('settle: hands on what the registry answers', async () => {
  const answer = { ok: true, value: 7, etag: '"a"' } as const
  assert.deepEqual(await settle(async () => answer), answer)
})
