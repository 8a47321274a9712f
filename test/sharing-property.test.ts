/** Whatever the policy and the records: a peer sees its preview, what the policy says, and no less than a stranger. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { policyToWire, type WireSelector, type WireSharePolicy } from '../src/domain/read-share-policy.ts'
import type { WireAgent } from '../src/wire/agent.ts'
import { type EngineUnderTest, forEachEngine } from './conformance/engines.ts'
import { addAsker, type PeerAsker } from './support/peer-asker.ts'
import { createRandom } from './support/random.ts'
import { type Answer, type RunningRegistry, startRegistry } from './support/registry.ts'
import { arbitraryPolicy, SHARED_PROVIDERS, SHARED_TAGS, SHARED_TYPES } from './support/share-policies.ts'

const RECORDS = 60
const POLICIES = 30

type Stats = {
  readonly documents: number
  readonly document_frequency: Readonly<Record<string, number>>
}
type Page = {
  readonly agents: readonly WireAgent[]
  readonly next_cursor: string | null
  readonly search_stats?: Stats
}
type Ask = (path: string) => Promise<Answer<Page>>
type Walk = {
  readonly agents: readonly WireAgent[]
  readonly pages: readonly (readonly WireAgent[])[]
  readonly stats: Stats | undefined
}

/** Words that stand in one member only. */
const WORDS = {
  description: 'whisper',
  tags: 'quiet',
  skills: 'silence',
  provider: 'hush',
  name: 'ferry',
} as const

function draw(): object[] {
  const random = createRandom(23)
  const some = (word: string): string => (random.next() < 0.5 ? `${word} ` : '')
  return Array.from({ length: RECORDS }, (_, place) => {
    const provider = random.pick([null, ...SHARED_PROVIDERS])
    return {
      name: `${some(WORDS.name)}Agent ${place}`,
      description: `${some(WORDS.description)}and more`,
      agent_type: random.pick(SHARED_TYPES),
      tags: [...SHARED_TAGS.filter(() => random.next() < 0.3), ...(random.next() < 0.5 ? [WORDS.tags] : [])],
      skills: random.next() < 0.5 ? [{ id: 's', name: 'Skill', description: WORDS.skills, tags: [] }] : [],
      provider:
        provider === null
          ? null
          : { organization: random.next() < 0.4 ? WORDS.provider : provider, url: null },
      version: random.pick([null, '1']),
      endpoints: [{ url: `https://agents.example/${place}`, protocol: 'a2a', binding: null }],
      claimed_did: random.pick([null, `did:web:agents.example:${place}`]),
      visibility: random.pick(['public', 'federated', 'federated', 'local', 'private']),
      status: random.pick(['active', 'active', 'active', 'deprecated', 'disabled']),
    }
  })
}

/** All pages of a question, each of which must answer. */
async function walk(ask: Ask, query: string): Promise<Walk> {
  const pages: (readonly WireAgent[])[] = []
  let stats: Stats | undefined
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { status, body, text } = await ask(
      cursor === '' ? query : `${query}&cursor=${encodeURIComponent(cursor)}`,
    )
    assert.equal(status, 200, text)
    pages.push(body.agents)
    stats ??= body.search_stats
    cursor = body.next_cursor
  }
  return { agents: pages.flat(), pages, stats }
}

const asker =
  (peer: PeerAsker): Ask =>
  (query) =>
    peer.ask<Page>(`/agents${query}`)
const previewer =
  (registry: RunningRegistry, { id }: PeerAsker): Ask =>
  (query) =>
    registry.call<Page>('GET', `/federation/peers/${id}/preview${query}`)
const holder =
  (registry: RunningRegistry, key: string | null): Ask =>
  (query) =>
    registry.call<Page>('GET', `/agents${query}`, { key })

// The rule anew, in the words of the documentation.

const fold = (text: string): string => text.normalize('NFC').trim().toLowerCase()

function isOneOf(selectors: readonly WireSelector[], record: WireAgent): boolean {
  return selectors.some(({ agent_type, tag, provider, id }) => {
    if (agent_type !== undefined && fold(agent_type) !== record.agent_type) return false
    if (tag !== undefined && !record.tags.map(fold).includes(fold(tag))) return false
    if (provider !== undefined && fold(provider) !== fold(record.provider?.organization ?? '')) return false
    return id === undefined || id.toLowerCase() === record.id
  })
}

function isShared({ include, exclude }: WireSharePolicy, record: WireAgent): boolean {
  if (record.status === 'disabled') return false
  if (record.visibility === 'public') return true
  if (record.visibility !== 'federated' || isOneOf(exclude, record)) return false
  return include === null || isOneOf(include, record)
}

const MAY_BE_KEPT: readonly string[] = [
  ...[
    'claimed_did',
    'description',
    'version',
    'status_message',
    'successor_did',
    'tags',
    'skills',
    'endpoints',
  ],
  ...['provider', 'auth_schemes', 'card_url', 'card_format'],
]

function asSeen({ fields }: WireSharePolicy, record: WireAgent): object {
  if (record.visibility === 'public' || fields === null) return record
  const shown = fields.flatMap((field) => (field === 'card' ? ['card_url', 'card_format'] : [field]))
  return Object.fromEntries(
    Object.entries(record).filter(([member]) => !MAY_BE_KEPT.includes(member) || shown.includes(member)),
  )
}

function holds(record: Partial<WireAgent>, word: string): boolean {
  const { name = '', description = '', tags = [], skills = [], provider } = record
  const texts = [
    name,
    description,
    ...tags,
    ...skills.map((skill) => skill.description),
    provider?.organization ?? '',
  ]
  return texts.some((text) =>
    fold(text)
      .split(/[^a-z]+/)
      .includes(word),
  )
}

async function open(t: TestContext, database: EngineUnderTest) {
  const registry = await startRegistry(t, { database })
  const lines = draw().map((record) => JSON.stringify(record))
  await registry.succeed('POST', '/agents/import', {
    body: lines.join('\n'),
    headers: { 'content-type': 'application/x-ndjson', accept: 'application/json' },
  })
  const { agents: all } = await walk(holder(registry, registry.adminKey), '?limit=100')
  assert.equal(all.length, RECORDS)
  const { key: viewer } = await registry.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'viewer', role: 'viewer' },
  })
  return {
    registry,
    all,
    viewer,
    bound: await addAsker(registry),
    free: await addAsker(registry, { name: 'Free' }),
  }
}

const byId = (records: readonly WireAgent[]): ReadonlyMap<string, WireAgent> =>
  new Map(records.map((record) => [record.id, record]))

await forEachEngine('sharing', (createDatabase) => {
  test(`a peer sees exactly its preview, which is what the policy says: ${POLICIES} policies`, async (t) => {
    await using database = await createDatabase()
    const { registry, all, bound } = await open(t, database)
    let [kept, cut] = [0, 0]
    const questions = fc.record({
      word: fc.option(fc.constantFrom(...Object.values(WORDS)), { freq: 3 }),
      type: fc.option(fc.constantFrom(...SHARED_TYPES), { freq: 3 }),
      tag: fc.option(fc.constantFrom(...SHARED_TAGS), { freq: 4 }),
      limit: fc.constantFrom(3, 10, 100),
    })
    await fc.assert(
      fc.asyncProperty(arbitraryPolicy(all.map(({ id }) => id)), questions, async (policy, question) => {
        const wire = policyToWire(policy)
        await bound.share(wire)
        const seen = all.filter((record) => isShared(wire, record))
        const { word, type, tag, limit } = question
        const query = new URLSearchParams({
          limit: String(limit),
          // A blank behind it: the word is finished.
          ...(word !== null && { search: `${word} ` }),
          ...(type !== null && { agent_type: type }),
          ...(tag !== null && { tags: tag }),
        })
        const [asked, shown] = [
          await walk(asker(bound), `?${query}`),
          await walk(previewer(registry, bound), `?${query}`),
        ]
        assert.deepEqual(asked, shown)

        const matching = seen
          .map((record) => ({ record, view: asSeen(wire, record) as Partial<WireAgent> }))
          .filter(({ view }) => word === null || holds(view, word))
          .filter(({ record }) => type === null || record.agent_type === type)
          .filter(({ view }) => tag === null || (view.tags ?? []).map(fold).includes(fold(tag)))
        const isNarrowed = (record: WireAgent): boolean => record.visibility !== 'public'
        const narrowed = matching.filter(({ record }) => isNarrowed(record)).length
        const most = Math.min(narrowed, wire.max_results ?? narrowed)
        assert.equal(asked.agents.filter(isNarrowed).length, most)
        assert.equal(asked.agents.filter((record) => !isNarrowed(record)).length, matching.length - narrowed)
        const views = new Map(matching.map(({ record, view }) => [record.id, view]))
        for (const record of asked.agents) assert.deepEqual(record, views.get(record.id))
        if (word !== null) {
          assert.equal(asked.stats?.documents, seen.length)
          const frequency = seen.filter((record) => holds(asSeen(wire, record), word)).length
          assert.deepEqual(Object.values(asked.stats?.document_frequency ?? {}), [frequency])
        }
        kept += all.length - seen.length
        if (most < narrowed) cut += 1
      }),
      {
        numRuns: POLICIES,
        endOnFailure: true,
        // One that surely cuts a question off.
        examples: [
          [
            { include: null, exclude: [], fields: null, maxResults: 2 },
            { word: null, type: null, tag: null, limit: 3 },
          ],
        ],
      },
    )
    assert.ok(kept > POLICIES && cut > 0, `records kept back: ${kept}, questions cut: ${cut}`)
  })

  test('record by record: what is told of one that is shared, and of one that is not', async (t) => {
    await using database = await createDatabase()
    const { registry, all, bound } = await open(t, database)
    await fc.assert(
      fc.asyncProperty(arbitraryPolicy(all.map(({ id }) => id)), fc.nat(), async (policy, start) => {
        const wire = policyToWire(policy)
        await bound.share(wire)
        const health = await bound.ask<{ agent_count: number }>('/health')
        assert.equal(health.body.agent_count, all.filter((record) => isShared(wire, record)).length)
        const previewed = await registry.succeed<{ agent_count: number }>(
          'GET',
          `/federation/peers/${bound.id}/preview`,
        )
        assert.equal(previewed.agent_count, health.body.agent_count)
        const told = new Set<string>()
        for (let since = 0; ; ) {
          const { body } = await bound.ask<{
            changes: { id: string; op: string }[]
            next: number
            more: boolean
          }>(`/changes?since=${since}`)
          for (const { id, op } of body.changes) if (op === 'upsert') told.add(id)
          since = body.next
          if (!body.more) break
        }
        assert.deepEqual(told, new Set(all.filter((record) => isShared(wire, record)).map(({ id }) => id)))
        for (let step = 0; step < 6; step += 1) {
          const record = all[(start + step * 7) % all.length] as WireAgent
          for (const reference of [record.id, encodeURIComponent(record.did)]) {
            const { status, body } = await bound.ask<unknown>(`/agents/${reference}`)
            assert.equal(
              status,
              isShared(wire, record) ? 200 : 404,
              `${record.name} under ${JSON.stringify(wire)}`,
            )
            if (status === 200) assert.deepEqual(body, asSeen(wire, record))
          }
          assert.equal((await bound.ask(`/agents/${record.id}/card`)).status, 404)
        }
      }),
      { numRuns: 10, endOnFailure: true },
    )
  })

  test('nobody sees less with credentials than without', async (t) => {
    await using database = await createDatabase()
    const { registry, all, viewer, bound, free } = await open(t, database)
    const tightest = { include: [], fields: [], max_results: 1 }
    for (const query of [
      '?limit=7',
      '?limit=100&search=whisper',
      '?limit=100&tags=quiet',
      '?limit=100&provider=hush',
    ]) {
      const nobody = byId((await walk(holder(registry, null), query)).agents)
      assert.ok(nobody.size > 0, query)
      const holders = new Map<string, ReadonlyMap<string, WireAgent>>()
      holders.set('a viewer', byId((await walk(holder(registry, viewer), query)).agents))
      holders.set('a peer without policy', byId((await walk(asker(free), query)).agents))
      for (const policy of [
        tightest,
        { exclude: SHARED_TYPES.map((agent_type) => ({ agent_type })) },
        { fields: [] },
      ]) {
        await bound.share(null)
        await bound.share(policy)
        holders.set(`a peer under ${JSON.stringify(policy)}`, byId((await walk(asker(bound), query)).agents))
      }
      for (const [who, seen] of holders) {
        for (const [id, record] of nobody) assert.deepEqual(seen.get(id), record, `${query}: ${who}`)
      }
      const [ofViewer, ofFree] = [holders.get('a viewer'), holders.get('a peer without policy')]
      for (const [id, record] of ofFree ?? []) assert.deepEqual(ofViewer?.get(id), record)
    }
    await bound.share(tightest)
    for (const { id } of all) {
      for (const path of [`/agents/${id}`, `/agents/${id}/card`]) {
        const nobody = await registry.call<unknown>('GET', path, { key: null })
        if (nobody.status !== 200) continue
        assert.deepEqual((await bound.ask<unknown>(path)).body, nobody.body)
        assert.deepEqual((await registry.call<unknown>('GET', path, { key: viewer })).body, nobody.body)
      }
    }
  })
})
