import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { OwnAgent } from '../../src/domain/agent.ts'
import { type AgentFilter, NO_FILTER } from '../../src/domain/discovery.ts'
import type { AgentIndex, ImportDraft, RankedAgents, RankedPosition } from '../../src/domain/ports.ts'
import type { Scope } from '../../src/domain/principal.ts'
import { countStatistics, type IndexedRecord, rankAll } from '../../src/search/exact-search.ts'
import { scoreTerms } from '../../src/search/score.ts'
import { parseQuery } from '../../src/search/tokenize.ts'
import { createAgentIndex } from '../../src/storage/agent-search.ts'
import { createRandom } from '../support/random.ts'
import {
  type AgentsUnderTest,
  ANN,
  agentDraft,
  agentFields,
  agentsOf,
  BOB,
  createOne,
  deleteOne,
  EVERYTHING,
  importDraft,
  importLines,
  replaceOne,
  SCOPES,
} from './agent-fixtures.ts'
import { HOSTILE_QUERIES, makeAudience, makeFields, makeRecords, QUERIES } from './corpus.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { findIndexFaults, scorable } from './recount-index.ts'

/** Every record with its impacts, as a registry without an index would keep them. */
type Reference = Map<string, { agent: OwnAgent; indexed: IndexedRecord }>

async function fill(under: AgentsUnderTest, count: number): Promise<Reference> {
  const made = makeRecords(20_26, count)
  for (const owner of [ANN, BOB]) {
    const drafts = made.filter((record) => record.owner === owner)
    for (let start = 0; start < drafts.length; start += 200) {
      await importLines(under.agents, drafts.slice(start, start + 200).map(distinct), { owner })
    }
  }
  return readReference(under)
}

/** Twins are told apart by their endpoint, which is not searched. */
function distinct({ fields }: { readonly fields: ImportDraft['fields'] }, place: number): ImportDraft {
  const [endpoint] = fields.endpoints
  const endpoints = endpoint ? [{ ...endpoint, url: `${endpoint.url}/${place}` }] : []
  return { fields: { ...fields, endpoints }, explicitFields: [], card: null, id: null }
}

async function readReference({ agents }: AgentsUnderTest): Promise<Reference> {
  const all = await agents.list(NO_FILTER, EVERYTHING, { after: null, limit: 10_000 })
  return new Map(all.map((agent) => [agent.id, toReference(agent)]))
}

function toReference(agent: OwnAgent) {
  return { agent, indexed: { did: agent.did, impacts: scoreTerms(scorable(agent)) } }
}

function newestFirst(a: OwnAgent, b: OwnAgent) {
  return b.createdAt - a.createdAt || (a.did < b.did ? -1 : 1)
}

/** The contract's rule of who sees what, written anew. */
function sees(scope: Scope, { visibility, status, ownerId }: OwnAgent) {
  if (scope.widest === 'all' || scope.ownerId === ownerId) return true
  const classes = {
    public: ['public'],
    federated: ['public', 'federated'],
    local: ['public', 'federated', 'local'],
  }
  return status !== 'disabled' && classes[scope.widest].includes(visibility)
}

function admits(filter: AgentFilter, agent: OwnAgent) {
  const key = (text: string) => text.normalize('NFC').trim().toLowerCase()
  return (
    (filter.agentType === null || key(filter.agentType) === agent.agentType) &&
    (filter.status === null || filter.status === agent.status) &&
    (filter.provider === null || key(filter.provider) === key(agent.provider?.organization ?? '')) &&
    filter.tags.every((tag) => agent.tags.map(key).includes(key(tag)))
  )
}

type Question = {
  readonly search: string
  readonly scope: Scope
  readonly filter?: AgentFilter
  readonly limit?: number
}

function answerExactly(reference: Reference, { search, scope, filter = NO_FILTER, limit = 20 }: Question) {
  const visible = [...reference.values()].filter(({ agent }) => sees(scope, agent))
  const query = parseQuery(search)
  const statistics = countStatistics(
    visible.map(({ indexed }) => indexed),
    query,
  )
  const admitted = visible.filter(({ agent }) => admits(filter, agent)).map(({ indexed }) => indexed)
  const ranked = rankAll(admitted, query, statistics, limit + 1)
  return {
    matches: ranked.slice(0, limit),
    hasMore: ranked.length > limit,
    statistics: { ...statistics, isEstimated: false },
  }
}

async function ask(index: AgentIndex, { search, scope, filter = NO_FILTER, limit = 20 }: Question) {
  return plain(await index.search(search, scope, { filter, limit, after: null }))
}

function plain({ matches, statistics, hasMore }: RankedAgents) {
  return { matches: matches.map(({ agent, score }) => ({ did: agent.did, score })), hasMore, statistics }
}

/** All pages of a search; `between` is done after each. */
async function walk(index: AgentIndex, question: Question, between: () => Promise<void> = async () => {}) {
  const { search, scope, filter = NO_FILTER, limit = 20 } = question
  const seen: { did: string; score: number; agent: OwnAgent }[] = []
  let after: RankedPosition | null = null
  for (;;) {
    const page: RankedAgents = await index.search(search, scope, { filter, limit, after })
    seen.push(...page.matches.map(({ agent, score }) => ({ did: agent.did, score, agent })))
    const last = seen.at(-1)
    if (!page.hasMore || !last) return seen
    assert.equal(page.matches.length, limit)
    after = { score: last.score, did: last.did, statistics: page.statistics }
    await between()
  }
}

const named = (limit: number) => ({ filter: NO_FILTER, limit, after: null })
const EVERYONE: Scope = { widest: 'public', ownerId: null }

async function open(database: EngineUnderTest) {
  return agentsOf(await database.open())
}

/** What each engine answered, by question: names and scores, since DIDs differ from run to run. */
const answers = new Map<string, Map<string, unknown>>()

await forEachEngine('search', (createDatabase, kind) => {
  test('answers have the scores, order and statistics of a search that looks at every record', async () => {
    await using database = await createDatabase()
    const under = await open(database)
    const reference = await fill(under, 600)
    const given = new Map<string, unknown>()
    answers.set(kind, given)
    const narrow = Object.keys(SCOPES).filter((name) => name !== 'all')
    const compare = async (when: string, queries: readonly string[]) => {
      for (const [place, search] of queries.entries()) {
        // SQLite answers at once, again and again: others who wait for the network get their turn here.
        await setImmediate()
        // Everything is asked for each query, the other scopes in turn.
        for (const name of ['all', narrow[place % narrow.length] ?? '']) {
          const scope = SCOPES[name] ?? assert.fail()
          for (const limit of name === 'all' && when === 'as imported' ? [20, 600] : [20]) {
            const question = { search, scope, limit }
            const got = await ask(under.index, question)
            assert.deepEqual(
              got,
              answerExactly(reference, question),
              `${when}: ${JSON.stringify(search)} to ${name}`,
            )
            given.set(`${when} ${name} ${limit} ${search}`, [
              got.matches.map(({ did, score }) => [reference.get(did.slice(-36))?.agent.name, score]),
              got.statistics,
            ])
          }
        }
      }
    }
    await compare('as imported', QUERIES)
    await compare('hostile', HOSTILE_QUERIES)
    await changeMany(under, reference)
    assert.deepEqual(
      [...(await readReference(under)).values()],
      [...reference.values()].toSorted((a, b) => newestFirst(a.agent, b.agent)),
    )
    const sample = QUERIES.filter((_, place) => place % 2 === 0)
    await compare('after changes', sample)
    assert.deepEqual(await findIndexFaults(under.engine), [])
  })

  test('filters narrow the records shown, never the statistics', async () => {
    await using database = await createDatabase()
    const under = await open(database)
    const reference = await fill(under, 400)
    const filters: Partial<AgentFilter>[] = [
      { agentType: 'MCP-Server' },
      { tags: ['AGENT'] },
      { tags: ['agent', 'data'] },
      { status: 'deprecated' },
      { provider: 'agent Data' },
      { agentType: 'a2a', tags: ['agent'], status: 'active' },
      { tags: ['none'] },
      { tags: ['%'], provider: "'" },
      { tags: ['\0'] },
    ]
    let shown = 0
    for (const changes of filters) {
      for (const search of ['agent', 'data translat', 'gener', 'zebra', 'the code for ']) {
        for (const scope of Object.values(SCOPES)) {
          const question = { search, scope, filter: { ...NO_FILTER, ...changes } }
          const expected = answerExactly(reference, question)
          assert.deepEqual(await ask(under.index, question), expected, JSON.stringify([search, changes]))
          shown += expected.matches.length
        }
      }
    }
    assert.ok(shown > 500)
  })

  test('pages of any size give the order of one long answer, without gaps or repeats', async () => {
    await using database = await createDatabase()
    const under = await open(database)
    const reference = await fill(under, 400)
    for (const search of [
      'agent',
      'agent data ',
      'generat',
      'translating',
      'a',
      '数据',
      'for code running node',
    ]) {
      for (const scope of [EVERYONE, EVERYTHING]) {
        const expected = answerExactly(reference, { search, scope, limit: 1_000 }).matches
        for (const limit of scope === EVERYTHING ? [7, 100] : [50]) {
          const walked = await walk(under.index, { search, scope, limit })
          assert.deepEqual(
            walked.map(({ did, score }) => ({ did, score })),
            expected,
            `${search} by ${limit}`,
          )
        }
      }
    }
  })

  test('pages keep their order and scores when records are added and deleted between them', async () => {
    await using database = await createDatabase()
    const under = await open(database)
    const reference = await fill(under, 300)
    const random = createRandom(5)
    for (const search of ['agent', 'agent data ', 'translat']) {
      const question = { search, scope: EVERYTHING, limit: 15 }
      const expected = answerExactly(reference, { ...question, limit: 1_000 }).matches
      const added = new Set<string>()
      const walked = await walk(under.index, question, async () => {
        const fields = { ...makeFields(random), visibility: 'public' as const }
        const better = agentDraft('agent data translation', { description: '' })
        for (const draft of [{ ...better, fields }, better])
          added.add((await createOne(under.agents, draft)).did)
      })
      const old = walked.filter(({ did }) => !added.has(did)).map(({ did, score }) => ({ did, score }))
      assert.deepEqual(old, expected, search)
      assert.equal(new Set(walked.map(({ did }) => did)).size, walked.length)
      for (const did of added) await deleteOne(under.agents, did.slice(-36) as OwnAgent['id'])
      const gone = expected[20]
      const shortened = await walk(under.index, question, async () => {
        if (gone && reference.delete(gone.did.slice(-36))) {
          await deleteOne(under.agents, gone.did.slice(-36) as OwnAgent['id'])
        }
      })
      assert.deepEqual(
        shortened.map(({ did, score }) => ({ did, score })),
        expected.toSpliced(20, 1),
        search,
      )
    }
  })

  test('pages reach the last of more records than are read of a word at first', async () => {
    await using database = await createDatabase()
    const under = await open(database)
    const drafts = Array.from({ length: 1_300 }, (_, place) =>
      importDraft(`Crowd ${place % 5 === 0 ? 'data' : ''}`, {
        ...agentFields(`${place}`),
        name: `Crowd${place % 5 === 0 ? ' crowded' : ''}`,
        description: 'x '.repeat(place % 3),
      }),
    )
    for (const start of [0, 650]) await importLines(under.agents, drafts.slice(start, start + 650))
    const reference = await readReference(under)
    assert.equal(reference.size, 1_300)
    for (const search of ['crowd', 'crowd x ', 'crowde']) {
      const question = { search, scope: EVERYONE, limit: 100 }
      const expected = answerExactly(reference, { ...question, limit: 2_000 }).matches
      const walked = await walk(under.index, question)
      assert.deepEqual(
        walked.map(({ did, score }) => ({ did, score })),
        expected,
        search,
      )
    }
  })

  test('an unfinished word finds its records behind hundreds that share only its stem', async () => {
    await using database = await createDatabase()
    const under = await open(database)
    const crowd = Array.from({ length: 520 }, (_, place) =>
      importDraft('Universe', { ...agentFields(`${place}`), name: 'Universe', description: '' }),
    )
    await importLines(under.agents, crowd)
    const wanted = await importLines(
      under.agents,
      ['One', 'Two', 'Three'].map((name) =>
        importDraft(name, {
          description: `${name} agent of many words for the university of some place far away`,
        }),
      ),
    )
    const question = { search: 'universi', scope: EVERYONE }
    const got = await ask(under.index, question)
    assert.deepEqual(got, answerExactly(await readReference(under), question))
    assert.deepEqual(
      got.matches.map(({ did }) => did.slice(-36)).sort(),
      wanted.map((line) => ('id' in line ? line.id : '')).sort(),
    )
  })

  test('a space at the end says that the last word is finished', async () => {
    await using database = await createDatabase()
    const { agents, index } = await open(database)
    await createOne(agents, agentDraft('Databank', { description: '' }))
    const typing = await index.search('datab', EVERYONE, named(10))
    assert.deepEqual([typing.matches.length, typing.statistics.documentFrequency.get('datab*')], [1, 1])
    const typed = await index.search('datab ', EVERYONE, named(10))
    assert.deepEqual([typed.matches.length, [...typed.statistics.documentFrequency]], [0, [['datab', 0]]])
  })

  test('the frequency of an unfinished word follows the words that are still there', async () => {
    await using database = await createDatabase()
    const { agents, index, engine } = await open(database)
    const frequencyOf = async (scope: Scope) =>
      (await index.search('translati', scope, named(1))).statistics.documentFrequency.get('translati*')
    const one = await createOne(agents, agentDraft('Translating', { description: '' }))
    const two = await createOne(agents, agentDraft('Translates', { description: '', visibility: 'private' }))
    // `translates` does not begin so, but has the stem of a word that does: where that word is seen it counts.
    assert.deepEqual([await frequencyOf(EVERYONE), await frequencyOf(EVERYTHING)], [1, 2])
    const hidden = await replaceOne(agents, one, { visibility: 'local' })
    assert.deepEqual([await frequencyOf(EVERYONE), await frequencyOf(EVERYTHING)], [0, 2])
    await replaceOne(agents, hidden, { name: 'Other', visibility: 'public' })
    assert.deepEqual([await frequencyOf(EVERYONE), await frequencyOf(EVERYTHING)], [0, 0])
    await replaceOne(agents, two, { name: 'Translation' })
    assert.deepEqual([await frequencyOf(EVERYONE), await frequencyOf(EVERYTHING)], [0, 1])
    await deleteOne(agents, one.id)
    await deleteOne(agents, two.id)
    assert.deepEqual(await ask(index, { search: 'translati', scope: EVERYTHING }), {
      matches: [],
      hasMore: false,
      statistics: {
        documents: 0,
        documentFrequency: new Map([
          ['translati', 0],
          ['translati*', 0],
        ]),
        isEstimated: false,
      },
    })
    assert.deepEqual(await findIndexFaults(engine), [])
  })

  test('texts without words find nothing, and no limit shows nothing, but the statistics are given', async () => {
    await using database = await createDatabase()
    const { agents, index } = await open(database)
    await createOne(agents, agentDraft('Anything'))
    for (const search of ['', '  ', '!?', '\0', '\ud800', '🤖']) {
      const { matches, statistics, hasMore } = await index.search(search, EVERYONE, named(10))
      assert.deepEqual(
        [matches, hasMore, statistics.documents, statistics.documentFrequency.size],
        [[], false, 1, 0],
      )
    }
    const none = await index.search('anything', EVERYONE, named(0))
    assert.deepEqual([none.matches, none.statistics.documentFrequency.get('anyth')], [[], 1])
  })

  test('a record withdrawn while a search runs is not shown to those it was withdrawn from', async () => {
    await using database = await createDatabase()
    const { agents, engine } = await open(database)
    const agent = await createOne(agents, agentDraft('Moving target'))
    let withdrawn: Promise<unknown> | undefined
    const withdrawing = createAgentIndex(
      {
        ...engine,
        async readPostings(...request) {
          const postings = await engine.readPostings(...request)
          withdrawn ??= replaceOne(agents, agent, { visibility: 'private', description: 'a secret' })
          await withdrawn
          return postings
        },
      },
      (agent) => agent,
    )
    const { matches } = await withdrawing.search('moving target', EVERYONE, named(10))
    assert.deepEqual(matches, [])
  })

  test('a search sees nothing of a change that is undone', async () => {
    await using database = await createDatabase()
    const { agents, index, engine } = await open(database)
    const agent = await createOne(agents, agentDraft('Steady'))
    const badActor = { id: null as never as string, requestId: null }
    for (let round = 0; round < 10; round += 1) {
      const undone = agents.replace(
        agent.id,
        { ...agentDraft('Shaken'), card: 'keep' },
        { expectedRevision: agent.revision, actor: badActor },
      )
      const searches = Array.from({ length: 5 }, async () => {
        assert.equal((await index.search('steady', EVERYONE, named(10))).matches.length, 1)
        const shaken = await index.search('shaken', EVERYONE, named(10))
        assert.deepEqual([shaken.matches, shaken.statistics.documentFrequency.get('shaken')], [[], 0])
      })
      await assert.rejects(undone)
      await Promise.all(searches)
    }
    assert.deepEqual(await findIndexFaults(engine), [])
  })

  test('postings read while a change is being made are those before it', async () => {
    await using database = await createDatabase()
    const { agents, engine } = await open(database)
    await createOne(agents, agentDraft('Steady', { description: '' }))
    const { id: termId } = await engine.db.selectFrom('terms').select('id').limit(1).executeTakeFirstOrThrow()
    let reading: ReturnType<typeof engine.readPostings> | undefined
    const undone = engine.db.transaction().execute(async (trx) => {
      await trx.deleteFrom('postings').execute()
      reading = engine.readPostings([{ termId, audienceId: 0, limit: 10 }], null)
      await setImmediate()
      throw new Error('undone')
    })
    await assert.rejects(undone, /undone/)
    const [postings] = (await reading) ?? []
    assert.equal(postings?.ordinals.length, 1)
  })
})

test('both engines give identical answers', () => {
  const [first, ...others] = answers.values()
  for (const other of others) assert.deepEqual(other, first)
})

/** Some 300 changes of all kinds, made to the registry and to the reference alike. */
async function changeMany(under: AgentsUnderTest, reference: Reference) {
  const random = createRandom(99)
  const note = (agent: OwnAgent) => reference.set(agent.id, toReference(agent))
  for (let change = 0; change < 150; change += 1) {
    const { agent } = random.pick([...reference.values()])
    const choice = random.below(4)
    if (choice === 0) {
      await deleteOne(under.agents, agent.id)
      reference.delete(agent.id)
    } else if (choice === 1) note(await replaceOne(under.agents, agent, makeAudience(random)))
    else if (choice === 2)
      note(await replaceOne(under.agents, agent, { ...makeFields(random), ...makeAudience(random) }))
    else
      note(
        await createOne(
          under.agents,
          { fields: makeFields(random), explicitFields: [], card: null },
          agent.ownerId,
        ),
      )
  }
  const updates = [...reference.values()].filter(({ agent }) => agent.ownerId === BOB).slice(0, 120)
  const drafts = updates.map(({ agent }) => ({
    ...importDraft('', { ...makeFields(random), ...makeAudience(random) }),
    id: agent.id,
  }))
  await importLines(under.agents, drafts, { owner: BOB })
  const stored = await readReference(under)
  for (const { agent } of updates) reference.set(agent.id, stored.get(agent.id) ?? assert.fail())
}
