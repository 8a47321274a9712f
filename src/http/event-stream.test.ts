import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { applyEvents, readEventSource, readLines } from '../../test/support/events.ts'
import type { WireDiscoveryEvent, WireKeyedAgent, WireMerge } from '../wire/discovery-events.ts'
import { DONE_ID, openEventStream, type StreamForm } from './event-stream.ts'

const DONE: WireDiscoveryEvent = { event: 'done', next_cursor: null }

function agent(key: string, description = ''): WireKeyedAgent {
  return { key, description } as WireKeyedAgent
}

function merge(upserts: readonly WireKeyedAgent[], order = upserts.map(({ key }) => key)): WireMerge {
  return { event: 'merge', upserts, order }
}

function open(form: StreamForm, options: { stalledMs?: number; heartbeatMs?: number } = {}) {
  const stalled: true[] = []
  return { stream: openEventStream(form, { onStalled: () => stalled.push(true), ...options }), stalled }
}

test('for browsers each event has its name, its id and one line of data', async () => {
  const { stream } = open('text/event-stream')
  stream.put(merge([agent('a', 'two\nlines\r')]))
  stream.put(DONE)
  stream.end()
  const told = await text(stream.bytes)
  assert.match(told, /^retry: \d+\nid: 1\nevent: merge\ndata: \{[^\n\r]*\}\n\nid: done\nevent: done\ndata: /)
  const [first, last] = readEventSource(told)
  assert.deepEqual(first, { id: '1', ...merge([agent('a', 'two\nlines\r')]) })
  assert.deepEqual([last?.event, last?.id], ['done', DONE_ID])
})

test('for programs each event is a line, its name a member', async () => {
  const { stream } = open('application/x-ndjson')
  stream.put(merge([agent('a')]))
  stream.put(DONE)
  stream.end()
  assert.deepEqual(readLines(await text(stream.bytes)), [merge([agent('a')]), DONE])
})

test('merges that wait for a slow reader become one, behind the peer whose results it has', async () => {
  const { stream } = open('application/x-ndjson')
  const peer = { event: 'peer', peer_id: 'p', name: 'P', registry_url: 'u', outcome: 'answered' } as const
  stream.put(merge([agent('a'), agent('b')]))
  stream.put(peer)
  stream.put(merge([agent('b', 'newer'), agent('c')], ['c', 'b']))
  stream.put(merge([], ['a', 'b']))
  stream.put(DONE)
  stream.end()
  const events = readLines(await text(stream.bytes))
  assert.deepEqual(
    events.map(({ event }) => event),
    ['peer', 'merge', 'done'],
  )
  const { agents } = applyEvents(events)
  assert.deepEqual(
    agents.map(({ description }) => description),
    ['', 'newer'],
  )
})

test('a browser that waits hears a comment now and then', async () => {
  const { stream } = open('text/event-stream', { heartbeatMs: 20 })
  let told = ''
  for await (const chunk of stream.bytes) {
    told += String(chunk)
    if (told !== ':\n\n:\n\n') continue
    stream.put(DONE)
    stream.end()
  }
  assert.match(told, /^(?::\n\n){2,}retry/)
})

test('a program that waits hears nothing', async () => {
  const { stream } = open('application/x-ndjson', { heartbeatMs: 20 })
  const reading = text(stream.bytes)
  await sleep(90)
  stream.put(DONE)
  stream.end()
  assert.match(await reading, /^\{/)
})

test('a reader who takes nothing is noticed; one who only waits for news is not', async () => {
  const { stream, stalled } = open('application/x-ndjson', { stalledMs: 30 })
  stream.bytes.once('readable', () => stream.bytes.read())
  stream.put(DONE)
  await sleep(80)
  assert.equal(stalled.length, 0)
  // Taken from here are one piece that is held ready and one that is asked for no more.
  for (const key of ['a', 'b', 'c']) {
    stream.put(merge([agent(key)]))
    await sleep(5)
  }
  await sleep(80)
  assert.equal(stalled.length, 1)
  stream.bytes.destroy()
})
