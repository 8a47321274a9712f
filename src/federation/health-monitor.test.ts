import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { timeAwake } from '../../test/support/awake-time.ts'
import {
  clock,
  createEventLog,
  createManualClock,
  makePeer,
  openLoopback,
  sendJson,
  serve,
} from '../../test/support/federation.ts'
import type { HealthCheck } from '../domain/federation-ports.ts'
import type { Peer, PeerHealth, PeerId } from '../domain/peer.ts'
import type { CallResult } from './call-peer.ts'
import { UNKNOWN_HEALTH } from './health.ts'
import { createHealthMonitor, type HealthMonitorDeps } from './health-monitor.ts'
import type { PeerProtocol, ProbeResult } from './protocols/protocol.ts'

type Recorded = readonly [PeerId, PeerHealth]

/** Peers as the database has them, for any number of replicas. */
function createRows(peers: readonly Peer[]) {
  const rows = new Map(peers.map((peer) => [peer.id, peer]))
  const recorded: Recorded[] = []
  const recordHealth: HealthMonitorDeps['peers']['recordHealth'] = async (id, change) => {
    const peer = rows.get(id)
    if (peer === undefined) return undefined
    const before = peer.health
    const after = change(before)
    if (after === before) return { before, after }
    rows.set(id, { ...peer, health: after })
    recorded.push([id, after])
    return { before, after }
  }
  return {
    ...{ recorded, recordHealth, list: async () => [...rows.values()] },
    /** As a search has it that begins now. */
    read: ({ id }: Peer): Peer => rows.get(id) ?? assert.fail(`there is no peer ${id}`),
  }
}

function setUp(
  peers: readonly Peer[],
  change: Partial<HealthMonitorDeps> & Pick<HealthMonitorDeps, 'outbound'>,
  rows: ReturnType<typeof createRows> = createRows(peers),
) {
  const { recorded, recordHealth, list, read } = rows
  const history: HealthCheck[] = []
  const synced: string[] = []
  const events = createEventLog()
  const monitor = createHealthMonitor({
    peers: {
      list,
      getCredentials: async () => ({ apiKey: 'key', signingSecret: null }),
      recordHealth,
      ...NO_SYNC,
    },
    history: { record: async (check) => void history.push(check) },
    copies: { forget: async () => 0, forgetPeer: async () => 0 },
    onVoided: ({ name }) => void synced.push(name),
    ...{
      clock,
      events,
      publicUrl: 'https://us.example',
      intervalSeconds: 60,
      threshold: 3,
    },
    ...change,
  })
  return { monitor, recorded, read, history, synced, events }
}

const NO_SYNC: Pick<HealthMonitorDeps['peers'], 'recordSync' | 'markStale' | 'raiseEpoch'> = {
  recordSync: async () => {},
  markStale: async () => {},
  raiseEpoch: async () => {},
}
const PRESENT = new AbortController().signal

function scripted(
  probe: PeerProtocol['probe'],
  changes: PeerProtocol['changes'] = async () => ({ kind: 'unsupported' }),
): Pick<HealthMonitorDeps, 'findProtocol' | 'outbound'> {
  const none = () => Promise.reject(new Error('not used'))
  return {
    outbound: { request: none },
    findProtocol: () => ({
      name: 'scripted',
      version: 1,
      search: none,
      read: () => assert.fail(),
      probe,
      changes,
    }),
  }
}

const WELL = { kind: 'answered', responseTimeMs: 1, agentCount: 2, clockSkewSeconds: 0 } as const
const FAILED_PROBE: ProbeResult = {
  ...{ kind: 'failed', reason: 'timeout', error: 'no answer' },
  ...{ responseTimeMs: null, clockSkewSeconds: null },
}
const FAILURE: CallResult = { kind: 'failed', reason: 'timeout', error: 'no answer' }
const SUCCESS: CallResult = {
  kind: 'answered',
  answer: {
    ...{ agents: [], statistics: null, hasMore: false, nextCursor: null },
    ...{ droppedRecords: 0, fetchedAt: 0 },
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
  await monitor.probeDue(PRESENT)
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
  await monitor.probeDue(PRESENT)
  assert.equal(most, 16)
  assert.equal(recorded.length, 40)
})

test('a probe that does not end is a timeout', async () => {
  const never = () => new Promise<never>(() => {})
  const { monitor } = setUp([], scripted(never))
  const { probe, health } = await monitor.probeOnce(makePeer('https://a.example'), { timeoutMs: 20 })
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
      ...NO_SYNC,
    },
  })
  await monitor.probeDue(PRESENT)
  assert.deepEqual(probed.sort(), ['a', 'b', 'c'])
  assert.equal(events.faults.length, 4)
})

test('a round that is told to end is cut short and blames no peer for it', async () => {
  const never = () => new Promise<never>(() => {})
  const { monitor, recorded } = setUp([makePeer('https://a.example')], scripted(never))
  const stop = new AbortController()
  const round = monitor.probeDue(stop.signal)
  await sleep(10)
  const { ms } = await timeAwake(() => {
    stop.abort()
    return round
  })
  assert.ok(ms < 500, `${ms} ms`)
  assert.equal(recorded.length, 0)
})

test('changes that do not come are told as a failure, and not when it is the round that ends', async () => {
  const peer = makePeer('https://a.example')
  const stop = new AbortController()
  const silent = (onAsked = () => {}) =>
    scripted(
      async () => WELL,
      () => {
        onAsked()
        return new Promise<never>(() => {})
      },
    )
  const late = setUp([peer], { ...silent(), syncTimeoutMs: 20 })
  await late.monitor.probeDue(PRESENT)
  assert.deepEqual(late.events.syncs, [
    { kind: 'failed', reason: 'timeout', error: 'not all read within 20 ms' },
  ])
  const ended = setUp(
    [peer],
    silent(() => stop.abort()),
  )
  await ended.monitor.probeDue(stop.signal)
  assert.deepEqual(ended.events.syncs, [])
})

test('every probe enters the history, with what came of it', async () => {
  const peers = ['up', 'down'].map((name) => makePeer(`https://${name}.example`, { name }))
  const { monitor, history } = setUp(peers, {
    ...scripted(async (peer) => (peer.name === 'up' ? WELL : { ...FAILED_PROBE })),
  })
  await monitor.probeDue(PRESENT)
  assert.deepEqual(
    history
      .map(({ peerId, isUp, status, responseTimeMs, error }) => [peerId, isUp, status, responseTimeMs, error])
      .sort(),
    [
      ['peer-down', false, 'degraded', null, 'no answer'],
      ['peer-up', true, 'healthy', 1, null],
    ],
  )
})

test('a peer that asks us to slow down keeps its uptime, and one that was down gains none', async () => {
  const limited: ProbeResult = { ...FAILED_PROBE, reason: 'rate-limited', error: 'too many requests' }
  const peers = (['healthy', 'unreachable'] as const).map((status) =>
    makePeer(`https://${status}.example`, { name: status, health: { ...UNKNOWN_HEALTH, status } }),
  )
  const { monitor, history } = setUp(peers, { ...scripted(async () => limited) })
  await monitor.probeDue(PRESENT)
  assert.deepEqual(
    history.map(({ status, isUp }) => [status, isUp]),
    [
      ['healthy', true],
      ['unreachable', false],
    ],
  )
})

test('a peer that is down is looked at less and less often, and at once again when it answers a search', async () => {
  const clock = createManualClock()
  let [probes, result]: [number, ProbeResult] = [0, FAILED_PROBE]
  const peer = makePeer('https://a.example')
  const { monitor, read } = setUp([peer], {
    clock,
    ...scripted(async () => {
      probes += 1
      return result
    }),
  })
  const rounds = async (count: number): Promise<number> => {
    const before = probes
    for (let round = 0; round < count; round += 1) {
      await monitor.probeDue(PRESENT)
      clock.advance(60_000)
    }
    return probes - before
  }
  assert.equal(await rounds(4), 4, 'until it counts as down, and once more')
  assert.equal(await rounds(30), 4, 'after 2, 4, 8 and 10 intervals')
  result = WELL
  await monitor.observe(read(peer), SUCCESS)
  assert.equal(await rounds(3), 3)
})

test('a peer that a long round comes to late misses no turn', async () => {
  const clock = createManualClock()
  const peers = Array.from({ length: 32 }, (_, index) => makePeer(`https://p${index}.example`))
  let probes = 0
  const { monitor } = setUp(peers, {
    clock,
    ...scripted(async () => {
      probes += 1
      if (probes % 16 === 0) clock.advance(20_000)
      return WELL
    }),
  })
  for (let round = 1; round <= 3; round += 1) {
    await monitor.probeDue(PRESENT)
    assert.equal(probes, 32 * round)
    clock.advance(20_000)
  }
})

test('a change of status is told once', async () => {
  const peer = makePeer('https://a.example')
  const { monitor, events, read } = setUp(
    [peer],
    scripted(async () => WELL),
  )
  await monitor.probeOnce(peer)
  for (let index = 0; index < 4; index += 1) await monitor.observe(read(peer), FAILURE)
  assert.deepEqual(events.healthChanges, ['unknown → healthy', 'healthy → degraded', 'degraded → timeout'])
})

test('replicas count together, whichever probes, and the one that changes a status tells of it', async () => {
  const clock = createManualClock()
  const peer = makePeer('https://a.example')
  const rows = createRows([peer])
  const well = { clock, ...scripted(async () => WELL) }
  const [probing, searching] = [setUp([peer], well, rows), setUp([peer], well, rows)]
  await probing.monitor.probeDue(PRESENT)
  for (let index = 0; index < 3; index += 1) await searching.monitor.observe(rows.read(peer), FAILURE)
  const statuses: string[] = []
  for (let round = 0; round < 2; round += 1) {
    clock.advance(60_000)
    await probing.monitor.probeDue(PRESENT)
    statuses.push(rows.read(peer).health.status)
  }
  assert.deepEqual(statuses, ['degraded', 'healthy'], 'one success makes no recovery')
  assert.deepEqual(searching.events.healthChanges, ['healthy → degraded', 'degraded → timeout'])
  assert.deepEqual(probing.events.healthChanges, [
    'unknown → healthy',
    'timeout → degraded',
    'degraded → healthy',
  ])
})

test('what a search saw that began before a probe of another replica undoes nothing of it', async () => {
  const clock = createManualClock()
  const peer = makePeer('https://a.example')
  const rows = createRows([peer])
  let agentCount = 2
  const counting = { clock, ...scripted(async () => ({ ...WELL, agentCount })) }
  const [probing, searching] = [setUp([peer], counting, rows), setUp([peer], counting, rows)]
  await probing.monitor.probeOnce(peer)
  const early = rows.read(peer)
  clock.advance(60_000)
  agentCount = 3
  await probing.monitor.probeOnce(peer)
  const probed = rows.read(peer).health
  for (let failures = 1; failures <= 3; failures += 1) {
    await searching.monitor.observe(early, FAILURE)
    const { consecutiveFailures, lastCheckAt, agentCount } = rows.read(peer).health
    assert.deepEqual([consecutiveFailures, lastCheckAt, agentCount], [failures, probed.lastCheckAt, 3])
  }
})

test('what searches see is taken in, and written only when it matters', async () => {
  const peer = makePeer('https://a.example')
  const { monitor, recorded, read } = setUp(
    [peer],
    scripted(async () => WELL),
  )
  await monitor.probeOnce(peer)
  for (let index = 0; index < 5; index += 1) await monitor.observe(read(peer), SUCCESS)
  assert.equal(recorded.length, 1)
  const early = read(peer)
  for (let index = 0; index < 10; index += 1) await monitor.observe(read(peer), FAILURE)
  await monitor.observe(early, FAILURE)
  assert.deepEqual(
    recorded.slice(1).map(([, { status }]) => status),
    ['degraded', 'degraded', 'timeout'],
  )
  await monitor.observe(read(peer), SUCCESS)
  await monitor.observe(read(peer), SUCCESS)
  assert.deepEqual(
    recorded.slice(4).map(([, { status }]) => status),
    ['degraded', 'healthy'],
  )
})

test('what searches see of a peer that is as it was asks no database', async () => {
  const health = { ...UNKNOWN_HEALTH, status: 'healthy' } as const
  const [well, down] = [
    makePeer('https://well.example', { health }),
    makePeer('https://down.example', { health: { ...health, status: 'timeout', consecutiveFailures: 3 } }),
  ]
  const rows = createRows([well, down])
  let asked = 0
  const { monitor } = setUp(
    [],
    scripted(async () => WELL),
    {
      ...rows,
      recordHealth(id, change) {
        asked += 1
        return rows.recordHealth(id, change)
      },
    },
  )
  for (let index = 0; index < 5; index += 1) {
    await monitor.observe(well, SUCCESS)
    await monitor.observe(down, FAILURE)
  }
  assert.equal(asked, 0)
})
