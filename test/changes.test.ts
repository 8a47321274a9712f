/** What a registry deletes, disables or no longer shares is gone at its peers within one interval. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { signedBy } from './support/peer-request.ts'
import { discover, namesOf, publish } from './support/records.ts'
import { enrol, type RunningRegistry, startRegistry } from './support/registry.ts'

const EVERY_SECOND = { FEDERATION_HEALTH_CHECK_INTERVAL: '1' }

type Changes = {
  readonly changes: readonly {
    readonly seq: number
    readonly id: string
    readonly did: string
    readonly op: string
  }[]
  readonly next: number
  readonly more: boolean
  readonly epoch: string
}

/** Harbor asks Lumen, and looks at it every second. */
async function startPair(t: TestContext) {
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor', env: EVERY_SECOND }),
    startRegistry(t, { name: 'Lumen' }),
  ])
  const enrolled = await enrol(harbor, lumen)
  return { harbor, lumen, enrolled }
}

async function until(what: string, isDone: () => Promise<boolean>): Promise<void> {
  const started = performance.now()
  while (!(await isDone())) {
    assert.ok(performance.now() - started < 8_000, `not within eight intervals: ${what}`)
    await sleep(50)
  }
}

const lastSync = async (harbor: RunningRegistry): Promise<string | null> => {
  const { peers } = await harbor.succeed<{ peers: { last_sync: string | null }[] }>(
    'GET',
    '/federation/peers',
  )
  return peers[0]?.last_sync ?? null
}

const WITHDRAWALS: Readonly<Record<string, (lumen: RunningRegistry, id: string) => Promise<unknown>>> = {
  deleted: (lumen, id) => lumen.call('DELETE', `/agents/${id}`),
  disabled: (lumen, id) => lumen.succeed('PUT', `/agents/${id}`, { body: { status: 'disabled' } }),
  'no longer shared': (lumen, id) => lumen.succeed('PUT', `/agents/${id}`, { body: { visibility: 'local' } }),
  'kept back by a policy': async (lumen, id) => {
    await lumen.succeed('PUT', `/agents/${id}`, { body: { visibility: 'federated' } })
    const { peers } = await lumen.succeed<{ peers: { id: string }[] }>('GET', '/federation/peers')
    const body = { share_policy: { exclude: [{ id }] } }
    for (const peer of peers) await lumen.succeed('PUT', `/federation/peers/${peer.id}`, { body })
  },
}

for (const [what, withdraw] of Object.entries(WITHDRAWALS)) {
  test(`a record that is ${what} there is gone here, out of caches and look-ups, also while its registry is down`, async (t) => {
    const { harbor, lumen } = await startPair(t)
    const { id, did } = await publish(lumen, { name: 'Ferry' })
    const at = `/discovery/agents/${encodeURIComponent(did)}`
    await publish(lumen, { name: 'Ferry stays' })
    await until('the first reading of changes', async () => (await lastSync(harbor)) !== null)
    assert.deepEqual(namesOf(await discover(harbor, 'search=ferry')).toSorted(), ['Ferry', 'Ferry stays'])
    const found = await harbor.succeed<{ name: string }>(
      'GET',
      `/discovery/agents/${encodeURIComponent(did)}`,
    )
    assert.equal(found.name, 'Ferry')

    await withdraw(lumen, id)
    // The first to end may have begun before.
    for (const which of ['next', 'second']) {
      const before = await lastSync(harbor)
      await until(`the ${which} reading of changes`, async () => (await lastSync(harbor)) !== before)
    }
    await until('a search without it', async () => {
      const answer = await discover(harbor, 'search=ferry')
      return namesOf(answer).join() === 'Ferry stays'
    })
    const gone = await harbor.call('GET', at)
    assert.equal(gone.status, 404)

    await lumen.stop()
    const alone = await harbor.call('GET', `${at}?force_refresh=true`)
    assert.equal(alone.status, 503, 'nobody is left who could say that it is nowhere')
  })
}

test('a change makes answers stale, and the next search has it', async (t) => {
  const { harbor, lumen } = await startPair(t)
  await until('the first reading of changes', async () => (await lastSync(harbor)) !== null)
  await publish(lumen, { name: 'Old ferry' })
  assert.deepEqual(namesOf(await discover(harbor, 'search=ferry')), ['Old ferry'])
  await publish(lumen, { name: 'New ferry' })
  await until('a search with it', async () =>
    namesOf(await discover(harbor, 'search=ferry')).includes('New ferry'),
  )
})

test('a peer that no longer knows us has its copies hidden at once', async (t) => {
  const { harbor, lumen } = await startPair(t)
  await publish(lumen, { name: 'Ferry', visibility: 'federated' })
  assert.deepEqual(namesOf(await discover(harbor, 'search=ferry')), ['Ferry'])
  const { tokens } = await lumen.succeed<{ tokens: { id: string }[] }>('GET', '/federation/tokens')
  await lumen.succeed('DELETE', `/federation/tokens/${tokens[0]?.id}`)
  const refused = await discover(harbor, 'search=ferry&force_refresh=true')
  assert.deepEqual(namesOf(refused), [])
  await until('a search without its copies', async () => {
    const answer = await discover(harbor, 'search=ferry')
    return namesOf(answer).length === 0 && answer.federation_stats?.peers[0]?.outcome === 'refused'
  })
})

test('the feed tells a peer of changes once each, and nothing of what it never could see', async (t) => {
  const { harbor, lumen, enrolled } = await startPair(t)
  const ask = async (query: string): Promise<Changes> => {
    const path = `/changes${query}`
    const headers = signedBy({ registry: harbor.url, secret: enrolled.signingSecret }, `/api/v1${path}`)
    return lumen.succeed<Changes>('GET', path, { key: enrolled.token, headers })
  }
  const start = await ask('')
  assert.deepEqual(start.changes, [])
  const shared = await publish(lumen, { name: 'Shared', visibility: 'federated' })
  const hidden = await publish(lumen, { name: 'Hidden', visibility: 'local' })
  await lumen.succeed('PUT', `/agents/${shared.id}`, { body: { description: 'Changed twice.' } })
  const first = await ask(`?since=${start.next}`)
  assert.deepEqual(
    first.changes.map(({ id, op }) => [id, op]),
    [[shared.id, 'upsert']],
  )
  assert.equal(first.epoch, start.epoch)
  assert.equal(first.more, false)
  await lumen.call('DELETE', `/agents/${hidden.id}`)
  const second = await ask(`?since=${first.next}`)
  assert.deepEqual(second.changes, [])
  assert.ok(second.next > first.next, 'it moves on all the same')
})

test('a position the feed no longer reaches back to is 410, with where to go on', async (t) => {
  const { lumen } = await startPair(t)
  const { body, status } = await lumen.call<Changes & { code: string }>('GET', '/changes?since=999999')
  assert.equal(status, 410)
  assert.equal(body.code, 'changes-gone')
  assert.equal(typeof body.next, 'number')
  assert.equal(typeof body.epoch, 'string')
  assert.equal((await lumen.call('GET', '/changes', { key: null })).status, 401)
})
