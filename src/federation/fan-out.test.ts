import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createManualClock } from '../../test/support/clocks.ts'
import { settle } from '../../test/support/engine.ts'
import { makePeer, clock as systemClock } from '../../test/support/federation.ts'
import type { PeerOutcome } from '../domain/discovery.ts'
import { NO_FILTER } from '../domain/discovery.ts'
import type { Clock } from '../domain/ports.ts'
import { fanOut } from './fan-out.ts'
import { createQueryKeys } from './query-key.ts'

/** Both ends of a connection over loopback. */
async function openConnection(t: TestContext): Promise<{ readonly here: Socket; readonly there: Socket }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const here = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [there] = (await once(server, 'connection')) as [Socket]
  t.after(() => {
    here.destroy()
    there.destroy()
    server.close()
  })
  return { here, there }
}

function keepBusy(ms: number): void {
  const started = performance.now()
  while (performance.now() - started < ms) Math.hypot(3, 4)
}

const PEER = makePeer('https://lumen.example')
const ANSWERED: PeerOutcome = { kind: 'skipped', peerId: PEER.id, reason: 'not-selected', retryAt: null }
const GIVEN_UP: PeerOutcome = {
  ...{ kind: 'failed', peerId: PEER.id, reason: 'timeout', error: 'no answer', durationMs: 0 },
}

/** Asks one peer that comes to this outcome in the end. */
function askOne(
  outcome: Promise<PeerOutcome>,
  deadlineMs: number,
  {
    clock = systemClock,
    onLastMoments = () => {},
  }: { readonly clock?: Clock; readonly onLastMoments?: () => void } = {},
): Promise<readonly PeerOutcome[]> {
  const request = {
    ...{ search: 'ferry', filter: NO_FILTER, limit: 1, cursor: null, reference: null },
    visibility: 'public' as const,
  }
  const ask = { request, keyOf: createQueryKeys(request), maxAgeSeconds: null, forceRefresh: false }
  return fanOut([{ peer: PEER, deadlineMs, isLive: true }], {
    querier: { query: () => ({ outcome, giveUp: () => GIVEN_UP, abandon: () => {} }) },
    clock,
    askOf: () => ask,
    signal: new AbortController().signal,
    events: { peerOutcome: () => {} },
    onLastMoments,
  })
}

test('an answer that came in time is taken, though this process was too busy to read it before its time was over', async (t) => {
  const { here, there } = await openConnection(t)
  const outcomes = askOne(
    once(here, 'data').then(() => ANSWERED),
    60,
  )
  there.write('the answer')
  keepBusy(120)
  assert.deepEqual(await outcomes, [ANSWERED])
})

test('who has not answered when its time is over is given up', async () => {
  assert.deepEqual(await askOne(new Promise(() => {}), 20), [GIVEN_UP])
})

test('shortly before a silent peer is given up it is told once that time is almost over, and never where all answer', async () => {
  const clock = createManualClock(0)
  let told = 0
  const onLastMoments = (): void => {
    told += 1
  }
  const answered = await askOne(Promise.resolve(ANSWERED), 300, { clock, onLastMoments })
  clock.advance(300)
  assert.deepEqual([answered, told], [[ANSWERED], 0])
  let isGivenUp = false
  const asked = askOne(new Promise(() => {}), 300, { clock, onLastMoments }).finally(() => {
    isGivenUp = true
  })
  clock.advance(259)
  await settle()
  assert.deepEqual([told, isGivenUp], [0, false])
  clock.advance(1)
  await settle()
  assert.deepEqual([told, isGivenUp], [1, false])
  clock.advance(40)
  assert.deepEqual([await asked, told], [[GIVEN_UP], 1])
})
