import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordMask } from '../../src/cards/shared-record.ts'
import { NO_FILTER } from '../../src/domain/discovery.ts'
import { FEDERATED_SCOPE } from '../../src/domain/principal.ts'
import { createAgentWriter } from '../../src/storage/agent-writer.ts'
import { maskIndex } from '../../src/storage/mask-index.ts'
import { agentDraft, agentsOf, createOne, EVERYTHING } from './agent-fixtures.ts'
import { forEachEngine } from './engines.ts'

await forEachEngine('masked index', (createDatabase) => {
  test('records that were indexed as they are written are indexed as they are shared, once', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const { agents, index } = agentsOf(engine)
    const organization = 'jane@mail.example'
    const planted = await createOne(
      agents,
      agentDraft('Planted', {
        description: 'Ask johnny@mail.example',
        tags: ['x@mail.example', 'kept'],
        provider: { organization, url: null },
      }),
    )
    const clean = await createOne(agents, agentDraft('Clean', { description: 'Ask nobody' }))
    const find = async (search: string): Promise<string[]> => {
      const { matches } = await index.search(search, EVERYTHING, { filter: NO_FILTER, limit: 9, after: null })
      return matches.map(({ agent }) => agent.name).toSorted()
    }
    const list = async (filter: object): Promise<number> =>
      (await agents.list({ ...NO_FILTER, ...filter }, EVERYTHING, { after: null, limit: 9 })).length
    assert.deepEqual(await find('johnny '), ['Planted'])
    assert.equal(await list({ provider: organization }), 1)
    const revision = await agents.lastRevision()

    const mask = recordMask('https://registry.example')
    const options = { mask, writer: createAgentWriter(engine, mask), rule: '1' }
    assert.equal(await maskIndex(engine, options), 1)
    assert.equal(await maskIndex(engine, options), 0)
    assert.deepEqual(await find('johnny '), [])
    assert.deepEqual(await find('ask '), ['Clean', 'Planted'])
    assert.equal(await list({ provider: organization }), 0)
    assert.equal(await list({ tags: ['x@mail.example'] }), 0)
    assert.equal(await list({ tags: ['kept'] }), 1)

    assert.equal(
      await agents.lastRevision(),
      revision + 1,
      'what was remembered of the index holds no longer',
    )
    const feed = await agents.listChanges(FEDERATED_SCOPE, { since: revision, limit: 9 })
    assert.ok(feed.kind === 'changes' && feed.changes.length === 0)
    for (const agent of [planted, clean]) {
      assert.deepEqual(await agents.find(agent.id, EVERYTHING), { kind: 'found', agent })
    }
    assert.equal(
      await maskIndex(engine, { ...options, rule: '2' }),
      1,
      'under another rule all are looked at anew',
    )
  })
})
