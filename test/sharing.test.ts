/** What one peer sees of the records here, and what its policy keeps from it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { WireAgent } from '../src/wire/agent.ts'
import { addAsker, type PeerAsker } from './support/peer-asker.ts'
import { publish } from './support/records.ts'
import { type RunningRegistry, startRegistry } from './support/registry.ts'

type Page = {
  readonly agents: readonly WireAgent[]
  readonly next_cursor: string | null
  readonly search_stats?: {
    readonly documents: number
    readonly document_frequency: Readonly<Record<string, number>>
    readonly estimated: boolean
  }
}
type Changes = {
  readonly changes: readonly { readonly id: string; readonly op: string }[]
  readonly next: number
  readonly epoch: string
}

const CARD: unknown = JSON.parse(readFileSync('src/cards/examples/a2a-1.json', 'utf8'))

async function page(asker: PeerAsker, query = ''): Promise<Page> {
  const { status, body, text } = await asker.ask<Page>(`/agents${query}`)
  assert.equal(status, 200, text)
  return body
}

async function names(asker: PeerAsker, query = ''): Promise<string[]> {
  return (await page(asker, query)).agents.map(({ name }) => name).toSorted()
}

/** An open record, and federated ones of two kinds. */
async function fill(registry: RunningRegistry) {
  const federated = { visibility: 'federated', description: 'ferry' }
  return {
    open: await publish(registry, { name: 'Open', description: 'ferry', tags: ['secret'] }),
    shown: await publish(registry, { ...federated, name: 'Shown', tags: ['Nautical'] }),
    kept: await publish(registry, { ...federated, name: 'Kept', tags: ['nautical', 'Secret'] }),
    local: await publish(registry, { ...federated, name: 'Local', visibility: 'local' }),
  }
}

test('a policy narrows federated records everywhere a peer can look, and public ones nowhere', async (t) => {
  const registry = await startRegistry(t)
  const { kept, shown, open, local } = await fill(registry)
  const free = await addAsker(registry, { name: 'Free' })
  const bound = await addAsker(registry, { name: 'Bound', policy: { exclude: [{ tag: 'SECRET' }] } })

  assert.deepEqual(await names(free), ['Kept', 'Open', 'Shown'])
  assert.deepEqual(await names(bound), ['Open', 'Shown'])
  assert.deepEqual(await names(bound, '?search=ferry'), ['Open', 'Shown'])
  assert.deepEqual(await names(bound, '?tags=secret'), ['Open'])
  assert.deepEqual(await names(bound, '?visibility=public'), ['Open'])
  const { search_stats: stats } = await page(bound, '?search=ferry')
  assert.deepEqual(stats, {
    ...{ scoring: 'bm25-1', documents: 2, estimated: false },
    document_frequency: { ferri: 2, 'ferry*': 2 },
  })
  assert.equal((await page(free, '?search=ferry')).search_stats?.documents, 3)

  const statusOf = async (asker: PeerAsker, path: string) => (await asker.ask(path)).status
  for (const reference of [kept.id, encodeURIComponent(kept.did)]) {
    assert.equal(await statusOf(bound, `/agents/${reference}`), 404)
    assert.equal(await statusOf(free, `/agents/${reference}`), 200)
  }
  assert.equal(await statusOf(bound, `/agents/${local.id}`), 404)
  for (const seen of [shown, open]) assert.equal(await statusOf(bound, `/agents/${seen.id}`), 200)
  const health = await bound.ask<{ agent_count: number }>('/health')
  assert.equal(health.body.agent_count, 2)
})

test('a policy is set and merged with the peer, shown with it, and refused with what is wrong', async (t) => {
  const registry = await startRegistry(t)
  const body = { name: 'Partner', registry_url: 'http://127.0.0.1:9', is_active: false }
  const share_policy = { include: [{ agent_type: 'A2A' }], max_results: 7 }
  const peer = await registry.succeed<{ id: string; share_policy: unknown }>('POST', '/federation/peers', {
    body: { ...body, share_policy },
  })
  const whole = { include: [{ agent_type: 'a2a' }], exclude: [], fields: null, max_results: 7 }
  assert.deepEqual(peer.share_policy, whole)
  const at = `/federation/peers/${peer.id}`
  const put = (change: unknown, key?: string) =>
    registry.call<typeof peer & { errors: { pointer: string }[] }>('PUT', at, {
      body: { share_policy: change },
      ...(key !== undefined && { key }),
    })
  assert.deepEqual((await put({ max_results: null })).body.share_policy, { ...whole, max_results: null })
  const wrong = await put({ exclude: [{ tags: ['x'] }], fields: ['owner_id'] })
  assert.equal(wrong.status, 422)
  assert.deepEqual(
    wrong.body.errors.map(({ pointer }) => pointer),
    ['/share_policy/exclude/0/tags', '/share_policy/exclude/0', '/share_policy/fields/0'],
  )
  const { key: operator } = await registry.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'o', role: 'operator' },
  })
  assert.equal((await put(null, operator)).status, 403)
  assert.equal((await put(null)).body.share_policy, null)
})

test('members that a policy keeps back are missing, whatever asks for the record', async (t) => {
  const registry = await startRegistry(t)
  const whole = {
    ...{ description: 'whisper', version: '1', tags: ['quiet'], auth_schemes: ['oauth2'] },
    ...{ provider: { organization: 'Hush', url: null }, claimed_did: 'did:web:hush.example' },
    endpoints: [{ url: 'https://hush.example/a2a', protocol: 'a2a', binding: null }],
    skills: [{ id: 's', name: 'Listen', description: 'to silence', tags: [] }],
  }
  const closed = await publish(registry, { ...whole, name: 'Closed', visibility: 'federated' })
  const open = await publish(registry, { ...whole, name: 'Open', endpoints: [] })
  const bound = await addAsker(registry, { policy: { fields: ['endpoints'] } })
  const always = [
    ...['id', 'did', 'name', 'agent_type', 'status', 'visibility', 'endpoints', 'created_at', 'updated_at'],
    ...['is_federated', 'registry_url', 'registry_name'],
  ]
  const [listed] = (await page(bound, '?search=closed')).agents
  const { body: single } = await bound.ask<WireAgent>(`/agents/${closed.id}`)
  for (const record of [listed, single]) assert.deepEqual(Object.keys(record ?? {}), always)
  assert.deepEqual(single.endpoints, whole.endpoints)
  const { body: other } = await bound.ask<WireAgent>(`/agents/${open.id}`)
  assert.equal(other.description, 'whisper')

  for (const query of ['?search=whisper', '?search=quiet', '?search=silence', '?search=hush', '?tags=quiet'])
    assert.deepEqual(await names(bound, query), ['Open'], query)
  assert.deepEqual(await names(bound, '?provider=Hush'), ['Open'])
})

test('a card is shared whole or not at all', async (t) => {
  const registry = await startRegistry(t)
  const carded = (visibility: string) =>
    registry.succeed<WireAgent>('POST', '/agents', { body: { agent_type: 'a2a', visibility, card: CARD } })
  const closed = await carded('federated')
  const open = await registry.succeed<WireAgent>('POST', '/agents', {
    body: { agent_type: 'a2a', visibility: 'public', name: 'Open card', card: CARD },
  })
  const bound = await addAsker(registry, { name: 'Bound', policy: { fields: ['description'] } })
  const carry = await addAsker(registry, { name: 'Carry', policy: { fields: ['card'] } })
  const status = async (asker: PeerAsker, { id }: WireAgent) => (await asker.ask(`/agents/${id}/card`)).status
  assert.equal(await status(bound, closed), 404)
  assert.equal(await status(bound, open), 200)
  assert.equal(await status(carry, closed), 200)
  const { body } = await carry.ask<unknown>(`/agents/${closed.id}/card`)
  assert.deepEqual(body, CARD)
  assert.equal('card_url' in (await bound.ask<WireAgent>(`/agents/${closed.id}`)).body, false)
})

test('one question brings out so many federated records at most, over all its pages, and all public ones', async (t) => {
  const registry = await startRegistry(t)
  const open: string[] = []
  for (let place = 0; place < 12; place += 1) {
    const visibility = place % 2 === 0 ? 'federated' : 'public'
    const { name } = await publish(registry, { name: `Ferry ${place}`, visibility })
    if (visibility === 'public') open.push(name)
  }
  const bound = await addAsker(registry, { policy: { max_results: 3 } })
  for (const search of ['', '&search=ferry']) {
    for (const limit of [1, 2, 5, 100]) {
      const seen: WireAgent[] = []
      let cursor: string | null = null
      do {
        const next: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
        const { agents, next_cursor } = await page(bound, `?limit=${limit}${search}${next}`)
        assert.ok(agents.length <= limit)
        seen.push(...agents)
        cursor = next_cursor
      } while (cursor !== null)
      const narrowed = seen.filter(({ visibility }) => visibility === 'federated')
      assert.equal(narrowed.length, 3, `limit ${limit}${search}`)
      assert.equal(new Set(seen.map(({ id }) => id)).size, 9)
      assert.deepEqual(
        seen
          .filter(({ visibility }) => visibility === 'public')
          .map(({ name }) => name)
          .toSorted(),
        open.toSorted(),
      )
    }
  }
})

test('tags and cursors hold for one policy alone', async (t) => {
  const registry = await startRegistry(t)
  const { shown } = await fill(registry)
  const asker = await addAsker(registry)
  const paths = ['/agents?limit=1', `/agents/${shown.id}`]
  const tags = async () => {
    const answers = await Promise.all(paths.map((path) => asker.ask(path)))
    return answers.map(({ headers }) => headers.get('etag') ?? '')
  }
  const free = await tags()
  const { next_cursor: cursor } = await page(asker, '?limit=1')
  const further = `/agents?limit=1&cursor=${encodeURIComponent(cursor ?? '')}`
  assert.equal((await asker.ask(further)).status, 200)

  await asker.share({ exclude: [{ tag: 'secret' }] })
  const bound = await tags()
  await asker.share({ exclude: [{ tag: 'other' }] })
  const rebound = await tags()
  for (const place of [0, 1]) assert.equal(new Set([free[place], bound[place], rebound[place]]).size, 3)
  for (const [place, path] of paths.entries()) {
    assert.equal((await asker.ask(path, { 'if-none-match': bound[place] ?? '' })).status, 200)
    assert.equal((await asker.ask(path, { 'if-none-match': rebound[place] ?? '' })).status, 304)
  }
  const { status, body } = await asker.ask(further)
  assert.deepEqual([status, body.code], [400, 'invalid-cursor'])
})

test('changes: what leaves a peer’s sight is deleted, what it never saw is not told, another policy begins anew', async (t) => {
  const registry = await startRegistry(t)
  const asker = await addAsker(registry, { policy: { exclude: [{ tag: 'secret' }] } })
  const changes = async (since?: number): Promise<Changes> =>
    (await asker.ask<Changes>(`/changes${since === undefined ? '' : `?since=${since}`}`)).body
  const told = async (since: number) => (await changes(since)).changes.map(({ id, op }) => [id, op])
  const start = await changes()
  const { kept, shown, open } = await fill(registry)
  assert.deepEqual(await told(start.next), [
    [open.id, 'upsert'],
    [shown.id, 'upsert'],
  ])

  let { next } = await changes(start.next)
  await registry.succeed('PUT', `/agents/${shown.id}`, { body: { tags: ['secret'] } })
  await registry.succeed('PUT', `/agents/${kept.id}`, { body: { description: 'changed' } })
  assert.deepEqual(await told(next), [[shown.id, 'delete']])
  next = (await changes(next)).next
  await registry.succeed('PUT', `/agents/${shown.id}`, { body: { description: 'once more' } })
  assert.deepEqual(await told(next), [])
  await registry.succeed('PUT', `/agents/${kept.id}`, { body: { tags: [] } })
  assert.deepEqual(await told(next), [[kept.id, 'upsert']])
  next = (await changes(next)).next
  for (const { id } of [kept, shown]) await registry.call('DELETE', `/agents/${id}`)
  assert.deepEqual(await told(next), [[kept.id, 'delete']])
  assert.equal((await asker.ask(`/agents/${kept.id}`)).status, 410, 'it could see this one')

  const epochs = [start.epoch]
  for (const policy of [{ exclude: [{ tag: 'x' }] }, null, { exclude: [{ tag: 'x' }] }]) {
    await asker.share(policy)
    epochs.push((await changes(next)).epoch)
  }
  assert.equal(new Set(epochs).size, 4)
  assert.equal((await changes(next)).epoch, epochs.at(-1))
})

test('a policy that changes nothing begins nothing anew', async (t) => {
  const registry = await startRegistry(t)
  const asker = await addAsker(registry, { policy: { exclude: [{ tag: 'x' }] } })
  const { body: before } = await asker.ask<Changes>('/changes')
  await asker.share({ exclude: [{ tag: 'x' }] })
  await registry.succeed('PUT', `/federation/peers/${asker.id}`, { body: { priority: 3 } })
  assert.deepEqual((await asker.ask<Changes>('/changes')).body, before)
})

test('a preview is what the peer gets, and says what another policy would change', async (t) => {
  const registry = await startRegistry(t)
  const { kept, shown } = await fill(registry)
  const asker = await addAsker(registry, { policy: { exclude: [{ tag: 'secret' }] } })
  const at = `/federation/peers/${asker.id}/preview`
  for (const query of ['?limit=1', '?search=ferry', '?tags=nautical', '?visibility=public']) {
    const seen = await page(asker, query)
    const preview = await registry.succeed<Page & { agent_count: number }>('GET', `${at}${query}`)
    assert.deepEqual(preview.agents, seen.agents, query)
    assert.deepEqual(preview.search_stats, seen.search_stats, query)
    assert.equal(preview.next_cursor === null, seen.next_cursor === null, query)
    assert.equal(preview.agent_count, 2)
    if (seen.next_cursor === null) continue
    const further = `${query}&cursor=${encodeURIComponent(preview.next_cursor ?? '')}`
    assert.deepEqual(
      (await page(asker, further)).agents,
      (await registry.succeed<Page>('GET', at + further)).agents,
    )
  }

  type Compared = Page & { readonly policy: unknown; readonly diff: Readonly<Record<string, unknown>> }
  const compare = (parameters: Readonly<Record<string, unknown>>) => {
    const query = Object.entries(parameters).map(([name, value]) => [name, JSON.stringify(value)])
    return registry.succeed<Compared>('GET', `${at}?${new URLSearchParams(Object.fromEntries(query))}`)
  }
  const proposed = { exclude: [{ tag: 'nautical' }], fields: ['description'] }
  const { diff, agents } = await compare({ policy: proposed })
  assert.deepEqual(
    agents.map(({ name }) => name),
    ['Open'],
  )
  assert.deepEqual(diff, {
    before: { include: null, exclude: [{ tag: 'secret' }], fields: null, max_results: null },
    ...{ appear: 0, vanish: 1, change: 0, unchanged: 0, more: false },
    records: [{ id: shown.id, name: 'Shown', change: 'vanishes' }],
  })
  const opened = await compare({ policy: null })
  assert.equal(opened.policy, null)
  assert.deepEqual(opened.diff.records, [{ id: kept.id, name: 'Kept', change: 'appears' }])
  const fewer = await compare({
    policy: { fields: ['description', 'tags'] },
    against: { fields: ['tags', 'version'] },
  })
  assert.equal(fewer.diff.change, 2)
  assert.deepEqual((fewer.diff.records as unknown[])[1], {
    ...{ id: shown.id, name: 'Shown', change: 'changes', gained: ['description'], lost: ['version'] },
  })
  assert.deepEqual(await names(asker), ['Open', 'Shown'], 'nothing has changed for the peer')

  for (const policy of ['{', '[]', '{"fields":["owner_id"]}', '{"include":[{}]}']) {
    const refused = await registry.call('GET', `${at}?policy=${encodeURIComponent(policy)}`)
    assert.deepEqual([refused.status, refused.body.code], [400, 'invalid-parameter'], policy)
  }
  assert.equal((await asker.ask(at)).status, 403)
})
