/** Redis on its bad days: gone, back, hanging, full, spoiled, locked. It may cost hits and shared counts, nothing else. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../src/domain/ports.ts'
import type { SharedCache } from '../src/domain/sharing.ts'
import { createKeyRing } from '../src/security/key-ring.ts'
import { createSealedCache } from '../src/security/sealed-cache.ts'
import { timeAwake } from './support/awake-time.ts'
import { PATIENT_CLOCK } from './support/clocks.ts'
import { serve } from './support/federation.ts'
import { eventually, hasRedisServer, openStore, startRedis, usingRedis } from './support/redis.ts'
import { findFreePort } from './support/registry.ts'

const PREFIX = 'avr:'
/** The limit is 25 ms; other tests share the processor. Pauses of this process are not counted. */
const PATIENCE_MS = 400
const skip = hasRedisServer('Redis on its bad days') ? false : 'redis-server is not installed'

type Asked = { readonly ms: number; readonly text: string | undefined }

async function ask(cache: SharedCache, key: string): Promise<Asked> {
  const { value, ms } = await timeAwake(() => cache.get(key))
  return { ms, text: value === undefined ? undefined : Buffer.from(value).toString() }
}

/** Asks and puts all the time, with many at once, until told to stop; then tells what was seen. */
function load(cache: SharedCache): { stop(): Promise<{ hits: number; misses: number; slowestMs: number }> } {
  let isOver = false
  const seen = { hits: 0, misses: 0, slowestMs: 0 }
  const one = async (worker: number) => {
    for (let round = 0; !isOver; round += 1) {
      const key = `load-${(worker * 7 + round) % 20}`
      const { ms, text } = await ask(cache, key)
      if (text !== undefined) assert.equal(text, `of ${key}`)
      seen[text === undefined ? 'misses' : 'hits'] += 1
      seen.slowestMs = Math.max(seen.slowestMs, ms)
      cache.put(key, Buffer.from(`of ${key}`), 60)
      await sleep(1)
    }
  }
  const workers = Promise.all(Array.from({ length: 20 }, (_, worker) => one(worker)))
  return {
    async stop() {
      isOver = true
      await workers
      return seen
    },
  }
}

async function untilHit(cache: SharedCache, key: string): Promise<void> {
  await eventually(`${key} is a hit`, async () => {
    cache.put(key, Buffer.from('x'), 60)
    return (await cache.get(key)) !== undefined
  })
}

/** A line to a server that can be made slow, both ways. */
async function openLine(to: string): Promise<AsyncDisposable & { readonly url: string; delayMs: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(new URL(to).port), '127.0.0.1')
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (bytes) => setTimeout(() => into.write(bytes), line.delayMs / 2))
      from.on('error', () => {})
      from.on('close', () => into.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const line = {
    url: `redis://127.0.0.1:${port}`,
    delayMs: 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return line
}

async function openOwn(
  t: TestContext,
  options: { readonly clock?: Clock; readonly settings?: readonly string[] } = {},
) {
  const { settings = [], ...rest } = options
  const redis = await startRedis(t, ...settings)
  const store = await openStore(t, { url: redis.url, prefix: PREFIX, ...rest })
  return { redis, ...store }
}

test('killed and started again under load: no wait, no rejection, no wrong value, and hits again', {
  skip,
}, async (t) => {
  const { redis, cache, told } = await openOwn(t)
  const loaded = load(cache)
  await sleep(200)
  for (let time = 0; time < 3; time += 1) {
    await redis.kill()
    await eventually('it is known to be down', () => told.states.at(-1)?.kind === 'down')
    assert.equal((await ask(cache, 'load-1')).text, undefined)
    await redis.restart()
    await eventually('it is up again', () => told.states.at(-1)?.kind === 'up')
  }
  await untilHit(cache, 'after')
  const { hits, misses, slowestMs } = await loaded.stop()
  assert.ok(hits > 0 && misses > 0, `${hits} hits, ${misses} misses`)
  assert.ok(slowestMs < PATIENCE_MS, `${slowestMs} ms`)
  // Told by turns, and at least once for each time it was killed.
  const states = told.states.map(({ kind }) => kind)
  assert.ok(states.length >= 7 && states.every((kind, index) => kind === (index % 2 === 0 ? 'up' : 'down')))
})

test('hanging: a few misses within the limit, then none that waits, and hits when it goes on', {
  skip,
}, async (t) => {
  const { redis, cache, counters, told } = await openOwn(t)
  await untilHit(cache, 'a')
  redis.pause()
  const first: Asked[] = []
  while (told.states.at(-1)?.kind === 'up') first.push(await ask(cache, 'a'))
  assert.ok(first.length <= 5, `${first.length} waited`)
  for (const { ms, text } of first) {
    assert.equal(text, undefined)
    assert.ok(ms < PATIENCE_MS, `${ms} ms`)
  }
  let answered = 0
  const after = Array.from({ length: 1_000 }, () => ask(cache, 'a').then(() => (answered += 1)))
  await setImmediate()
  assert.equal(answered, after.length, 'before anything could come from the network')
  assert.equal(counters.isUp(), false)
  assert.equal(await counters.add('count', 1, 60_000), undefined)
  assert.deepEqual(told.kinds().slice(0, 2), ['get timeout', 'connect timeout'])
  redis.resume()
  await untilHit(cache, 'a')
})

test('hanging while values are put: what is on its way stays bounded, and the rest is dropped', {
  skip,
}, async (t) => {
  const { redis, cache, told } = await openOwn(t)
  redis.pause()
  const value = Buffer.alloc(4 * 1024 * 1024, 1)
  for (let index = 0; index < 10; index += 1) cache.put(`large-${index}`, value, 60)
  assert.equal(told.failures.filter(({ fault }) => fault === 'backlog').length, 6)
  redis.resume()
  await eventually('puts are taken again', async () => {
    cache.put('large', value, 60)
    return (await cache.get('large')) !== undefined
  })
})

test('always slow: found out once, then nobody waits, until it is quick again', { skip }, async (t) => {
  const redis = await startRedis(t)
  await using line = await openLine(redis.url)
  const { cache, told } = await openStore(t, { url: line.url, prefix: PREFIX })
  await untilHit(cache, 'a')
  line.delayMs = 60
  await eventually('it is down', async () => {
    assert.ok((await ask(cache, 'a')).ms < PATIENCE_MS)
    return told.states.at(-1)?.kind === 'down'
  })
  await sleep(1_500) // connecting is tried several times meanwhile, and goes well but for the time it takes
  assert.ok((await ask(cache, 'a')).ms < 100)
  assert.deepEqual(
    told.states.map(({ kind }) => kind),
    ['up', 'down'],
  )
  line.delayMs = 0
  await untilHit(cache, 'a')
})

test('many asked for at once while it hangs wait once, not one after the other', { skip }, async (t) => {
  const { redis, cache, told } = await openOwn(t)
  redis.pause()
  const asked = await Promise.all(Array.from({ length: 500 }, (_, index) => ask(cache, `key-${index}`)))
  assert.ok(asked.every(({ text, ms }) => text === undefined && ms < PATIENCE_MS))
  assert.equal(told.states.at(-1)?.kind, 'up') // one hiccup, however many met it
  redis.resume()
  await usingRedis(redis.url, (send) => send('PING')) // it may be late, too
  await untilHit(cache, 'a')
  assert.equal(told.states.length, 1)
})

test('full: values are not kept, what is there is found, and counting goes on alone', { skip }, async (t) => {
  const settings = ['--maxmemory-policy', 'noeviction']
  const { redis, cache, counters, told } = await openOwn(t, { clock: PATIENT_CLOCK, settings })
  const limitMemory = (limit: string) =>
    usingRedis(redis.url, (send) => send('CONFIG', 'SET', 'maxmemory', limit))
  await untilHit(cache, 'early')
  await limitMemory('1') // a byte: it stays full, whatever it frees meanwhile
  cache.put('early', Buffer.alloc(2_000_000, 1), 60)
  await eventually('it says that it is full', () => told.kinds().includes('put full'))
  assert.equal((await ask(cache, 'early')).text, 'x')
  assert.equal(await counters.add('count', 1, 60_000), undefined)
  assert.ok(told.kinds().includes('count full'))
  assert.equal(told.states.at(-1)?.kind, 'up')
  await limitMemory('0')
  await untilHit(cache, 'late')
  assert.deepEqual(await counters.add('count', 1, 60_000), { total: 1, msLeft: 60_000 })
})

test('spoiled by hand: cut, overwritten, moved, of another type, or huge, it is a miss', {
  skip,
}, async (t) => {
  const { redis, cache, told } = await openOwn(t, { clock: PATIENT_CLOCK })
  let corrupt = 0
  const onCorrupt = () => {
    corrupt += 1
  }
  const sealed = createSealedCache(cache, { keys: createKeyRing().deriveKeys('shared-cache'), onCorrupt })
  const spoil = async (...command: string[]) => {
    sealed.put('a', Buffer.from('good'), 60)
    await eventually('it is kept', async () => (await sealed.get('a')) !== undefined)
    await usingRedis(redis.url, async (send) => {
      await send(...command)
    })
    assert.equal(await sealed.get('a'), undefined, command.join(' '))
  }
  await spoil('SETRANGE', `${PREFIX}a`, '34', 'x')
  await spoil('APPEND', `${PREFIX}a`, 'x')
  await spoil('SET', `${PREFIX}a`, 'x')
  sealed.put('b', Buffer.from('other'), 60)
  await eventually('b is kept', async () => (await sealed.get('b')) !== undefined)
  await spoil('COPY', `${PREFIX}b`, `${PREFIX}a`, 'REPLACE')
  assert.equal(corrupt, 4)
  await usingRedis(redis.url, (send) => send('DEL', `${PREFIX}a`))
  await usingRedis(redis.url, (send) => send('LPUSH', `${PREFIX}list`, 'x'))
  assert.equal(await sealed.get('list'), undefined)
  await usingRedis(redis.url, (send) => send('SETRANGE', `${PREFIX}huge`, '9000000', 'x'))
  await eventually('it is seen that it is too large', async () => {
    assert.equal(await sealed.get('huge'), undefined)
    return told.kinds().includes('get too-large')
  })
  assert.ok(told.kinds().includes('get refused'))
  assert.equal(told.states.at(-1)?.kind, 'up')
})

test('counters that are no numbers, or never end, cost their sharing or are put right', {
  skip,
}, async (t) => {
  const { redis, counters } = await openOwn(t, { clock: PATIENT_CLOCK })
  await usingRedis(redis.url, (send) => send('SET', `${PREFIX}text`, 'x'))
  await usingRedis(redis.url, (send) => send('SET', `${PREFIX}eternal`, '5'))
  await usingRedis(redis.url, (send) => send('SET', `${PREFIX}long`, '5', 'PX', '9999999999'))
  assert.equal(await counters.add('text', 1, 60_000), undefined)
  assert.deepEqual(await counters.add('eternal', 1, 60_000), { total: 6, msLeft: 60_000 })
  assert.deepEqual(await counters.add('long', 2, 60_000), { total: 7, msLeft: 60_000 })
})

test('a password that is wrong or missing is told as that, and is no reason to wait', { skip }, async (t) => {
  const redis = await startRedis(t, '--requirepass', 'right')
  const { host } = new URL(redis.url)
  for (const url of [`redis://:wrong@${host}`, redis.url]) {
    const { cache, told } = await openStore(t, { url, prefix: PREFIX })
    const [state] = told.states
    assert.ok(state?.kind === 'down' && state.fault === 'refused', JSON.stringify(told.states))
    assert.doesNotMatch(String(state.error), /wrong@|:wrong/)
    assert.equal((await ask(cache, 'a')).text, undefined)
  }
  const { cache } = await openStore(t, { url: `redis://:right@${host}/3`, prefix: PREFIX })
  await untilHit(cache, 'a')
})

test('nobody there, or somebody who is no Redis: down at once, with one word about it', async (t) => {
  await using other = await serve((_request, response) => response.end('not Redis'))
  const strangers = [`redis://127.0.0.1:${await findFreePort()}`, other.url.replace('http:', 'redis:')]
  for (const url of strangers) {
    const { value: store, ms } = await timeAwake(() => openStore(t, { url, prefix: PREFIX }))
    assert.ok(ms < 5_000, `${ms} ms`)
    const { cache, told } = store
    await sleep(1_000) // connecting is tried again meanwhile
    assert.equal((await ask(cache, 'a')).text, undefined)
    assert.deepEqual(
      told.states.map(({ kind }) => kind),
      ['down'],
    )
    assert.ok(told.failures.filter(({ operation }) => operation === 'connect').length > 1)
  }
})

test('closing does not wait for a Redis that hangs, and ends what waits for it', { skip }, async (t) => {
  const { redis, cache, ...store } = await openOwn(t)
  redis.pause()
  const waiting = ask(cache, 'a')
  const { ms } = await timeAwake(() => store[Symbol.asyncDispose]())
  assert.ok(ms < PATIENCE_MS, `${ms} ms`)
  assert.equal((await waiting).text, undefined)
  assert.equal((await ask(cache, 'a')).text, undefined)
})
