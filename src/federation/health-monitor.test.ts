import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  clock,
  createEventLog,
  makePeer,
  openLoopback,
  sendJson,
  serve,
} from '../../test/support/federation.ts'
import type { Peer, PeerHealth, PeerId } from '../domain/peer.ts'
import type { CallResult } from './call-peer.ts'
import { createHealthMonitor, type HealthMonitorDeps } from './health-monitor.ts'
import type { PeerProtocol } from './protocols/protocol.ts'

type Recorded = readonly [PeerId, PeerHealth]

function setUp(
  peers: readonly Peer[],
  change: Partial<HealthMonitorDeps> & Pick<HealthMonitorDeps, 'outbound'>,
) {
  const recorded: Recorded[] = []
  const events = createEventLog()
  const monitor = createHealthMonitor({
    peers: {
      list: async () => [...peers],
      getCredentials: async () => ({ apiKey: 'key', signingSecret: null }),
      recordHealth: async (id, health) => void recorded.push([id, health]),
    },
    ...{
      clock,
      events,
      publicUrl: 'https://us.example',
      intervalSeconds: 60,
      threshold: 3,
      random: () => 0.5,
    },
    ...change,
  })
  return { monitor, recorded, events }
}

function scripted(probe: PeerProtocol['probe']): Pick<HealthMonitorDeps, 'findProtocol' | 'outbound'> {
  const none = () => Promise.reject(new Error('not used'))
  return {
    outbound: { request: none },
    findProtocol: () => ({
      name: 'scripted',
      version: 1,
      search: none,
      read: () => assert.fail(),
      probe,
      changes: none,
    }),
  }
}

const WELL = { kind: 'answered', responseTimeMs: 1, agentCount: 2, clockSkewSeconds: 0 } as const
const FAILURE: CallResult = { kind: 'failed', reason: 'timeout', error: 'no answer' }
const SUCCESS: CallResult = {
  kind: 'answered',
  page: {
    kind: 'answered',
    records: [],
    statistics: null,
    hasMore: false,
    nextCursor: null,
    droppedRecords: 0,
  },
  ...{ body: new Uint8Array(0), etag: null },
}

test('probes every active peer and records what it finds', async () => {
  await using server = await serve((_, response) => sendJson(response, { status: 'ok', agent_count: 7 }))
  await using other = await serve((_, response) => sendJson(response, { some: 'thing' }))
  await using outbound = openLoopback()
  const peers = [
    makePeer(server.url, { name: 'good' }),
    makePeer(other.url, { name: 'other' }),
    makePeer('https://inactive.example', { name: 'inactive', isActive: false }),
  ]
  const { monitor, recorded } = setUp(peers, { outbound })
  await using _ = monitor
  await monitor.probeAll()
  const found = new Map(recorded)
  assert.equal(recorded.length, 2)
  assert.equal(found.get('peer-good' as PeerId)?.status, 'healthy')
  assert.equal(found.get('peer-good' as PeerId)?.agentCount, 7)
  assert.equal(found.get('peer-other' as PeerId)?.status, 'degraded')
  assert.match(found.get('peer-other' as PeerId)?.error ?? '', /not as a registry/)
})

test('probes sixteen peers at a time, and a hanging one holds up nobody else', async () => {
  let now = 0
  let most = 0
  const peers = Array.from({ length: 40 }, (_, index) => makePeer(`https://p${index}.example`))
  const { monitor, recorded } = setUp(peers, {
    ...scripted(async () => {
      most = Math.max(most, ++now)
      await sleep(5)
      now -= 1
      return WELL
    }),
  })
  await using _ = monitor
  await monitor.probeAll()
  assert.equal(most, 16)
  assert.equal(recorded.length, 40)
})

test('a probe that does not end is a timeout', async () => {
  const never = () => new Promise<never>(() => {})
  const { monitor } = setUp([], scripted(never))
  await using _ = monitor
  const { probe, health } = await monitor.probeOnce(makePeer('https://a.example'), 20)
  assert.ok(probe.kind === 'failed' && probe.reason === 'timeout')
  assert.deepEqual([health.status, health.error], ['degraded', 'no answer within 20 ms'])
})

test('a probe that throws, and a store that fails, end no round', async () => {
  const peers = ['a', 'b', 'c'].map((name) => makePeer(`https://${name}.example`, { name }))
  const probed: string[] = []
  const recordHealth = () => Promise.reject(new Error('database is gone'))
  const { monitor, events } = setUp(peers, {
    ...scripted(async (peer) => {
      probed.push(peer.name)
      if (peer.name === 'a') throw new Error('boom')
      return WELL
    }),
    peers: {
      list: async () => [...peers],
      getCredentials: async () => ({ apiKey: null, signingSecret: null }),
      recordHealth,
    },
  })
  await using _ = monitor
  await monitor.probeAll()
  assert.deepEqual(probed.sort(), ['a', 'b', 'c'])
  assert.equal(events.faults.length, 4)
})

test('rounds repeat at the interval and never overlap', async () => {
  let now = 0
  let overlapped = false
  let rounds = 0
  const { monitor } = setUp([makePeer('https://a.example')], {
    ...scripted(async () => {
      overlapped ||= ++now > 1
      await sleep(25)
      now -= 1
      rounds += 1
      return WELL
    }),
    intervalSeconds: 0.005,
  })
  monitor.start()
  monitor.start()
  await sleep(150)
  await monitor[Symbol.asyncDispose]()
  assert.ok(rounds >= 2, `${rounds} rounds`)
  assert.equal(overlapped, false)
  const atEnd = rounds
  await sleep(60)
  assert.ok(rounds <= atEnd + 1)
})

test('disposing cuts a round short and blames no peer for it', async () => {
  const never = () => new Promise<never>(() => {})
  const { monitor, recorded } = setUp([makePeer('https://a.example')], scripted(never))
  monitor.start()
  await sleep(10)
  const started = performance.now()
  await monitor[Symbol.asyncDispose]()
  assert.ok(performance.now() - started < 500)
  assert.equal(recorded.length, 0)
})

test('what searches see is taken in, and written only when it matters', async () => {
  const { monitor, recorded } = setUp(
    [],
    scripted(async () => WELL),
  )
  await using _ = monitor
  const peer = makePeer('https://a.example')
  await monitor.probeOnce(peer)
  for (let index = 0; index < 5; index += 1) await monitor.observe(peer, SUCCESS)
  assert.equal(recorded.length, 1)
  for (let index = 0; index < 10; index += 1) await monitor.observe(peer, FAILURE)
  assert.deepEqual(
    recorded.slice(1).map(([, { status }]) => status),
    ['degraded', 'degraded', 'timeout'],
  )
  await monitor.observe(peer, SUCCESS)
  await monitor.observe(peer, SUCCESS)
  assert.deepEqual(
    recorded.slice(4).map(([, { status }]) => status),
    ['degraded', 'healthy'],
  )
})
