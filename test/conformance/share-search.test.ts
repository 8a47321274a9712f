import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OwnAgent } from '../../src/domain/agent.ts'
import { type AgentFilter, NO_FILTER } from '../../src/domain/discovery.ts'
import type { RankedAgents, RankedPosition } from '../../src/domain/ports.ts'
import { FEDERATED_SCOPE, PUBLIC_SCOPE, type Scope } from '../../src/domain/principal.ts'
import { admitsRecord, type SharePolicy, withhold } from '../../src/domain/share-policy.ts'
import { countStatistics, rankAll } from '../../src/search/exact-search.ts'
import { scoreTerms } from '../../src/search/score.ts'
import { parseQuery } from '../../src/search/tokenize.ts'
import { createRandom } from '../support/random.ts'
import { arbitraryPolicy, SHARED_PROVIDERS, SHARED_TAGS, SHARED_TYPES } from '../support/share-policies.ts'
import {
  type AgentsUnderTest,
  agentDraft,
  agentsOf,
  createOne,
  deleteOne,
  EVERYTHING,
  importDraft,
  importLines,
  replaceOne,
} from './agent-fixtures.ts'
import { makeFields, QUERIES } from './corpus.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { scorable } from './recount-index.ts'

const RECORDS = 150

async function fill(database: EngineUnderTest): Promise<AgentsUnderTest & { readonly all: OwnAgent[] }> {
  const under = agentsOf(await database.open())
  const random = createRandom(7)
  const drafts = Array.from({ length: RECORDS }, (_, place) => {
    const fields = makeFields(random)
    const tags = [...fields.tags, ...SHARED_TAGS.filter(() => random.next() < 0.3)]
    const provider = random.pick([null, ...SHARED_PROVIDERS])
    return importDraft(`${fields.name} ${place}`, {
      ...fields,
      tags,
      agentType: random.pick(SHARED_TYPES),
      provider: provider === null ? null : { organization: provider, url: null },
      visibility: random.pick(['public', 'federated', 'federated', 'federated', 'local']),
      status: random.pick(['active', 'active', 'active', 'deprecated', 'disabled']),
    })
  })
  await importLines(under.agents, drafts)
  const all = await under.agents.list(NO_FILTER, EVERYTHING, { after: null, limit: RECORDS })
  return { ...under, all }
}

/** What the peer sees, as it sees it, by the rule itself. */
function seenBy(policy: SharePolicy, all: readonly OwnAgent[]): OwnAgent[] {
  return all
    .filter(({ visibility, status }) => status !== 'disabled' && ['public', 'federated'].includes(visibility))
    .filter((agent) => admitsRecord(policy, agent))
    .map((agent) => withhold(agent, policy))
}

function meets(filter: AgentFilter, agent: OwnAgent): boolean {
  const key = (text: string): string => text.normalize('NFC').trim().toLowerCase()
  const tags = agent.tags.map(key)
  return (
    (filter.agentType === null || filter.agentType === agent.agentType) &&
    (filter.status === null || filter.status === agent.status) &&
    (filter.provider === null || key(filter.provider) === key(agent.provider?.organization ?? '')) &&
    filter.tags.every((tag) => tags.includes(key(tag)))
  )
}

function expected(
  search: string,
  seen: readonly OwnAgent[],
  filter: AgentFilter,
  after: RankedPosition | null,
) {
  const query = parseQuery(search)
  const records = seen.map((agent) => ({ agent, did: agent.did, impacts: scoreTerms(scorable(agent)) }))
  const statistics = after?.statistics ?? countStatistics(records, query)
  const wanted = records.filter(({ agent }) => meets(filter, agent))
  const ranked = rankAll(wanted, query, statistics, RECORDS)
  const place = after === null ? 0 : ranked.findIndex(({ did }) => did === after.did) + 1
  return { ranked: ranked.slice(place), statistics }
}

const scopeWith = (policy: SharePolicy): Scope => ({
  ...FEDERATED_SCOPE,
  share: { peerId: 'peer' as never, revision: 1, policy },
})

function told({ matches }: RankedAgents) {
  return matches.map(({ agent, score }) => ({ did: agent.did, score }))
}

const arbitraryFilter: fc.Arbitrary<AgentFilter> = fc.record({
  agentType: fc.option(fc.constantFrom(...SHARED_TYPES), { freq: 4 }),
  status: fc.option(fc.constantFrom('active' as const, 'deprecated' as const), { freq: 4 }),
  provider: fc.option(fc.constantFrom(...SHARED_PROVIDERS), { freq: 4 }),
  tags: fc.subarray([...SHARED_TAGS], { maxLength: 1 }),
}) as fc.Arbitrary<AgentFilter>

const SEARCHES = [
  ...QUERIES,
  'translati',
  'gener',
  'tra',
  'da',
  'agent ',
  '',
  'acme',
  'internal',
  'übers',
  'o',
]

await forEachEngine('search of a peer with a policy', (createDatabase) => {
  test('finds, ranks and counts over what the peer sees, and nothing else', async () => {
    await using database = await createDatabase()
    const { all, index } = await fill(database)
    const ids = all.map(({ id }) => id)
    let [found, narrowed] = [0, 0]
    await fc.assert(
      fc.asyncProperty(
        arbitraryPolicy(ids),
        fc.constantFrom(...SEARCHES),
        fc.oneof(fc.constant(NO_FILTER), arbitraryFilter),
        fc.integer({ min: 1, max: 40 }),
        async (policy, search, filter, limit) => {
          const seen = seenBy(policy, all)
          const first = await index.search(search, scopeWith(policy), { filter, limit, after: null })
          const all0 = expected(search, seen, filter, null)
          assert.deepEqual(
            Object.fromEntries(first.statistics.documentFrequency),
            Object.fromEntries(all0.statistics.documentFrequency),
          )
          assert.equal(first.statistics.documents, all0.statistics.documents)
          assert.deepEqual(told(first), all0.ranked.slice(0, limit))
          assert.equal(first.hasMore, all0.ranked.length > limit)
          found += first.matches.length
          if (seen.length < RECORDS / 2) narrowed += 1
          const last = first.matches.at(-1)
          if (last === undefined || !first.hasMore) return
          const after = { score: last.score, did: last.agent.did, statistics: first.statistics }
          const second = await index.search(search, scopeWith(policy), { filter, limit, after })
          assert.deepEqual(told(second), expected(search, seen, filter, after).ranked.slice(0, limit))
        },
      ),
      { numRuns: 100, endOnFailure: true },
    )
    assert.ok(found > 200 && narrowed > 20, `records found: ${found}, narrow policies: ${narrowed}`)
  })

  test('lists and counts what the policy admits', async () => {
    await using database = await createDatabase()
    const { all, agents } = await fill(database)
    await fc.assert(
      fc.asyncProperty(arbitraryPolicy(all.map(({ id }) => id)), arbitraryFilter, async (policy, filter) => {
        const visible = seenBy(policy, all)
        const seen = new Set(visible.map(({ id }) => id))
        const listed = await agents.list(filter, scopeWith(policy), { after: null, limit: RECORDS })
        const wanted = visible.filter((agent) => meets(filter, agent))
        assert.deepEqual(
          new Map(listed.map((agent) => [agent.id, withhold(agent, policy)])),
          new Map(wanted.map((agent) => [agent.id, agent])),
        )
        assert.equal(await agents.count(scopeWith(policy)), seen.size)
        for (const { id, did } of all.slice(0, 30)) {
          const expectedKind = seen.has(id) ? 'found' : 'absent'
          assert.equal((await agents.find(id, scopeWith(policy))).kind, expectedKind)
          assert.equal((await agents.find(did, scopeWith(policy))).kind, expectedKind)
        }
      }),
      { numRuns: 25, endOnFailure: true },
    )
  })

  test('what is created, changed and deleted is found and counted as it is now', async () => {
    await using database = await createDatabase()
    const { agents, index } = agentsOf(await database.open())
    const random = createRandom(31)
    const live = new Map<string, OwnAgent>()
    const selector = { agentType: null, tag: 'internal', provider: null, id: null }
    const policies: SharePolicy[] = [
      { include: null, exclude: [selector], fields: null, maxResults: null },
      { include: null, exclude: [selector], fields: ['tags', 'endpoints'], maxResults: null },
    ]
    for (let step = 0; step < 80; step += 1) {
      const made = makeFields(random)
      const fields = {
        ...made,
        tags: random.next() < 0.4 ? ['internal'] : made.tags,
        visibility: random.pick(['public', 'federated', 'federated', 'local'] as const),
      }
      const agent = [...live.values()][random.below(live.size + 3)]
      if (agent === undefined) {
        const created = await createOne(agents, agentDraft(`${made.name} ${step}`, fields))
        live.set(created.id, created)
      } else if (random.next() < 0.2) {
        await deleteOne(agents, agent.id)
        live.delete(agent.id)
      } else live.set(agent.id, await replaceOne(agents, agent, fields))
      for (const policy of policies) {
        const search = random.pick(SEARCHES.filter((text) => text !== ''))
        const found = await index.search(search, scopeWith(policy), {
          filter: NO_FILTER,
          limit: 50,
          after: null,
        })
        const wanted = expected(search, seenBy(policy, [...live.values()]), NO_FILTER, null)
        assert.deepEqual(told(found), wanted.ranked.slice(0, 50))
        assert.deepEqual(found.statistics.documentFrequency, wanted.statistics.documentFrequency)
        assert.equal(found.statistics.documents, wanted.statistics.documents)
      }
    }
  })

  test('a word that only a hidden record has is not told by the counts of its stem', async () => {
    await using database = await createDatabase()
    const { agents, index } = agentsOf(await database.open())
    await importLines(agents, [
      importDraft('Open', { visibility: 'federated', description: 'connect', tags: ['open'] }),
      importDraft('Hidden', { visibility: 'federated', description: 'connections', tags: ['secret'] }),
    ])
    const exclude = [{ agentType: null, tag: 'secret', provider: null, id: null }]
    const policy = { include: null, exclude, fields: null, maxResults: null }
    const ask = (search: string, scope: Scope) =>
      index.search(search, scope, { filter: NO_FILTER, limit: 10, after: null })
    const { matches, statistics } = await ask('connectio', scopeWith(policy))
    assert.deepEqual(matches, [])
    assert.equal(statistics.documentFrequency.get('connectio*'), 0)
    const whole = await ask('connectio', FEDERATED_SCOPE)
    assert.equal(whole.statistics.documentFrequency.get('connectio*'), 2)
    assert.equal((await ask('connectio', PUBLIC_SCOPE)).statistics.documents, 0)
  })

  test('a stem counts in all records that hold it, whoever has the word that was begun', async () => {
    await using database = await createDatabase()
    const { agents, index } = agentsOf(await database.open())
    await importLines(agents, [
      importDraft('Open', { visibility: 'public', description: 'running' }),
      importDraft('Shared', { visibility: 'federated', description: 'run' }),
    ])
    const policy = { include: null, exclude: [], fields: null, maxResults: null }
    const page = { filter: NO_FILTER, limit: 10, after: null }
    const { statistics } = await index.search('runn', scopeWith(policy), page)
    assert.equal(statistics.documentFrequency.get('runn*'), 2)
    const whole = await index.search('runn', FEDERATED_SCOPE, page)
    assert.equal(whole.statistics.documentFrequency.get('runn*'), 2)
  })

  test('what a policy keeps back cannot be searched for, nor asked for by a condition', async () => {
    await using database = await createDatabase()
    const { agents, index } = agentsOf(await database.open())
    const provider = { organization: 'Hush Corp', url: null }
    const hidden = { description: 'whisper', tags: ['quiet'], provider, skills: [] }
    await importLines(agents, [
      importDraft('Bell', { visibility: 'federated', ...hidden }),
      importDraft('Horn', { visibility: 'public', ...hidden }),
    ])
    const policy: SharePolicy = { include: null, exclude: [], fields: ['endpoints'], maxResults: null }
    const ask = (search: string, filter: Partial<AgentFilter> = {}) =>
      index.search(search, scopeWith(policy), { filter: { ...NO_FILTER, ...filter }, limit: 10, after: null })
    for (const word of ['whisper', 'quiet', 'hush ', 'whisp', 'whisper bell']) {
      const { matches, statistics } = await ask(word)
      const [term = ''] = statistics.documentFrequency.keys()
      assert.equal(statistics.documentFrequency.get(term), word === 'whisp' ? 0 : 1, word)
      const names = word === 'whisper bell' ? ['Bell', 'Horn'] : ['Horn']
      assert.deepEqual(matches.map(({ agent }) => agent.name).toSorted(), names, word)
    }
    for (const filter of [{ tags: ['quiet'] }, { provider: 'hush corp' }]) {
      const { matches } = await ask('bell horn', filter)
      assert.deepEqual(
        matches.map(({ agent }) => agent.name),
        ['Horn'],
      )
    }
    const { matches } = await ask('bell ')
    assert.deepEqual(
      matches.map(({ agent }) => agent.name),
      ['Bell'],
    )
  })
})
