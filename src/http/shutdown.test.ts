import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import fastify from 'fastify'
import { timeAwake } from '../../test/support/awake-time.ts'
import { waitSignal } from './app.ts'
import { registerShutdown } from './shutdown.ts'

test('at shutdown, what waits for peers is told to come to its end, and is answered in full', async () => {
  const app = fastify()
  const { hurry, isStopping } = registerShutdown(app)
  app.get('/', async (_request, reply) => {
    await once(waitSignal(reply, hurry), 'abort')
    return 'what there was'
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const asked = fetch(address)
  await once(app.server, 'request')
  const started = performance.now()
  const closed = app.close()
  const { value: text, ms } = await timeAwake(async () => (await asked).text())
  const waitedMs = performance.now() - started
  assert.equal(text, 'what there was')
  assert.ok(waitedMs > 1_900 && ms < 3_500, `${waitedMs} ms, awake ${ms}`)
  await closed
  assert.equal(isStopping(), true)
})

test('who has left before the search begins is not waited for', async () => {
  const app = fastify()
  const { hurry } = registerShutdown(app)
  const told = Promise.withResolvers<boolean>()
  app.get('/', async (_request, reply) => {
    reply.raw.destroy()
    await once(reply.raw, 'close')
    told.resolve(waitSignal(reply, hurry).aborted)
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  await assert.rejects(fetch(address))
  assert.equal(await told.promise, true)
  await app.close()
})
