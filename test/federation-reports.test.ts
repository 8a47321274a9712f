/** What operators read of how peers fare: figures of one peer and all, which add up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { PATIENT_CLOCK } from './support/clocks.ts'
import { discover, publish, rowOf, statsOf } from './support/records.ts'
import { enrol, startRegistry } from './support/registry.ts'
import {
  addScripted,
  count,
  logWith,
  metric,
  type Question,
  type Stats,
  startPair,
  statsAbout,
} from './support/reports.ts'
import type { Told } from './support/scripted-registry.ts'

type PeerRow = Pick<Stats, 'outbound' | 'replica'> & { readonly name: string }

test('what one registry asked is what the other was asked, and every report has the same figures', async (t) => {
  const { harbor, lumen, lumenId, harborId } = await startPair(t)
  for (const name of ['Heron', 'Grey Heron', 'Plover']) await publish(lumen, { name })
  await publish(harbor, { name: 'Bittern' })
  const accounts = []
  for (const search of ['heron', 'plover', 'nothing', 'heron']) {
    accounts.push(rowOf(await discover(harbor, `search=${search}`), 'Lumen'))
  }
  const { did } = await publish(lumen, { name: 'Curlew' })
  await harbor.succeed('GET', `/discovery/agents/${encodeURIComponent(did)}`)
  await discover(lumen, 'search=bittern')

  // The fourth was answered from the cache; the look-up is a question, too.
  const asked = (await logWith(harbor, 5)).filter(({ direction }) => direction === 'outbound')
  const heard = (await logWith(lumen, 5)).filter(({ direction }) => direction === 'inbound')
  const told = (rows: readonly Question[]) =>
    rows
      .map(({ outcome, results }) => [outcome, results])
      .toSorted()
      .join()
  assert.equal(told(asked), told(heard))
  assert.deepEqual([...new Set(asked.map((row) => row.peer_name))], ['Lumen'])
  assert.deepEqual([...new Set(heard.map((row) => row.peer_id))], [harborId])
  assert.ok(heard.every((row) => row.request_id !== null))

  const ours = await statsAbout(harbor, lumenId)
  const theirs = await statsAbout(lumen, harborId)
  for (const [stats, rows] of [
    [ours.outbound, asked],
    [theirs.inbound, heard],
  ] as const) {
    assert.deepEqual([stats.queries, stats.outcomes], [rows.length, count(rows, (row) => row.outcome)])
    const times = rows.map((row) => row.response_time_ms)
    assert.equal(stats.p95_response_time_ms, Math.max(...times))
    const average = times.reduce((sum, time) => sum + time, 0) / times.length
    assert.ok(Math.abs((stats.average_response_time_ms ?? -1) - average) < 1e-6)
  }
  assert.deepEqual([ours.inbound.queries, theirs.outbound.queries], [1, 1])
  assert.equal(ours.agent_count, 0) // Lumen had none when it was last checked

  const label = 'peer_name="Lumen"'
  assert.equal(await metric(harbor, 'federation_query_duration_seconds_count', label), asked.length)
  assert.equal(await metric(lumen, 'federation_inbound_queries_total'), heard.length)
  const received = asked.reduce((sum, row) => sum + (row.results ?? 0), 0)
  assert.equal(await metric(harbor, 'federation_agents_discovered_total', label), received)
  const hits = accounts.filter(({ cache }) => cache === 'hit').length
  assert.equal(hits, 1)
  assert.equal(await metric(harbor, 'federation_cache_hits_total', label), hits)
  assert.equal(await metric(harbor, 'federation_cache_misses_total', label), asked.length)
  assert.equal(await metric(harbor, 'federation_outcomes_total', label), accounts.length + 1)
  assert.deepEqual(
    accounts.map(({ results }) => results),
    [2, 1, 0, 2],
  )

  // Side by side with all peers, and as the replica itself counted.
  const { peers } = await harbor.succeed<{ peers: readonly PeerRow[] }>('GET', '/federation/stats?window=1h')
  const { average_response_time_ms: _, ...outbound } = ours.outbound
  assert.deepEqual(
    peers.map((peer) => [peer.name, peer.outbound, peer.replica]),
    [['Lumen', outbound, ours.replica]],
  )
  const bytes = await metric(harbor, 'federation_bytes_total', 'direction="in"')
  const { since, ...counted } = ours.replica
  assert.ok(Date.parse(since) <= Date.now())
  assert.deepEqual(counted, {
    ...{ breaker: 'closed', cache_hits: hits, cache_misses: asked.length, bytes_in: bytes },
    bytes_out: await metric(harbor, 'federation_bytes_total', 'direction="out"'),
  })
  assert.ok(counted.bytes_in > 0 && counted.bytes_out > 0)
})

test('failures are told by the account, the log, the figures of the peer and the metrics alike', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const answers: Told[] = [
    { body: { agents: [], next_cursor: null } },
    { status: 403, body: { detail: 'Who are you?' } },
    { status: 500 },
    { body: { agents: 'none' } },
    { status: 429 },
  ]
  const id = await addScripted(t, harbor, { name: 'Moody', search: () => answers.shift() ?? { status: 500 } })
  const outcomes: string[] = []
  for (const word of ['a', 'b', 'c', 'd', 'e', 'f']) {
    // A search hardly waits for a peer whose last answer was a failure, until it is found well again.
    await harbor.succeed('POST', `/federation/peers/${id}/check`)
    const { outcome, reason } = rowOf(await discover(harbor, `search=${word}`), 'Moody')
    outcomes.push(reason ?? outcome)
  }
  assert.deepEqual(outcomes, [
    ...['answered', 'refused', 'bad-response', 'bad-response', 'rate-limited'],
    'budget', // it asked for a pause, and was not asked
  ])
  const rows = await logWith(harbor, 5)
  const expected = { answered: 1, refused: 1, 'bad-response': 2, 'rate-limited': 1 }
  assert.deepEqual(
    count(rows, ({ outcome }) => outcome),
    expected,
  )
  const { outbound, inbound } = await statsAbout(harbor, id)
  assert.deepEqual([outbound.queries, outbound.outcomes], [5, expected])
  assert.deepEqual(inbound, {
    ...{ queries: 0, outcomes: {} },
    ...{ average_response_time_ms: null, p50_response_time_ms: null, p95_response_time_ms: null },
  })
  for (const [outcome, times] of Object.entries(expected)) {
    const asked = await metric(harbor, 'federation_query_duration_seconds_count', `status="${outcome}"`)
    const seen = await metric(harbor, 'federation_outcomes_total', `outcome="${outcome}"`)
    assert.deepEqual([asked, seen], [times, times], outcome)
  }
  assert.equal(await metric(harbor, 'federation_outcomes_total', 'outcome="skipped"'), 1)
})

test('what a peer sends is counted in bytes, also where it is refused, no good or too much', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: { clock: PATIENT_CLOCK } })
  const mebibyte = 1024 * 1024
  const headers = { 'content-type': 'application/json' } // and no length: nobody knows before what is too much
  const answers: Told[] = [
    { headers, body: 'x'.repeat(1_000) },
    { headers, status: 403, body: 'x'.repeat(300) },
    { headers, body: 'x'.repeat(6 * mebibyte) }, // 4 MiB of a page are read
  ]
  const id = await addScripted(t, harbor, { name: 'Rubbish', search: () => answers.shift() ?? {} })
  const receivedAfter = async (word: string, outcome: string): Promise<number> => {
    await harbor.succeed('POST', `/federation/peers/${id}/check`)
    assert.equal(rowOf(await discover(harbor, `search=${word}`), 'Rubbish').outcome, outcome)
    return metric(harbor, 'federation_bytes_total', 'direction="in"')
  }
  assert.equal(await receivedAfter('a', 'bad-response'), 1_000)
  assert.equal(await receivedAfter('b', 'refused'), 1_300)
  const received = await receivedAfter('c', 'bad-response')
  assert.ok(received > 4 * mebibyte && received < 6 * mebibyte, `${received}`)
  assert.equal((await statsAbout(harbor, id)).replica.bytes_in, received)
})

test('figures of a peer are those of the window that is asked for', async (t) => {
  const { clock, harbor, lumenId } = await startPair(t)
  await discover(harbor, 'search=early')
  await logWith(harbor, 1)
  clock.advance(2 * 3_600_000)
  await discover(harbor, 'search=late')
  await logWith(harbor, 2)
  for (const [query, queries] of [
    ['', 2],
    ['?window=90m', 1],
    ['?window=3h', 2],
    ['?window=7d', 2],
  ] as const) {
    assert.equal((await statsAbout(harbor, lumenId, query)).outbound.queries, queries, query)
  }
  type Health = { readonly uptime: number | null; readonly checks: readonly { readonly up: boolean }[] }
  const health = (window: string) =>
    harbor.succeed<Health>('GET', `/federation/peers/${lumenId}/health?window=${window}`)
  assert.deepEqual(await health('90m').then(({ uptime, checks }) => [uptime, checks]), [null, []])
  assert.deepEqual(await health('3h').then(({ uptime, checks }) => [uptime, checks.length]), [1, 1])
  for (const report of ['stats', 'health']) {
    for (const window of ['0h', '1w', '-1h', '24', '1h30m', '999999d']) {
      const { status, body } = await harbor.call(
        'GET',
        `/federation/peers/${lumenId}/${report}?window=${window}`,
      )
      assert.deepEqual([status, body.code], [400, 'invalid-parameter'], window)
    }
    const path = `/federation/peers/0199d2f0-0000-7000-8000-00000000000a/${report}`
    assert.equal((await harbor.call('GET', path)).status, 404)
  }
})

test('checks come in pages, and the answer says whether there are more', async (t) => {
  const { clock, harbor, lumenId } = await startPair(t)
  for (let check = 0; check < 4; check += 1) {
    clock.advance(60_000)
    await harbor.succeed('POST', `/federation/peers/${lumenId}/check`)
  }
  type Page = {
    readonly uptime: number | null
    readonly checks: readonly { readonly at: string }[]
    readonly next_before: string | null
  }
  const page = (query: string) =>
    harbor.succeed<Page>('GET', `/federation/peers/${lumenId}/health?window=1h${query}`)
  const all = await page('')
  assert.equal(all.next_before, null)
  const paged: (readonly { readonly at: string }[])[] = []
  let next: string | null = ''
  while (next !== null) {
    const { checks, next_before, uptime } = await page(`&limit=2${next && `&before=${next}`}`)
    paged.push(checks)
    assert.equal(uptime, all.uptime)
    next = next_before
  }
  assert.deepEqual(paged.flat(), all.checks)
  assert.deepEqual(
    paged.map(({ length }) => length),
    all.checks.length % 2 === 0 ? Array(all.checks.length / 2).fill(2) : [2, 2, 1],
  )
  for (const query of ['&before=yesterday', '&limit=0', '&limit=1001']) {
    const { status, body } = await harbor.call('GET', `/federation/peers/${lumenId}/health?window=1h${query}`)
    assert.deepEqual([status, body.code], [400, 'invalid-parameter'], query)
  }
})

test('clearing what is kept of a peer says how much it was, and touches no other peer nor the figures', async (t) => {
  const { harbor, lumen, lumenId } = await startPair(t)
  const other = await startRegistry(t, { name: 'Meridian' })
  await enrol(harbor, other)
  for (const name of ['Heron', 'Grey Heron']) await publish(lumen, { name })
  await publish(other, { name: 'Night Heron' })
  const before = await discover(harbor, 'search=heron')
  assert.equal(statsOf(before).total_federated_results, 3)
  const { key } = await harbor.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'operator', role: 'operator' },
  })
  const clear = () =>
    harbor.succeed<{ purged_agents: number }>('DELETE', `/federation/peers/${lumenId}/cache`, { key })
  await logWith(harbor, 2)
  await sleep(500) // records are noted half a second after their answer, as questions are
  assert.equal((await clear()).purged_agents, 2)
  assert.equal((await clear()).purged_agents, 0)
  const after = await discover(harbor, 'search=heron')
  assert.deepEqual(
    ['Lumen', 'Meridian'].map((name) => rowOf(after, name).cache),
    ['miss', 'hit'],
  )
  await logWith(harbor, 3)
  assert.equal((await statsAbout(harbor, lumenId)).outbound.queries, 2)
  const { audit } = await harbor.succeed<{ audit: readonly { action: string }[] }>('GET', '/audit')
  assert.equal(audit.filter(({ action }) => action === 'peer.clear-cache').length, 2)
  const unknown = await harbor.call('DELETE', '/federation/peers/0199d2f0-0000-7000-8000-00000000000a/cache')
  assert.deepEqual([unknown.status, unknown.body.code], [404, 'peer-not-found'])
})
