/** Streams over real sockets: readers who leave, who do not read, and searches that fail on the way. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import fastify from 'fastify'
import { timeAwake } from '../../test/support/awake-time.ts'
import { readLines } from '../../test/support/events.ts'
import { makeAgent } from '../../test/support/federation.ts'
import { type DiscoveredAgent, type DiscoveryAnswer, resultKey } from '../domain/discovery.ts'
import { waitSignal } from './app.ts'
import { registerShutdown } from './shutdown.ts'
import { type StreamedSearch, streamDiscovery } from './stream-discovery.ts'

const URL_HERE = 'http://harbor.example'

function found(id: string, descriptionChars = 0): DiscoveredAgent {
  return {
    agent: makeAgent(id, { description: 'x'.repeat(descriptionChars) }),
    ...{ isFederated: false, registryUrl: URL_HERE, registryName: 'Harbor', score: null, alsoIn: [] },
    provenance: {
      ...{ origin: URL_HERE, peerId: null, fetchedAt: 1, ageSeconds: 0, isStale: false },
      verification: 'unverified',
    },
  }
}

function answerOf(agents: readonly DiscoveredAgent[]): DiscoveryAnswer {
  return { agents, stats: null, nextCursor: null, warnings: [] }
}

type Search = (
  onProgress: Parameters<StreamedSearch['search']>[0],
  signal: AbortSignal,
) => Promise<DiscoveryAnswer>

/** A server whose one search is the given one. */
async function serveSearch(t: TestContext, search: Search, stalledMs = 10_000) {
  const app = fastify()
  const { hurry } = registerShutdown(app)
  const failures: unknown[] = []
  app.get('/', async (_request, reply) => {
    const signal = waitSignal(reply, hurry)
    const bytes = await streamDiscovery({
      form: 'application/x-ndjson',
      includeLocal: true,
      search: (onProgress) => search(onProgress, signal),
      onStalled: () => reply.raw.destroy(),
      stalledMs,
      problemOf: (error) => {
        failures.push(error)
        return {
          ...{ type: 'about:blank', title: 'T', status: 500, detail: 'D.', instance: 'I', code: 'internal' },
        }
      },
    })
    return reply.type('application/x-ndjson').send(bytes)
  })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  t.after(() => app.close())
  return { app, url, failures }
}

async function openSocket(t: TestContext, url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.after(() => socket.destroy())
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  return socket
}

test('events reach the reader as they happen, not with the answer', async (t) => {
  const answer = Promise.withResolvers<DiscoveryAnswer>()
  const { url } = await serveSearch(t, (onProgress) => {
    onProgress({ kind: 'local', agents: [found('a')] })
    return answer.promise
  })
  const socket = await openSocket(t, url)
  const [first] = await once(socket, 'data')
  assert.match(String(first), /"event":"local"/)
  answer.resolve(answerOf([found('a')]))
  const [rest] = await once(socket, 'data')
  assert.match(String(rest), /"event":"merge"/)
})

test('a reader who leaves ends the search it alone caused', async (t) => {
  const heard = Promise.withResolvers<void>()
  const { url } = await serveSearch(t, async (onProgress, signal) => {
    onProgress({ kind: 'local', agents: [] })
    await once(signal, 'abort')
    heard.resolve()
    return answerOf([])
  })
  const socket = await openSocket(t, url)
  await once(socket, 'data')
  socket.destroy()
  await heard.promise
})

test('a failure after the first event is the last event; one before is no stream at all', async (t) => {
  const fault = new Error('the disk is gone')
  const late = await serveSearch(t, async (onProgress) => {
    onProgress({ kind: 'local', agents: [found('a')] })
    await sleep(5)
    throw fault
  })
  const told = await fetch(late.url)
  assert.equal(told.status, 200)
  const events = readLines(await told.text())
  assert.deepEqual(
    events.map(({ event }) => event),
    ['local', 'error'],
  )
  assert.deepEqual([events.at(-1)?.status, events.at(-1)?.code], [500, 'internal'])
  assert.doesNotMatch(JSON.stringify(events), /disk/)
  assert.deepEqual(late.failures, [fault])

  const early = await serveSearch(t, () => Promise.reject(fault))
  const refused = await fetch(early.url)
  assert.equal(refused.status, 500)
  assert.match(refused.headers.get('content-type') ?? '', /^application\/json/)
})

const BIG = 4_000_000 // more than the system keeps for a socket that nobody reads

test('of merges that a slow reader has not taken only the last state is kept, and it is whole', async (t) => {
  const merges = 300
  const { url } = await serveSearch(t, async (onProgress) => {
    for (let number = 1; number <= merges; number += 1) {
      const agents = [found('big', BIG / 100), found(`small-${number % 3}`)]
      onProgress({ kind: 'merge', upserts: agents, order: agents.map(resultKey) })
      if (number % 10 === 0) await sleep(1)
    }
    return answerOf([found('big', BIG), found('small-0')])
  })
  const [response] = (await once(get(url), 'response')) as [IncomingMessage]
  await sleep(200)
  const events = readLines(await text(response)).filter(({ event }) => event === 'merge')
  assert.ok(events.length < merges / 2, `${events.length} of ${merges} merges were sent`)
  assert.deepEqual(events.at(-1)?.order, [`${URL_HERE}#big`, `${URL_HERE}#small-0`])
})

test('a reader who takes nothing for too long is left, and the search ends with it', async (t) => {
  const aborted = Promise.withResolvers<void>()
  const { url } = await serveSearch(
    t,
    async (onProgress, signal) => {
      const agents = Array.from({ length: 10 }, (_, index) => found(`big-${index}`, BIG))
      onProgress({ kind: 'merge', upserts: agents, order: agents.map(resultKey) })
      await once(signal, 'abort')
      aborted.resolve()
      return answerOf([])
    },
    200,
  )
  const socket = await openSocket(t, url)
  socket.on('error', () => {}) // the server resets what it leaves
  socket.pause()
  await aborted.promise
})

test('at shutdown a stream ends with what there is, in full', async (t) => {
  const { app, url } = await serveSearch(t, async (onProgress, signal) => {
    onProgress({ kind: 'local', agents: [found('a')] })
    await once(signal, 'abort')
    return answerOf([found('a')])
  })
  const answer = await fetch(url)
  const started = performance.now()
  const closed = app.close()
  const { value: text, ms } = await timeAwake(() => answer.text())
  const waitedMs = performance.now() - started
  assert.equal(readLines(text).at(-1)?.event, 'done')
  assert.ok(waitedMs > 1_900 && ms < 3_500, `${waitedMs} ms, awake ${ms}`)
  await closed
})
