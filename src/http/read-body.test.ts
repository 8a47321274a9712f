import assert from 'node:assert/strict'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { ProblemError } from '../problem.ts'
import { readBody } from './read-body.ts'

function statusOf(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 408
}

test('a body is read whole, empty ones too', async () => {
  const body = await readBody(Readable.from([Buffer.from('ab'), Buffer.from('c')], { objectMode: false }), {
    ...{ maxBytes: 3, timeoutMs: 1_000 },
  })
  assert.equal(Buffer.from(body).toString(), 'abc')
  const empty = new PassThrough()
  empty.end()
  assert.equal((await readBody(empty, { maxBytes: 3, timeoutMs: 1_000 })).length, 0)
})

test('a body beyond its limit is refused, and the rest is read so that the sender gets the answer', async () => {
  const stream = new PassThrough()
  const read = readBody(stream, { maxBytes: 3, timeoutMs: 1_000 })
  stream.write('abcd')
  stream.end('efgh')
  await assert.rejects(read, { code: 'body-too-large' })
  assert.equal(stream.readableEnded, true)
})

test('a body that drips on is refused when its time is over', async () => {
  const stream = new PassThrough()
  const drip = setInterval(() => stream.write('a'), 20)
  await assert.rejects(readBody(stream, { maxBytes: 1_000, timeoutMs: 120 }), statusOf)
  clearInterval(drip)
})

test('a body whose sender is gone ends as an error, not as a shorter body', async () => {
  const stream = new PassThrough()
  const read = readBody(stream, { maxBytes: 1_000, timeoutMs: 1_000 })
  stream.write('abc')
  setTimeout(() => stream.destroy(), 10)
  await assert.rejects(read, statusOf)
})
