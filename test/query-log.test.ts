/** The log of questions between registries, as operators and auditors read it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLaterClock } from './support/clocks.ts'
import { discover } from './support/records.ts'
import { type RunningRegistry, startRegistry, temporaryFolder } from './support/registry.ts'
import { addScripted, type LogPage, logOf, logWith, type Question, startPair } from './support/reports.ts'

test('the log is read by peer, direction, outcome and time, and page by page', async (t) => {
  const { clock, harbor, lumen, lumenId } = await startPair(t)
  const brokenId = await addScripted(t, harbor, { name: 'Broken', search: () => ({ status: 500 }) })
  await discover(harbor, 'search=early')
  await logWith(harbor, 2)
  clock.advance(3_600_000)
  const hourLater = encodeURIComponent(new Date(clock.now() - 1_000).toISOString())
  await discover(harbor, 'search=late')
  await discover(lumen, 'search=theirs')
  const all = await logWith(harbor, 5)
  const newestFirst = all.map((row) => row.created_at)
  assert.deepEqual(newestFirst, newestFirst.toSorted().reverse())

  const filters: readonly (readonly [query: string, holds: (row: Question) => boolean, rows: number])[] = [
    [`&peer=${lumenId}`, (row) => row.peer_id === lumenId, 3],
    [`&peer=${lumenId.toUpperCase()}`, (row) => row.peer_id === lumenId, 3],
    [`&peer=${brokenId}`, (row) => row.peer_name === 'Broken', 2],
    ['&direction=inbound', (row) => row.direction === 'inbound', 1],
    ['&direction=outbound', (row) => row.direction === 'outbound', 4],
    ['&outcome=answered', (row) => row.outcome === 'answered', 3],
    ['&outcome=bad-response', (row) => row.outcome === 'bad-response', 2],
    ['&outcome=timeout', () => false, 0],
    [`&since=${hourLater}`, (row) => row.created_at >= decodeURIComponent(hourLater), 3],
    [`&until=${hourLater}`, (row) => row.created_at < decodeURIComponent(hourLater), 2],
    [`&since=${hourLater}&peer=${brokenId}&direction=outbound`, (row) => row.peer_id === brokenId, 1],
  ]
  for (const [query, holds, rows] of filters) {
    const found = await logOf(harbor, query)
    assert.equal(found.length, rows, query)
    assert.ok(found.every(holds), query)
  }

  const walked: Question[] = []
  for (let before: number | null | undefined; before !== null; ) {
    const from = before === undefined ? '' : `&before=${before}`
    const page: LogPage = await harbor.succeed('GET', `/federation/query-log?limit=2${from}`)
    walked.push(...page.queries)
    before = page.next_before
  }
  assert.deepEqual(walked, all)
})

test('a question to the log that makes no sense is refused, with what is wrong', async (t) => {
  const registry = await startRegistry(t)
  for (const query of [
    ...['direction=sideways', 'limit=0', 'limit=1001', 'before=0', 'before=x', 'outcom=answered'],
    ...['since=yesterday', 'until=2026-13-01T00:00:00Z', 'since=2026-01-31', 'since=2026-01-31T12:00:00'],
  ]) {
    const { status, body } = await registry.call('GET', `/federation/query-log?${query}`)
    assert.deepEqual([status, body.code], [400, 'invalid-parameter'], query)
    assert.equal(body.errors?.[0]?.pointer, `?${query.replace(/=.*/, '')}`)
  }
  for (const peer of ['nobody', '0199d2f0-0000-7000-8000-00000000000a']) {
    const { status, body } = await registry.call('GET', `/federation/query-log?peer=${peer}`)
    assert.deepEqual([status, body.code], [404, 'peer-not-found'], peer)
  }
})

test('what passed between us and a peer can be read when the peer is removed', async (t) => {
  const { harbor, lumenId } = await startPair(t)
  await discover(harbor, 'search=heron')
  await logWith(harbor, 1)
  await harbor.succeed('DELETE', `/federation/peers/${lumenId}`)
  const { key } = await harbor.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'auditor', role: 'auditor' },
  })
  const path = `/federation/query-log?peer=${lumenId}`
  const { queries } = await harbor.succeed<LogPage>('GET', path, { key })
  assert.deepEqual(
    queries.map(({ peer_id: id, peer_name: name }) => [id, name]),
    [[lumenId, 'Lumen']],
  )
  assert.deepEqual((await harbor.succeed<LogPage>('GET', `${path}&direction=inbound`)).queries, [])
})

test('a search is logged as a keyed hash, equal for equal ones, and as text only where that is wanted', async (t) => {
  for (const mode of ['hash', 'plain']) {
    const { harbor, lumen } = await startPair(t, { REGISTRY_LOG_QUERIES: mode })
    for (const word of ['jane@example.org', 'jane@example.org', 'other'])
      await discover(harbor, `search=${encodeURIComponent(word)}&force_refresh=true`)
    for (const registry of [harbor, lumen]) {
      const rows = await logWith(registry, 3)
      const hashes = rows.map((row) => row.query_hash)
      assert.equal(new Set(hashes).size, 2)
      assert.ok(hashes.every((hash) => /^[0-9a-f]{32}$/.test(hash ?? '')))
      const texts = rows.map((row) => row.query_text).toSorted()
      const [word, other] = mode === 'plain' ? ['jane@example.org', 'other'] : [null, null]
      assert.deepEqual(texts, [word, word, other])
    }
  }
})

test('questions and checks are kept as long as the operator says', async (t) => {
  const clock = createLaterClock()
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const start = () =>
    startRegistry(t, { database, overrides: { clock }, env: { REGISTRY_QUERY_LOG_DAYS: '2' } })
  const before = await start()
  const headers = { 'content-type': 'application/json' }
  const id = await addScripted(t, before, {
    name: 'Partner',
    search: () => ({ headers, body: { agents: [] } }),
  })
  const DAY_MS = 86_400_000
  const checksOf = async (registry: RunningRegistry) => {
    const path = `/federation/peers/${id}/health?window=30d`
    return (await registry.succeed<{ checks: readonly unknown[] }>('GET', path)).checks.length
  }
  await discover(before, 'search=first')
  await logWith(before, 1)
  clock.advance(1.5 * DAY_MS)
  await discover(before, 'search=second')
  await logWith(before, 2)
  clock.advance(DAY_MS)
  assert.equal(await checksOf(before), 1)
  await before.stop()

  const after = await start() // what is hourly is done at the start, too
  for (let time = 0; time < 100 && (await logOf(after)).length > 1; time += 1) await sleep(30)
  const [left] = await logWith(after, 1)
  assert.ok(Date.parse(left?.created_at ?? '') > clock.now() - 2 * DAY_MS)
  for (let time = 0; time < 100; time += 1) {
    const { checks } = await after.succeed<{ checks: readonly { readonly at: string }[] }>(
      'GET',
      `/federation/peers/${id}/health?window=30d`,
    )
    if (checks.every(({ at }) => Date.parse(at) > clock.now() - 2 * DAY_MS)) return
    await sleep(30)
  }
  assert.fail('old checks are still there')
})
