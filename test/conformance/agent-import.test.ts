import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AgentFields, AgentId, OwnAgent } from '../../src/domain/agent.ts'
import { NO_FILTER } from '../../src/domain/discovery.ts'
import type { AgentStore, ImportDraft, ImportedLine } from '../../src/domain/ports.ts'
import {
  ANN,
  agentCard,
  agentDraft,
  agentsOf,
  BOB,
  createOne,
  deleteOne,
  EVERYTHING,
  importDraft,
  importLines,
} from './agent-fixtures.ts'
import { forEachEngine } from './engines.ts'
import { findIndexFaults } from './recount-index.ts'
import { dumpTables, readAudit, START } from './store-fixtures.ts'

const kindsOf = (lines: readonly ImportedLine[]) => lines.map((line) => line.kind)
const idsOf = (lines: readonly ImportedLine[]) => lines.map((line) => ('id' in line ? line.id : ''))

async function listRecords(agents: AgentStore) {
  return agents.list(NO_FILTER, EVERYTHING, { after: null, limit: 2_000 })
}

const endpoint = (url: string) => ({ endpoints: [{ url, protocol: 'http', binding: null }] })

await forEachEngine('import', (createDatabase) => {
  test('lines are created, then unchanged, then updated, with one audit row for a batch that wrote', async () => {
    await using database = await createDatabase()
    const { agents, engine, clock } = agentsOf(await database.open())
    const lines = ['One', 'Two', 'Three'].map((name) => importDraft(name, { tags: ['b', 'a'] }))
    const created = await importLines(agents, lines)
    assert.deepEqual(kindsOf(created), ['created', 'created', 'created'])
    const before = await listRecords(agents)
    assert.deepEqual(before.map((agent) => agent.name).sort(), ['One', 'Three', 'Two'])

    clock.advance(1000)
    const again = await importLines(agents, lines)
    assert.deepEqual(kindsOf(again), ['unchanged', 'unchanged', 'unchanged'])
    assert.deepEqual(idsOf(again), idsOf(created))
    assert.deepEqual(await listRecords(agents), before)

    const changed = [
      lines[0],
      importDraft('Two', { tags: ['b', 'a'], description: 'new' }),
      lines[2],
    ] as ImportDraft[]
    assert.deepEqual(kindsOf(await importLines(agents, changed)), ['unchanged', 'updated', 'unchanged'])
    const two = (await listRecords(agents)).find((agent) => agent.name === 'Two')
    const [, id] = idsOf(created)
    assert.deepEqual(
      [two?.id, two?.description, two?.createdAt, two?.updatedAt],
      [id, 'new', START, START + 1000],
    )
    const audit = await readAudit(engine)
    assert.deepEqual(
      audit.map((row) => row.detail),
      [
        { created: idsOf(created), updated: [] },
        { created: [], updated: [id] },
      ],
    )
    assert.deepEqual(await findIndexFaults(engine), [])
  })

  test('a line is matched by its id, whatever its name, else by type, name and first endpoint', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const first = await createOne(agents, agentDraft('First', endpoint('https://a.example')))
    const [renamed] = await importLines(agents, [importDraft('Renamed', {}, { id: first.id })])
    assert.deepEqual(renamed, { kind: 'updated', id: first.id })
    const others = await importLines(agents, [
      importDraft('Renamed', { description: 'found by name' }),
      importDraft('Renamed', { agentType: 'api' }),
      importDraft('Renamed', endpoint('https://b.example')),
      importDraft('renamed'),
      importDraft('Renamed', { endpoints: [] }),
      // The first endpoint counts, others do not.
      importDraft('Renamed', {
        endpoints: [
          { url: 'https://b.example', protocol: 'http', binding: null },
          { url: 'https://c.example', protocol: 'http', binding: null },
        ],
      }),
    ])
    assert.deepEqual(kindsOf(others), ['updated', 'created', 'created', 'created', 'created', 'updated'])
    assert.equal(idsOf(others)[0], first.id)
    assert.equal(idsOf(others)[5], idsOf(others)[2])
  })

  test('an id that is not stored here is no match; the record found by name keeps its own', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const id = '0199d2f0-0000-7000-8000-00000000dead' as AgentId
    const [created] = await importLines(agents, [importDraft('Moved here', {}, { id })])
    assert.equal(created?.kind, 'created')
    assert.notEqual(idsOf([created ?? assert.fail()])[0], id)
    const again = await importLines(agents, [importDraft('Moved here', {}, { id })])
    assert.deepEqual(again, [{ kind: 'unchanged', id: idsOf([created])[0] }])
  })

  test('doubled lines of one batch find each other', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    const lines = await importLines(agents, [
      importDraft('Twin'),
      importDraft('Twin'),
      importDraft('Twin', { description: 'last wins' }, { card: agentCard('{}') }),
      importDraft('Twin', { description: 'last wins' }, { card: agentCard('{}') }),
    ])
    assert.deepEqual(kindsOf(lines), ['created', 'unchanged', 'updated', 'unchanged'])
    const [twin, ...more] = await listRecords(agents)
    assert.deepEqual([more.length, twin?.description, twin?.revision], [0, 'last wins', 1])
    assert.ok(await agents.findCard(twin?.id ?? assert.fail()))
    assert.deepEqual(await findIndexFaults(engine), [])
  })

  test('a record of another publisher is never changed: nor told to exist: its id is an unknown one', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    const victim = await createOne(agents, agentDraft('Bank', { visibility: 'private' }), BOB)
    const lines = await importLines(agents, [
      importDraft('Bank', { description: 'taken over' }, { id: victim.id }),
      importDraft('Bank', { description: 'an own one' }),
    ])
    assert.deepEqual(kindsOf(lines), ['created', 'updated'])
    assert.notEqual(lines[0]?.kind === 'created' && lines[0].id, victim.id)
    assert.deepEqual(await agents.find(victim.id, EVERYTHING), { kind: 'found', agent: victim })
    assert.deepEqual(
      (await readAudit(engine)).map((row) => row.action),
      ['agent.create', 'agent.import'],
    )
  })

  test('a deleted record does not come back by its id: its line makes a new record', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const gone = await createOne(agents, agentDraft('Phoenix'))
    await deleteOne(agents, gone.id)
    const [line] = await importLines(agents, [importDraft('Phoenix', {}, { id: gone.id })])
    assert.equal(line?.kind, 'created')
    assert.equal((await agents.find(gone.id, EVERYTHING)).kind, 'deleted')
  })

  test('within a batch a record is known by its new name and no more by its old one', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const first = await createOne(agents, agentDraft('Old name'))
    const lines = await importLines(agents, [
      importDraft('New name', {}, { id: first.id }),
      importDraft('Old name', { description: 'another agent' }),
      importDraft('New name', { description: 'the first one' }),
    ])
    assert.deepEqual(kindsOf(lines), ['updated', 'created', 'updated'])
    assert.equal(idsOf(lines)[2], first.id)
    assert.equal(await agents.count(EVERYTHING), 2)
  })

  test('any batch does what its lines do one by one', async () => {
    await using database = await createDatabase()
    const names = ['A', 'B', 'C']
    const { agents } = agentsOf(await database.open())
    const anyLine = fc.record({
      name: fc.constantFrom(...names),
      description: fc.constantFrom('x', 'y'),
      visibility: fc.constantFrom<AgentFields['visibility'][]>('public', 'private'),
      id: fc.constantFrom(null, 0, 1, 2),
      card: fc.constantFrom(null, '{"v":1}', '{"v":2}'),
    })
    const run = async (
      lines: readonly (typeof anyLine extends fc.Arbitrary<infer T> ? T : never)[],
      size: number,
    ) => {
      for (const agent of await listRecords(agents)) await deleteOne(agents, agent.id)
      const known: OwnAgent[] = []
      for (const name of ['A', 'A', 'B']) known.push(await createOne(agents, agentDraft(name)))
      const drafts = lines.map(({ name, description, visibility, id, card }) =>
        importDraft(
          name,
          { description, visibility },
          { id: id === null ? null : (known[id]?.id ?? null), card: card === null ? null : agentCard(card) },
        ),
      )
      const outcomes: ImportedLine[] = []
      for (let start = 0; start < drafts.length; start += size) {
        outcomes.push(...(await importLines(agents, drafts.slice(start, start + size))))
      }
      const stored = (await listRecords(agents)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
      const order = new Map(stored.map((agent, place) => [agent.id, place]))
      return {
        outcomes: outcomes.map((line) => [line.kind, 'id' in line ? order.get(line.id) : null]),
        records: stored.map(({ name, description, visibility, cardSha256 }) => ({
          name,
          description,
          visibility,
          cardSha256,
        })),
      }
    }
    await fc.assert(
      fc.asyncProperty(fc.array(anyLine, { minLength: 2, maxLength: 6 }), async (lines) => {
        assert.deepEqual(await run(lines, lines.length), await run(lines, 1))
      }),
      { numRuns: 20, seed: 7 },
    )
  })

  test('cards come with their lines: another card is an update, none removes it', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const importCard = async (text: string | null) => {
      const [line] = await importLines(agents, [
        importDraft('Carded', {}, { card: text === null ? null : agentCard(text) }),
      ])
      const [agent] = await listRecords(agents)
      const card = agent && (await agents.findCard(agent.id))
      return [line?.kind, card ? Buffer.from(card.bytes).toString() : null]
    }
    assert.deepEqual(await importCard('{"a":1}'), ['created', '{"a":1}'])
    assert.deepEqual(await importCard('{"a":1}'), ['unchanged', '{"a":1}'])
    assert.deepEqual(await importCard('{"a":2}'), ['updated', '{"a":2}'])
    assert.deepEqual(await importCard(null), ['updated', null])
    assert.deepEqual(await importCard(null), ['unchanged', null])
  })

  test('a dry run says what would happen and writes nothing at all', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    const foreign = await createOne(agents, agentDraft('Foreign'), BOB)
    await importLines(agents, [importDraft('Same'), importDraft('Other')])
    const lines = [
      importDraft('Same'),
      importDraft('Other', { description: 'changed', visibility: 'private' }, { card: agentCard('{}') }),
      importDraft('New', { tags: ['unseen'] }),
      importDraft('New'),
      importDraft('Foreign', {}, { id: foreign.id }),
    ]
    const before = await dumpTables(engine)
    const dry = await importLines(agents, lines, { isDryRun: true })
    assert.equal(await dumpTables(engine), before)
    assert.deepEqual(kindsOf(dry), ['unchanged', 'updated', 'created', 'updated', 'created'])
    assert.deepEqual(kindsOf(await importLines(agents, lines)), kindsOf(dry))
  })

  test('nothing comes of an empty batch, and a batch that changes nothing leaves no audit row', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    assert.deepEqual(await importLines(agents, []), [])
    await importLines(agents, [importDraft('Same')])
    await importLines(agents, [importDraft('Same')])
    assert.equal((await readAudit(engine)).length, 1)
  })

  test('a batch of 1,000 lines with ids, cards and tags is stored whole, and again changed whole', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    const draftsOf = (description: string, ids: readonly string[]) =>
      Array.from({ length: 1_000 }, (_, place) =>
        importDraft(
          `Agent number ${place}`,
          { description: `${description} word${place}`, tags: [`t${place % 7}`] },
          { id: (ids[place] ?? null) as AgentId | null, card: agentCard(`{"place":${place}}`) },
        ),
      )
    const created = await importLines(agents, draftsOf('first', []))
    assert.ok(created.every((line) => line.kind === 'created'))
    const ids = idsOf(created)
    assert.equal(new Set(ids).size, 1_000)
    assert.deepEqual(ids, ids.toSorted())
    const updated = await importLines(agents, draftsOf('second', ids))
    assert.deepEqual(
      updated,
      ids.map((id) => ({ kind: 'updated', id })),
    )
    assert.equal(await agents.count(EVERYTHING), 1_000)
    const revisions = (await listRecords(agents)).map((agent) => agent.revision)
    assert.deepEqual(
      revisions.toSorted((a, b) => a - b),
      Array.from({ length: 1_000 }, (_, place) => 1_001 + place),
    )
    assert.deepEqual(await findIndexFaults(engine), [])
  })

  test('batches of one owner at the same time never double a record', async () => {
    await using database = await createDatabase()
    const { agents, engine } = agentsOf(await database.open())
    const names = Array.from({ length: 30 }, (_, place) => `Agent ${place}`)
    await Promise.all(
      Array.from({ length: 6 }, (_, batch) =>
        importLines(
          agents,
          names.map((name) => importDraft(name, { description: `by ${batch}` })),
        ),
      ),
    )
    assert.equal(await agents.count(EVERYTHING), 30)
    await importLines(
      agents,
      names.map((name) => importDraft(name)),
      { owner: BOB },
    )
    assert.equal(await agents.count(EVERYTHING), 60)
    assert.equal(await agents.count({ widest: 'public', ownerId: ANN }), 60)
    assert.deepEqual(await findIndexFaults(engine), [])
  })
})
