/** What blocks do to records of ours, on either engine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_FILTER } from '../../src/domain/discovery.ts'
import type { BlockDraft, BlockKind } from '../../src/domain/moderation.ts'
import { FEDERATED_SCOPE, PUBLIC_SCOPE, type Scope } from '../../src/domain/principal.ts'
import { readBlockPattern } from '../../src/moderation/block-pattern.ts'
import {
  type AgentsUnderTest,
  ANN,
  agentDraft,
  agentsOf,
  createOne,
  importDraft,
  importLines,
  replaceOne,
} from './agent-fixtures.ts'
import { forEachEngine } from './engines.ts'
import { findIndexFaults } from './recount-index.ts'
import { OPERATOR, readAudit } from './store-fixtures.ts'

const OWN: Scope = { widest: 'local', ownerId: ANN }

function draft(kind: BlockKind, written: string): BlockDraft {
  const read = readBlockPattern(kind, written)
  assert.ok(read.ok)
  return { ...read.block, reason: 'why' }
}

async function seen({ agents, index }: AgentsUnderTest, scope: Scope = PUBLIC_SCOPE): Promise<string[]> {
  const listed = await agents.list(NO_FILTER, scope, { after: null, limit: 100 })
  const found = await index.search('describes', scope, { filter: NO_FILTER, limit: 100, after: null })
  const names = listed.map(({ name }) => name).sort()
  assert.deepEqual(found.matches.map(({ agent }) => agent.name).sort(), names)
  assert.equal(await agents.count(scope), names.length)
  return names
}

const at = (url: string) => ({ endpoints: [{ url, protocol: 'a2a', binding: null }] })

await forEachEngine('blocks', (createDatabase, kind) => {
  test('a block hides the records it matches from all but their owner, and its end shows them again', async () => {
    await using database = await createDatabase()
    const parts = agentsOf(await database.open())
    const { agents, blocks, engine } = parts
    const evil = await createOne(agents, agentDraft('Evil', at('https://EVIL.example/a2a')))
    await createOne(agents, agentDraft('Claims', { claimedDid: 'did:web:Evil.example:agents:1' }))
    await createOne(agents, agentDraft('Fine'))
    const before = await agents.listChanges(FEDERATED_SCOPE, { since: 0, limit: 100 })
    assert.ok(before.kind === 'changes')

    const created = await blocks.create(draft('endpoint', 'evil.example'), OPERATOR)
    assert.deepEqual([created.kind, created.block.hiddenAgents], ['created', 1])
    assert.deepEqual(await seen(parts), ['Claims', 'Fine'])
    assert.deepEqual(await seen(parts, OWN), ['Claims', 'Evil', 'Fine'])
    const found = await agents.find(evil.id, PUBLIC_SCOPE)
    assert.deepEqual(found, { kind: 'withheld', withheld: { blockId: created.block.id } })
    assert.equal((await agents.find(evil.did, OWN)).kind, 'found')
    const after = await agents.listChanges(FEDERATED_SCOPE, { since: before.next, limit: 100 })
    assert.ok(after.kind === 'changes')
    assert.deepEqual(
      after.changes.map(({ id, op }) => [id, op]),
      [[evil.id, 'delete']],
    )

    const did = await blocks.create(draft('did', 'did:web:evil.example:agents:1'), OPERATOR)
    assert.equal(did.block.hiddenAgents, 1)
    assert.deepEqual(await seen(parts), ['Fine'])
    assert.deepEqual(
      (await blocks.list()).map(({ hiddenAgents }) => hiddenAgents),
      [1, 1],
    )
    await blocks.delete(created.block.id, OPERATOR)
    assert.deepEqual(await seen(parts), ['Evil', 'Fine'])
    await blocks.delete(did.block.id, OPERATOR)
    assert.deepEqual(await seen(parts), ['Claims', 'Evil', 'Fine'])
    assert.equal(await blocks.delete(did.block.id, OPERATOR), undefined)
    assert.deepEqual(await findIndexFaults(engine), [])
    const acts = (await readAudit(engine))
      .map(({ action }) => action)
      .filter((action) => action.startsWith('block'))
    assert.deepEqual(acts, ['block.create', 'block.create', 'block.delete', 'block.delete'])
  })

  test('records that come or change later fall under it, however they are written', async () => {
    await using database = await createDatabase()
    const parts = agentsOf(await database.open())
    const { agents, blocks } = parts
    await blocks.create(draft('endpoint', '*.evil.example'), OPERATOR)
    const created = await createOne(agents, agentDraft('Created', at('https://a.evil.example')))
    assert.notEqual(created.withheld, null)
    await importLines(agents, [
      importDraft('Imported', at('https://b.evil.example')),
      importDraft('Imported fine', at('https://b.fine.example')),
    ])
    const turned = await createOne(agents, agentDraft('Turned'))
    assert.deepEqual(await seen(parts), ['Imported fine', 'Turned'])
    const now = await replaceOne(agents, turned, at('https://c.evil.example'))
    assert.deepEqual(await seen(parts), ['Imported fine'])
    await replaceOne(agents, now, at('https://c.fine.example'))
    assert.deepEqual(await seen(parts), ['Imported fine', 'Turned'])
  })

  test('of two blocks that match a record the end of one does not show it', async () => {
    await using database = await createDatabase()
    const parts = agentsOf(await database.open())
    const { agents, blocks } = parts
    await createOne(agents, agentDraft('Evil', at('https://a.evil.example/x')))
    const wide = await blocks.create(draft('endpoint', '*.evil.example'), OPERATOR)
    const narrow = await blocks.create(draft('endpoint', 'a.evil.example/x'), OPERATOR)
    await blocks.delete(wide.block.id, OPERATOR)
    assert.deepEqual(await seen(parts), [])
    assert.deepEqual(
      (await blocks.list()).map(({ hiddenAgents }) => hiddenAgents),
      [1],
    )
    await blocks.delete(narrow.block.id, OPERATOR)
    assert.deepEqual(await seen(parts), ['Evil'])
  })

  test('the same pattern twice is one block, and a change that changes nothing writes no record', async () => {
    await using database = await createDatabase()
    const { agents, blocks, engine } = agentsOf(await database.open())
    await createOne(agents, agentDraft('Fine'))
    const revision = await agents.lastRevision()
    const first = await blocks.create(draft('origin', 'https://evil.example'), OPERATOR)
    const second = await blocks.create(draft('origin', 'EVIL.example/'), OPERATOR)
    assert.deepEqual([second.kind, second.block.id], ['exists', first.block.id])
    assert.deepEqual(await blocks.listRefs(), [
      { id: first.block.id, kind: 'origin', pattern: 'evil.example' },
    ])
    assert.equal(await agents.lastRevision(), revision)
    assert.equal((await readAudit(engine)).filter(({ action }) => action === 'block.create').length, 1)
  })

  test('no record slips through while a block is made', async () => {
    await using database = await createDatabase()
    const parts = agentsOf(await database.open())
    const others = kind === 'postgres' ? agentsOf(await database.open()) : parts
    const writing = Array.from({ length: 30 }, (_, place) =>
      createOne(others.agents, agentDraft(`Evil ${place}`, at(`https://evil.example/${place}`))),
    )
    await Promise.all([...writing, parts.blocks.create(draft('endpoint', 'evil.example'), OPERATOR)])
    assert.deepEqual(await seen(parts), [])
    assert.deepEqual(
      (await parts.blocks.list()).map(({ hiddenAgents }) => hiddenAgents),
      [30],
    )
    assert.deepEqual(await findIndexFaults(parts.engine), [])
  })
})
