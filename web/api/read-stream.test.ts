import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLines } from './read-stream.ts'

/** An answer whose bytes come one by one: the hardest way to cut it. */
function drip(text: string, onCancel = () => {}): Response {
  const bytes = new TextEncoder().encode(text)
  let place = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (place < bytes.length) controller.enqueue(bytes.slice(place, ++place))
      else controller.close()
    },
    cancel: onCancel,
  })
  return new Response(body)
}

test('readLines: gives each line, wherever the answer is cut', async () => {
  const values = await Array.fromAsync(readLines(drip('{"a":"é"}\n\n{"b":"🦆"}\r\n3')))
  assert.deepEqual(values, [{ a: 'é' }, { b: '🦆' }, 3])
})

test('readLines: fails on what is no JSON', async () => {
  await assert.rejects(Array.fromAsync(readLines(drip('{"a":1}\n{"b'))), SyntaxError)
})

test('readLines: closes the connection when nobody reads on', async () => {
  let wasCancelled = false
  const response = drip('1\n2\n'.repeat(50), () => {
    wasCancelled = true
  })
  for await (const value of readLines(response)) if (value === 1) break
  assert.equal(wasCancelled, true)
})
