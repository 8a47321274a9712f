import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestEngine, page, scripted } from '../../test/support/engine.ts'
import { makePeer } from '../../test/support/federation.ts'
import { SYSTEM_CLOCK } from '../clock.ts'
import { NO_FILTER } from '../domain/discovery.ts'
import { fanOut } from './fan-out.ts'
import { createQueryKeys, normalizeRequest } from './query-key.ts'

test('createEngine: a search asks a thousand peers at once, so that none waits for another', async () => {
  const peers = Array.from({ length: 1_000 }, (_, place) => makePeer(`https://p${place}.example`))
  const allAsked = Promise.withResolvers<void>()
  let asked = 0
  const engine = createTestEngine(
    scripted(async () => {
      asked += 1
      if (asked === peers.length) allAsked.resolve()
      await allAsked.promise
      return page()
    }),
  )
  const request = normalizeRequest({
    ...{ search: 'ferry', filter: NO_FILTER, limit: 20, visibility: 'public', cursor: null, reference: null },
  })
  const outcomes = await fanOut(
    peers.map((peer) => ({ peer, deadlineMs: 10_000, isLive: true })),
    {
      ...{ querier: engine.querier, clock: SYSTEM_CLOCK, signal: new AbortController().signal },
      askOf: () => ({ request, keyOf: createQueryKeys(request), maxAgeSeconds: null, forceRefresh: false }),
      events: { peerOutcome: () => {} },
    },
  )
  assert.ok(outcomes.every(({ kind }) => kind === 'answered'))
})
