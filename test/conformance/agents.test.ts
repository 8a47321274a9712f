import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentFields, AgentId, AgentStatus, OwnAgent, Visibility } from '../../src/domain/agent.ts'
import { AGENT_STATUSES, VISIBILITIES } from '../../src/domain/agent.ts'
import { type AgentFilter, NO_FILTER } from '../../src/domain/discovery.ts'
import type { AgentStore, ListPosition } from '../../src/domain/ports.ts'
import type { Scope } from '../../src/domain/principal.ts'
import type { Engine } from '../../src/storage/engine.ts'
import {
  ANN,
  agentCard,
  agentDraft,
  agentsOf,
  BOB,
  createOne,
  deleteOne,
  didOf,
  EVERYTHING,
  importDraft,
  importLines,
  replaceOne,
  SCOPES,
} from './agent-fixtures.ts'
import { forEachEngine } from './engines.ts'
import { findIndexFaults } from './recount-index.ts'
import { OPERATOR, readAudit, START } from './store-fixtures.ts'

const FULL: AgentFields = {
  claimedDid: 'did:web:acme.example',
  name: 'Übersetzer 翻訳 "pro" \\ <b>',
  description: 'Line one\nline two\t{"json": [1, null]} NULL \u{1f916}',
  agentType: 'mcp-server',
  version: '1.2.0-β',
  status: 'deprecated',
  statusMessage: 'use the other one',
  successorDid: 'did:web:acme.example:next',
  visibility: 'federated',
  tags: ['NLP', 'nlp', 'Übersetzung', '{a,b}', 'NULL'],
  skills: [{ id: 'sum', name: 'Summarise', description: 'Shortens "texts"', tags: ['text', ''] }],
  endpoints: [
    { url: 'https://acme.example/mcp', protocol: 'mcp', binding: 'streamable-http' },
    { url: 'https://acme.example/a2a', protocol: 'a2a', binding: null },
  ],
  provider: { organization: 'Ácme, Inc.', url: null },
  authSchemes: ['oauth2', 'apiKey'],
  shareCard: true,
}

async function findOne(agents: AgentStore, id: AgentId, scope: Scope = EVERYTHING) {
  const found = await agents.find(id, scope)
  return found.kind === 'found' ? found.agent : undefined
}

async function actionsOf(engine: Engine) {
  return (await readAudit(engine)).map((row) => row.action)
}

/** Walks a list in pages and checks that each page is full but the last. */
async function listAll(agents: AgentStore, limit: number, filter = NO_FILTER, scope = EVERYTHING) {
  const all: OwnAgent[] = []
  let after: ListPosition | null = null
  for (;;) {
    const page: OwnAgent[] = await agents.list(filter, scope, { after, limit })
    all.push(...page)
    const last = page.at(-1)
    if (!last || page.length < limit) return all
    after = { createdAt: last.createdAt, did: last.did }
  }
}

function newestFirst(a: OwnAgent, b: OwnAgent) {
  return b.createdAt - a.createdAt || (a.did < b.did ? -1 : 1)
}

await forEachEngine('records', (createDatabase, kind) => {
  test('create: every field and the card come back as they were given, by id and by DID', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    const card = agentCard('{"name": "Übersetzer",\r\n "x": "\0\u{1f916}" }')
    const created = await createOne(agents, { fields: FULL, explicitFields: ['name', 'tags'], card })
    assert.deepEqual(created, {
      ...FULL,
      id: created.id,
      did: didOf(created.id),
      ownerId: ANN,
      cardFormat: 'a2a',
      cardSha256: card.sha256,
      explicitFields: ['name', 'tags'],
      createdAt: START,
      updatedAt: START,
      revision: 1,
      withheld: null,
    })
    for (const reference of [created.id, created.id.toUpperCase(), created.did]) {
      assert.deepEqual(await agents.find(reference, EVERYTHING), { kind: 'found', agent: created })
    }
    const stored = await agents.findCard(created.id)
    assert.deepEqual(
      { ...stored, bytes: Buffer.from(stored?.bytes ?? []) },
      { ...card, bytes: Buffer.from(card.bytes) },
    )
    const [row] = await readAudit(engine)
    assert.deepEqual(
      [row?.action, row?.target, row?.actor, row?.requestId, row?.at],
      ['agent.create', `agent:${created.id}`, OPERATOR.id, OPERATOR.requestId, START],
    )
  })

  test('create: a record without optional fields and without a card', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const bare = agentDraft('Bare', { description: '', endpoints: [] })
    const created = await createOne(agents, { ...bare, explicitFields: [] })
    assert.deepEqual(await findOne(agents, created.id), created)
    assert.equal(created.cardSha256, null)
    assert.equal(await agents.findCard(created.id), undefined)
  })

  test('find: references that are no id, and unknown ones, are absent', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const { id } = await createOne(agents, agentDraft('Known'))
    const references = [
      '',
      'nonsense',
      "' or 1=1 --",
      `${id} `,
      `{${id}}`,
      id.replaceAll('-', ''),
      'a\0b',
      'did:',
      'did:web:\0',
      'did:web:\ud800',
      didOf(id).toUpperCase(),
      BOB,
    ]
    for (const reference of references) {
      assert.deepEqual(
        await agents.find(reference, EVERYTHING),
        { kind: 'absent' },
        JSON.stringify(reference),
      )
    }
    assert.equal(await agents.findCard(BOB as string as AgentId), undefined)
  })

  test('scopes: find, list and count show exactly what visibility, status and owner admit', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const made: { agent: OwnAgent; seenBy: string[] }[] = []
    for (const visibility of VISIBILITIES) {
      for (const status of AGENT_STATUSES) {
        for (const owner of [ANN, BOB]) {
          const name = `${visibility} ${status} of ${owner === ANN ? 'Ann' : 'Bob'}`
          const agent = await createOne(agents, agentDraft(name, { visibility, status }), owner)
          made.push({ agent, seenBy: seersOf(visibility, status, owner === ANN) })
        }
      }
    }
    const check = async (isDeleted: boolean) => {
      for (const [name, scope] of Object.entries(SCOPES)) {
        const expected = made.filter(({ seenBy }) => seenBy.includes(name)).map(({ agent }) => agent)
        for (const { agent, seenBy } of made) {
          const kindSeen = isDeleted ? 'deleted' : 'found'
          const expectedKind = seenBy.includes(name) ? kindSeen : 'absent'
          assert.equal((await agents.find(agent.id, scope)).kind, expectedKind, `${agent.name} to ${name}`)
          assert.equal((await agents.find(agent.did, scope)).kind, expectedKind, `${agent.name} to ${name}`)
        }
        const listed = await agents.list(NO_FILTER, scope, { after: null, limit: 100 })
        assert.deepEqual(listed, isDeleted ? [] : expected.sort(newestFirst), name)
        assert.equal(await agents.count(scope), isDeleted ? 0 : expected.length, name)
      }
    }
    await check(false)
    for (const { agent } of made) await deleteOne(agents, agent.id)
    await check(true)
  })

  test('scopes: a record that changes its visibility or status changes its audience at once', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    let agent = await createOne(agents, agentDraft('Wanderer'))
    const steps: [Visibility, AgentStatus][] = [
      ['private', 'active'],
      ['local', 'deprecated'],
      ['public', 'disabled'],
      ['federated', 'active'],
      ['public', 'active'],
    ]
    for (const [visibility, status] of steps) {
      agent = await replaceOne(agents, agent, { visibility, status })
      const seers = seersOf(visibility, status, true)
      for (const [name, scope] of Object.entries(SCOPES)) {
        assert.equal(
          await agents.count(scope),
          seers.includes(name) ? 1 : 0,
          `${visibility} ${status} to ${name}`,
        )
        assert.equal((await findOne(agents, agent.id, scope)) !== undefined, seers.includes(name))
      }
      assert.deepEqual(await findIndexFaults(engine), [])
    }
  })

  test('replace: gives a new revision, keeps what the registry made, and is audited', async () => {
    await using database = await createDatabase()
    const { agents, engine, clock } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('First'))
    clock.advance(1000)
    const result = await agents.replace(
      agent.id,
      { fields: FULL, explicitFields: ['description'], card: null },
      { expectedRevision: agent.revision, actor: OPERATOR },
    )
    const expected = {
      ...agent,
      ...FULL,
      explicitFields: ['description'],
      updatedAt: START + 1000,
      revision: 2,
    }
    assert.deepEqual(result, { kind: 'replaced', agent: expected })
    assert.deepEqual(await findOne(agents, agent.id), expected)
    assert.deepEqual(await actionsOf(engine), ['agent.create', 'agent.update'])
    assert.deepEqual(await findIndexFaults(engine), [])
  })

  test('replace: a stale revision and an unknown record change nothing and are not audited', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    const first = await createOne(agents, agentDraft('First'))
    const second = await replaceOne(agents, first, { name: 'Second' })
    const draft = { ...agentDraft('Third'), card: 'keep' as const }
    const options = { expectedRevision: first.revision, actor: OPERATOR }
    assert.deepEqual(await agents.replace(first.id, draft, options), { kind: 'stale' })
    assert.deepEqual(await agents.replace(BOB as string as AgentId, draft, options), { kind: 'absent' })
    assert.equal(await agents.delete(first.id, { reason: null, ...options }), 'stale')
    assert.deepEqual(await findOne(agents, first.id), second)
    assert.deepEqual(await actionsOf(engine), ['agent.create', 'agent.update'])
  })

  test('replace: a card is kept, replaced or removed as asked', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const first = agentCard('{"first": 1}')
    let agent = await createOne(agents, agentDraft('Carded', {}, first))
    const replaceCard = async (card: typeof first | null | 'keep') => {
      const result = await agents.replace(
        agent.id,
        { ...agentDraft('Carded'), card },
        { expectedRevision: agent.revision, actor: OPERATOR },
      )
      assert.ok(result.kind === 'replaced')
      agent = result.agent
      assert.deepEqual(await findOne(agents, agent.id), agent)
      const stored = await agents.findCard(agent.id)
      return stored && Buffer.from(stored.bytes).toString()
    }
    assert.equal(await replaceCard('keep'), '{"first": 1}')
    assert.equal(agent.cardSha256, first.sha256)
    assert.equal(
      await replaceCard({ ...agentCard('{"second": 2}'), mediaType: 'application/ld+json' }),
      '{"second": 2}',
    )
    assert.equal((await agents.findCard(agent.id))?.mediaType, 'application/ld+json')
    assert.equal(await replaceCard(null), undefined)
    assert.equal(agent.cardFormat, null)
    assert.equal(await replaceCard('keep'), undefined)
    assert.equal(await replaceCard(first), '{"first": 1}')
    await deleteOne(agents, agent.id)
    assert.equal(await agents.findCard(agent.id), undefined)
  })

  test('replace: of many writers with one revision, one succeeds', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Contested'))
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        agents.replace(
          agent.id,
          { ...agentDraft(`Writer ${index}`), card: 'keep' },
          { expectedRevision: agent.revision, actor: OPERATOR },
        ),
      ),
    )
    assert.equal(results.filter((result) => result.kind === 'replaced').length, 1)
    assert.equal(results.filter((result) => result.kind === 'stale').length, 11)
  })

  test('delete: leaves a tombstone with its reason, and nothing the second time', async () => {
    await using database = await createDatabase()
    const { agents, engine, clock } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Gone', { tags: ['x'] }, agentCard('{}')))
    clock.advance(5000)
    const options = { reason: 'moved to "elsewhere"', expectedRevision: agent.revision, actor: OPERATOR }
    assert.equal(await agents.delete(agent.id, options), 'deleted')
    const tombstone = {
      id: agent.id,
      did: agent.did,
      deletedAt: START + 5000,
      reason: 'moved to "elsewhere"',
    }
    assert.deepEqual(await agents.find(agent.id, EVERYTHING), { kind: 'deleted', tombstone })
    assert.equal(await agents.delete(agent.id, options), 'absent')
    assert.deepEqual(await actionsOf(engine), ['agent.create', 'agent.delete'])
    assert.deepEqual(await findIndexFaults(engine), [])
    assert.equal(await agents.count(EVERYTHING), 0)
  })

  test('idempotency: the same request is replayed, another is refused, another owner is not concerned', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    const send = (name: string, key: string, owner = ANN) =>
      agents.create(agentDraft(name), owner, {
        actor: OPERATOR,
        idempotency: { key, fingerprint: `of ${name}` },
      })
    const first = await send('One', 'key')
    assert.ok(first.kind === 'created')
    assert.deepEqual(await send('One', 'key'), { kind: 'replayed', agent: first.agent })
    assert.deepEqual(await send('Two', 'key'), { kind: 'key-reused' })
    assert.equal((await send('Two', 'key', BOB)).kind, 'created')
    assert.equal((await send('Two', 'KEY')).kind, 'created')
    assert.equal((await actionsOf(engine)).length, 3)
    const changed = await replaceOne(agents, first.agent, { description: 'newer' })
    assert.deepEqual(await send('One', 'key'), { kind: 'replayed', agent: changed })
    await deleteOne(agents, first.agent.id)
    assert.deepEqual(await send('One', 'key'), { kind: 'replayed-gone', agentId: first.agent.id })
    assert.equal(await agents.count(EVERYTHING), 2)
  })

  test('idempotency: of many requests with one key at once, one makes a record and all others get it', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const idempotency = { key: 'parallel', fingerprint: 'same' }
    const results = await Promise.all(
      Array.from({ length: 25 }, () =>
        agents.create(agentDraft('Once'), ANN, { actor: OPERATOR, idempotency }),
      ),
    )
    assert.equal(results.filter((result) => result.kind === 'created').length, 1)
    const ids = results.map((result) => ('agent' in result ? result.agent.id : result.kind))
    assert.equal(new Set(ids).size, 1)
    assert.equal(await agents.count(EVERYTHING), 1)
  })

  test('idempotency: a key is forgotten after a day', async () => {
    await using database = await createDatabase()
    const { agents, clock } = agentsOf(await database.open())
    const send = () =>
      agents.create(agentDraft('Daily'), ANN, {
        actor: OPERATOR,
        idempotency: { key: 'key', fingerprint: 'same' },
      })
    await send()
    clock.advance(24 * 3_600_000)
    assert.equal((await send()).kind, 'replayed')
    clock.advance(1)
    assert.equal((await send()).kind, 'created')
  })

  test('list: pages walk all records without gaps or repeats, also among equal times', async () => {
    await using database = await createDatabase()
    const { agents, clock } = agentsOf(await database.open())
    for (let batch = 0; batch < 4; batch += 1) {
      await importLines(
        agents,
        Array.from({ length: 15 }, (_, line) => importDraft(`Agent ${batch} ${line}`)),
      )
      clock.advance(batch === 1 ? 0 : 1)
    }
    const all = await agents.list(NO_FILTER, EVERYTHING, { after: null, limit: 100 })
    assert.equal(all.length, 60)
    assert.deepEqual(all, all.toSorted(newestFirst))
    for (const limit of [1, 7, 15, 30, 60]) assert.deepEqual(await listAll(agents, limit), all)
  })

  test('list: records added and deleted between pages neither repeat nor hide others', async () => {
    await using database = await createDatabase()
    const { agents, clock } = agentsOf(await database.open())
    const old = await importLines(
      agents,
      Array.from({ length: 20 }, (_, line) => importDraft(`Old ${line}`)),
    )
    const first = await agents.list(NO_FILTER, EVERYTHING, { after: null, limit: 10 })
    clock.advance(1)
    await createOne(agents, agentDraft('Newer'))
    const [gone, last] = [first[3], first.at(-1)]
    assert.ok(gone && last)
    await deleteOne(agents, gone.id)
    await deleteOne(agents, last.id)
    const after = { createdAt: last.createdAt, did: last.did }
    const second = await agents.list(NO_FILTER, EVERYTHING, { after, limit: 100 })
    const seen = [...first, ...second].map((agent) => agent.id)
    assert.deepEqual(
      seen.toSorted(),
      old.map((line) => (line.kind === 'created' ? line.id : line.kind)),
    )
  })

  test('filters: type, tags, status and provider, without case, alone and together', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const acme = { organization: 'Ácme Labs', url: null }
    const drafts: [string, Partial<AgentFields>][] = [
      ['a', { agentType: 'a2a', tags: ['NLP', 'Straße'], provider: acme }],
      ['b', { agentType: 'a2a', tags: ['nlp'], status: 'deprecated', provider: acme }],
      [
        'c',
        { agentType: 'mcp-server', tags: ['nlp', 'sql%'], provider: { organization: 'Other', url: null } },
      ],
      ['d', { agentType: 'mcp-server', tags: ["o'clock", 'É'] }],
    ]
    for (const [name, fields] of drafts) await createOne(agents, agentDraft(name, fields))
    const names = async (filter: Partial<AgentFilter>) =>
      (await listAll(agents, 100, { ...NO_FILTER, ...filter }))
        .map((agent) => agent.name)
        .sort()
        .join('')
    assert.equal(await names({}), 'abcd')
    assert.equal(await names({ agentType: 'A2A' }), 'ab')
    assert.equal(await names({ agentType: 'none' }), '')
    assert.equal(await names({ tags: ['Nlp'] }), 'abc')
    assert.equal(await names({ tags: ['NLP', 'straße'] }), 'a')
    assert.equal(await names({ tags: ['nlp', 'NLP', 'absent'] }), '')
    assert.equal(await names({ tags: ['E\u0301'] }), 'd')
    assert.equal(await names({ tags: ["o'clock"] }), 'd')
    for (const tag of ['%', '_', 'sql_', "' or '1'='1", '', '\0', 'nlp\0', '\ud800']) {
      assert.equal(await names({ tags: [tag] }), '', JSON.stringify(tag))
      assert.equal(await names({ provider: tag }), '', JSON.stringify(tag))
      assert.equal(await names({ agentType: tag }), '', JSON.stringify(tag))
    }
    assert.equal(await names({ status: 'deprecated' }), 'b')
    assert.equal(await names({ provider: 'ácme LABS ' }), 'ab')
    assert.equal(
      await names({ provider: 'ÁCME labs', status: 'active', agentType: 'a2a', tags: ['nlp'] }),
      'a',
    )
    assert.deepEqual(
      (
        await agents.list({ ...NO_FILTER, tags: ['nlp'] }, SCOPES.public ?? EVERYTHING, {
          after: null,
          limit: 2,
        })
      ).length,
      2,
    )
  })

  test('filters: follow the tags of a changed record', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Tagged', { tags: ['old', 'both'] }))
    await replaceOne(agents, agent, { tags: ['both', 'new'] })
    for (const [tag, count] of [
      ['old', 0],
      ['both', 1],
      ['new', 1],
    ] as const) {
      assert.equal((await listAll(agents, 10, { ...NO_FILTER, tags: [tag] })).length, count, tag)
    }
  })

  test('changes are numbered in the order they are committed, by any number of writers', async () => {
    await using database = await createDatabase()
    const stores = [agentsOf(await database.open())]
    if (kind === 'postgres') stores.push(agentsOf(await database.open()))
    const committed: number[] = []
    await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const { agents } = stores[index % stores.length] ?? assert.fail()
        if (index % 4 === 3) {
          await importLines(agents, [importDraft(`Line ${index}`), importDraft(`Other ${index}`)])
          return
        }
        const agent = await createOne(agents, agentDraft(`Writer ${index}`))
        committed.push(agent.revision)
        if (index % 4 === 1) committed.push((await replaceOne(agents, agent, { name: 'again' })).revision)
        if (index % 4 === 2) await deleteOne(agents, agent.id)
      }),
    )
    const { agents, engine } = stores[0] ?? assert.fail()
    const audit = await readAudit(engine)
    const place = new Map(audit.map((row, index) => [row.target, index]))
    const records = await listAll(agents, 100)
    const created = records.filter((record) => record.name.startsWith('Writer'))
    const byRevision = created.toSorted((a, b) => a.revision - b.revision)
    const places = byRevision.map((record) => place.get(`agent:${record.id}`) ?? -1)
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(committed).size, committed.length)
    const revisions = records.map((record) => record.revision)
    assert.equal(new Set(revisions).size, revisions.length)
    assert.deepEqual(await findIndexFaults(engine), [])
  })

  test('ids grow with every record stored, also when a replica’s clock is behind', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const [ahead, behind] = [agentsOf(engine), agentsOf(engine)]
    ahead.clock.advance(60_000)
    const made = [
      await createOne(ahead.agents, agentDraft('Ahead')),
      await createOne(behind.agents, agentDraft('Behind')),
      ...(await importLines(behind.agents, [importDraft('B'), importDraft('A')])),
      await createOne(ahead.agents, agentDraft('Ahead again')),
    ]
    const ids = made.map((record) => ('id' in record ? record.id : record.kind))
    assert.deepEqual(ids, ids.toSorted())
    assert.equal(new Set(ids).size, 5)
  })

  test('a write that fails leaves neither record, index, card nor audit row', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Kept', { tags: ['kept'] }))
    // Refused by the database at the record's row; below, at the audit row, after all else was written.
    const bad = agentDraft(
      'Failing',
      { status: 'unheard-of' as AgentStatus, tags: ['lost'] },
      agentCard('{}'),
    )
    const idempotency = { key: 'key', fingerprint: 'failing' }
    await assert.rejects(agents.create(bad, ANN, { actor: OPERATOR, idempotency }))
    await assert.rejects(agents.replace(agent.id, bad, { expectedRevision: agent.revision, actor: OPERATOR }))
    const failingAudit = { id: null as never as string, requestId: null }
    const actor = { actor: failingAudit }
    await assert.rejects(agents.create(agentDraft('Failing'), ANN, { ...actor, idempotency }))
    await assert.rejects(
      agents.replace(agent.id, agentDraft('Failing'), { expectedRevision: agent.revision, ...actor }),
    )
    await assert.rejects(agents.delete(agent.id, { reason: null, expectedRevision: null, ...actor }))
    await assert.rejects(agents.importBatch([importDraft('Failing')], ANN, { isDryRun: false, ...actor }))
    assert.deepEqual(await listAll(agents, 10), [agent])
    assert.deepEqual(await actionsOf(engine), ['agent.create'])
    assert.deepEqual(await findIndexFaults(engine), [])
    assert.equal(
      (await agents.create(agentDraft('Fine'), ANN, { actor: OPERATOR, idempotency })).kind,
      'created',
    )
    assert.deepEqual(await findIndexFaults(engine), [])
  })

  test('a record as large as the limits allow is stored, and its longest words are found', async () => {
    await using database = await createDatabase()
    const { agents, engine, index } = agentsOf(await database.open())
    const letters = randomLetters(4_000)
    const agent = await createOne(
      agents,
      agentDraft(letters.slice(0, 200), {
        description: letters,
        tags: Array.from({ length: 64 }, (_, place) => letters.slice(2 * place, 2 * place + 64)),
        provider: { organization: letters.slice(0, 500), url: null },
        skills: Array.from({ length: 128 }, (_, place) => ({
          id: `${place}`,
          name: letters.slice(2 * place, 2 * place + 200),
          description: letters.slice(2 * place),
          tags: [],
        })),
      }),
    )
    assert.deepEqual(await findOne(agents, agent.id), agent)
    const options = { filter: NO_FILTER, limit: 10, after: null }
    const found = await index.search(letters.slice(0, 200), EVERYTHING, options)
    assert.equal(found.matches.length, 1)
    await replaceOne(agents, agent, { description: 'short' })
    assert.deepEqual(await findIndexFaults(engine), [])
    await deleteOne(agents, agent.id)
    assert.deepEqual(await findIndexFaults(engine), [])
  })
})

/** Letters of four bytes that do not compress: the longest words there are. */
function randomLetters(count: number) {
  let state = 12_345
  const letters = Array.from({ length: count / 2 }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return String.fromCodePoint(0x12000 + ((state >> 8) % 900))
  })
  return letters.join('')
}

/** Names of the scopes that see Ann's or Bob's record, by the contract. */
function seersOf(visibility: Visibility, status: AgentStatus, isAnns: boolean) {
  if (visibility === 'private' || status === 'disabled') return isAnns ? ['own', 'all'] : ['all']
  const widest = ['public', 'federated', 'local'].indexOf(visibility)
  return ['public', 'federated', 'local'].slice(widest).concat('own', 'all')
}
