import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLines, readServerSentEvents } from './read-stream.ts'

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

test('readServerSentEvents: joins lines of data and passes comments over', async () => {
  const events = await Array.fromAsync(
    readServerSentEvents(drip('event: plan\ndata: {"a":1}\n\n: still here\n\ndata:one\r\ndata: two\r\n\r\n')),
  )
  assert.deepEqual(events, [
    { event: 'plan', data: '{"a":1}' },
    { event: 'message', data: 'one\ntwo' },
  ])
})

test('readServerSentEvents: closes the connection when nobody reads on', async () => {
  let wasCancelled = false
  const response = drip('data: 1\n\ndata: 2\n\n'.repeat(50), () => {
    wasCancelled = true
  })
  for await (const { data } of readServerSentEvents(response)) if (data === '1') break
  assert.equal(wasCancelled, true)
})
