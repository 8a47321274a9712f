/** Take-downs, transfers, suspensions and reports, on either engine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_FILTER } from '../../src/domain/discovery.ts'
import type { ReportDraft } from '../../src/domain/moderation.ts'
import { FEDERATED_SCOPE, PUBLIC_SCOPE, type Scope } from '../../src/domain/principal.ts'
import { createKeyStore } from '../../src/storage/keys.ts'
import { readModerationFigures } from '../../src/storage/moderation-figures.ts'
import { createReportStore } from '../../src/storage/reports.ts'
import { type AgentsUnderTest, agentDraft, agentsOf, createOne, replaceOne } from './agent-fixtures.ts'
import { forEachEngine } from './engines.ts'
import { findIndexFaults } from './recount-index.ts'
import { createTestClock, keyDraft, OPERATOR, readAudit, START } from './store-fixtures.ts'

const DAY_MS = 86_400_000

async function seen({ agents, index }: AgentsUnderTest, scope: Scope = PUBLIC_SCOPE): Promise<string[]> {
  const listed = await agents.list(NO_FILTER, scope, { after: null, limit: 100 })
  const found = await index.search('describes', scope, { filter: NO_FILTER, limit: 100, after: null })
  const names = listed.map(({ name }) => name).sort()
  assert.deepEqual(found.matches.map(({ agent }) => agent.name).sort(), names)
  return names
}

function report(changes: Partial<ReportDraft> = {}): ReportDraft {
  return {
    ...{ did: 'did:web:a.example:agents:1', agentName: 'Evil', registryUrl: 'https://a.example' },
    ...{ category: 'spam', detail: 'Line\nline', contact: null, reporter: 'key:1' },
    ...changes,
  }
}

await forEachEngine('moderation', (createDatabase, kind) => {
  test('a take-down hides a record, tells why, survives changes, and is undone by operators alone', async () => {
    await using database = await createDatabase()
    const parts = agentsOf(await database.open())
    const { agents, moderation, engine, clock } = parts
    const agent = await createOne(agents, agentDraft('Evil'))
    await createOne(agents, agentDraft('Fine'))
    const { next } = (await agents.listChanges(FEDERATED_SCOPE, { since: 0, limit: 10 })) as { next: number }
    const taken = await moderation.takeDown(agent.id, { reason: 'Spam', isLegal: true }, OPERATOR)
    const takeDown = { at: clock.now(), reason: 'Spam', isLegal: true }
    assert.deepEqual(taken?.withheld, { takeDown })
    assert.deepEqual(await seen(parts), ['Fine'])
    assert.deepEqual(await agents.find(agent.id, PUBLIC_SCOPE), { kind: 'withheld', withheld: { takeDown } })
    const changes = await agents.listChanges(FEDERATED_SCOPE, { since: next, limit: 10 })
    assert.ok(changes.kind === 'changes')
    assert.deepEqual(
      changes.changes.map(({ op }) => op),
      ['delete'],
    )
    const changed = await replaceOne(agents, taken ?? assert.fail(), { description: 'Describes anew.' })
    assert.deepEqual(changed.withheld, { takeDown })
    assert.deepEqual(await seen(parts), ['Fine'])
    assert.deepEqual(
      (await moderation.listWithheld({ after: null, limit: 9 })).map(({ id }) => id),
      [agent.id],
    )
    assert.equal((await moderation.restore(agent.id, OPERATOR))?.withheld, null)
    assert.deepEqual(await seen(parts), ['Evil', 'Fine'])
    assert.deepEqual(await moderation.listWithheld({ after: null, limit: 9 }), [])
    assert.equal(
      await moderation.takeDown('nothing' as never, { reason: 'x', isLegal: false }, OPERATOR),
      undefined,
    )
    assert.deepEqual(await findIndexFaults(engine), [])
    const acts = (await readAudit(engine)).map(({ action }) => action)
    assert.deepEqual(acts.slice(-3), ['agent.take-down', 'agent.update', 'agent.restore'])
  })

  test('what nobody could see is not told of when it is taken down', async () => {
    await using database = await createDatabase()
    const { agents, moderation } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Local', { visibility: 'local' }))
    await moderation.takeDown(agent.id, { reason: 'Secret reason', isLegal: false }, OPERATOR)
    assert.deepEqual(await agents.find(agent.id, PUBLIC_SCOPE), { kind: 'absent' })
    assert.deepEqual(await agents.find(agent.did, FEDERATED_SCOPE), { kind: 'absent' })
    assert.equal((await agents.find(agent.id, { widest: 'local', ownerId: null })).kind, 'withheld')
  })

  test('a transfer gives a record to who has a key, private ones with the sight of them', async () => {
    await using database = await createDatabase()
    const { agents, moderation, engine, clock } = agentsOf(await database.open())
    const keys = createKeyStore(engine, { clock })
    const [from, to] = [await keys.create(keyDraft(), OPERATOR), await keys.create(keyDraft(), OPERATOR)]
    const agent = await createOne(agents, agentDraft('Mine', { visibility: 'private' }), from.ownerId)
    const sees = async (ownerId: Scope['ownerId']) =>
      (await agents.find(agent.id, { widest: 'local', ownerId })).kind
    assert.deepEqual([await sees(from.ownerId), await sees(to.ownerId)], ['found', 'absent'])
    const done = await moderation.transfer(agent.id, to.ownerId, OPERATOR)
    assert.equal(done.kind, 'transferred')
    assert.deepEqual([await sees(from.ownerId), await sees(to.ownerId)], ['absent', 'found'])
    assert.equal((await moderation.transfer(agent.id, to.ownerId, OPERATOR)).kind, 'unchanged')
    const nobody = '0199d2f0-0000-7000-8000-0000000000ff' as typeof to.ownerId
    assert.equal((await moderation.transfer(agent.id, nobody, OPERATOR)).kind, 'unknown-owner')
    assert.equal((await moderation.transfer(agent.id, 'x' as typeof nobody, OPERATOR)).kind, 'unknown-owner')
    assert.deepEqual(await findIndexFaults(engine), [])
    const [last] = (await readAudit(engine)).slice(-1)
    assert.deepEqual([last?.action, last?.detail], ['agent.transfer', { from: from.ownerId, to: to.ownerId }])
  })

  test('a suspended key opens nothing; its agents stay, or go with all keys of their owner', async () => {
    await using database = await createDatabase()
    const parts = agentsOf(await database.open())
    const { agents, moderation, engine, clock } = parts
    const keys = createKeyStore(engine, { clock })
    const drafts = [keyDraft({ role: 'publisher' }), keyDraft({ role: 'publisher' }), keyDraft()]
    const first = await keys.create(drafts[0] ?? assert.fail(), OPERATOR)
    const second = await keys.create({ ...(drafts[1] ?? assert.fail()), ownerId: first.ownerId }, OPERATOR)
    const other = await keys.create(drafts[2] ?? assert.fail(), OPERATOR)
    await createOne(agents, agentDraft('Theirs'), first.ownerId)
    await createOne(agents, agentDraft('Others'), other.ownerId)
    const live = async () =>
      (await Promise.all(drafts.map(({ tokenHash }) => keys.findByHash(tokenHash)))).map(Boolean)

    const alone = await moderation.suspendKey(first.id, { reason: 'Leaked', hidesAgents: false }, OPERATOR)
    assert.deepEqual(alone, { keys: 1, hiddenAgents: 0 })
    assert.deepEqual(await live(), [false, true, true])
    assert.deepEqual(await seen(parts), ['Others', 'Theirs'])
    assert.deepEqual(await moderation.resumeKey(first.id, OPERATOR), { keys: 1, shownAgents: 0 })
    assert.deepEqual(await live(), [true, true, true])

    const hiding = await moderation.suspendKey(second.id, { reason: 'Spam', hidesAgents: true }, OPERATOR)
    assert.deepEqual(hiding, { keys: 2, hiddenAgents: 1 })
    assert.deepEqual(await live(), [false, false, true])
    assert.deepEqual(await seen(parts), ['Others'])
    const [theirs] = await moderation.listWithheld({ after: null, limit: 9 })
    assert.deepEqual(theirs?.withheld, { isOwnerSuspended: true })
    assert.equal(
      (await moderation.transfer(theirs?.id ?? assert.fail(), first.ownerId, OPERATOR)).kind,
      'suspended-owner',
    )
    assert.deepEqual(await moderation.resumeKey(first.id, OPERATOR), { keys: 2, shownAgents: 1 })
    assert.deepEqual(await live(), [true, true, true])
    assert.deepEqual(await seen(parts), ['Others', 'Theirs'])
    assert.equal(await moderation.resumeKey(first.id, OPERATOR), undefined)

    await moderation.suspendKey(other.id, { reason: 'Leaked', hidesAgents: false }, OPERATOR)
    const next = keyDraft()
    const rotation = { tokenHash: next.tokenHash, hint: next.hint, overlapMs: 0 }
    assert.equal((await keys.rotate(other.id, rotation, OPERATOR)).kind, 'rotated')
    assert.equal(await keys.findByHash(next.tokenHash), undefined)

    await keys.revoke(first.id, OPERATOR)
    assert.equal(
      await moderation.suspendKey(first.id, { reason: 'x', hidesAgents: false }, OPERATOR),
      undefined,
    )
    assert.deepEqual(await findIndexFaults(engine), [])
  })

  test('reasons to withhold a record do not undo each other', async () => {
    await using database = await createDatabase()
    const parts = agentsOf(await database.open())
    const { agents, moderation, blocks, engine, clock } = parts
    const key = await createKeyStore(engine, { clock }).create(keyDraft(), OPERATOR)
    const agent = await createOne(agents, agentDraft('Evil'), key.ownerId)
    const block = await blocks.create({ kind: 'did', pattern: agent.did, reason: null }, OPERATOR)
    await moderation.takeDown(agent.id, { reason: 'Spam', isLegal: false }, OPERATOR)
    await moderation.suspendKey(key.id, { reason: 'Spam', hidesAgents: true }, OPERATOR)
    await blocks.delete(block.block.id, OPERATOR)
    assert.deepEqual(await seen(parts), [])
    await moderation.restore(agent.id, OPERATOR)
    assert.deepEqual(await seen(parts), [])
    await moderation.resumeKey(key.id, OPERATOR)
    assert.deepEqual(await seen(parts), ['Evil'])
  })

  test('reports: one a reporter and agent while it is open; resolved alone or together, once; forgotten in time', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const clock = createTestClock()
    const reports = createReportStore(engine, clock)
    const made = await reports.create(report())
    assert.ok(made.kind === 'created')
    assert.deepEqual(made.report, {
      ...report(),
      ...{
        id: made.report.id,
        createdAt: START,
        resolution: null,
        note: null,
        resolvedBy: null,
        resolvedAt: null,
      },
    })
    assert.equal((await reports.create(report({ category: 'illegal' }))).kind, 'known')
    clock.advance(1_000)
    for (const reporter of ['key:2', 'anonymous', 'anonymous']) {
      assert.equal((await reports.create(report({ reporter }))).kind, 'created')
    }
    assert.equal((await reports.create(report({ did: 'did:web:b.example' }))).kind, 'created')
    const open = await reports.list({ isOpen: true, before: null, limit: 10 })
    assert.equal(open.length, 5)
    const pages = [
      ...(await reports.list({ isOpen: true, before: null, limit: 2 })),
      ...(await reports.list({ isOpen: true, before: open[1]?.id ?? '', limit: 10 })),
    ]
    assert.deepEqual(pages, open)
    assert.equal((await reports.list({ did: 'did:web:b.example', before: null, limit: 10 })).length, 1)
    assert.equal((await readModerationFigures(engine)).openReports, 5)

    const given = { resolution: 'taken-down', note: 'Done.' } as const
    const one = await reports.resolve(made.report.id, { ...given, isForAll: false }, OPERATOR)
    assert.deepEqual(
      [one?.resolved, one?.report.resolution, one?.report.resolvedBy],
      [1, 'taken-down', OPERATOR.id],
    )
    assert.equal(await reports.resolve(made.report.id, { ...given, isForAll: false }, OPERATOR), undefined)
    assert.equal((await reports.create(report())).kind, 'created')
    const [next] = await reports.list({ isOpen: true, did: report().did, before: null, limit: 1 })
    const all = await reports.resolve(next?.id ?? '', { ...given, isForAll: true }, OPERATOR)
    assert.equal(all?.resolved, 4)
    assert.equal((await readModerationFigures(engine)).openReports, 1)
    const acts = (await readAudit(engine)).filter(({ action }) => action === 'report.resolve')
    assert.deepEqual(
      acts.map(({ detail }) => detail.reports),
      [1, 4],
    )
    clock.advance(DAY_MS)
    assert.equal(await reports.purge(clock.now()), 5)
    assert.equal((await reports.list({ before: null, limit: 10 })).length, 1)
  })

  test('reports: an agent that many report is not reported without end', async () => {
    await using database = await createDatabase()
    const reports = createReportStore(await database.open(), createTestClock())
    const kinds: string[] = []
    for (let place = 0; place < 102; place += 1) {
      kinds.push((await reports.create(report({ reporter: 'anonymous' }))).kind)
    }
    assert.deepEqual(kinds.slice(98), ['created', 'created', 'known', 'known'])
  })

  test('two operators who resolve one report at once close it once', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const other = kind === 'postgres' ? await database.open() : engine
    const made = await createReportStore(engine, createTestClock()).create(report())
    assert.ok(made.kind === 'created')
    const given = { resolution: 'dismissed', note: null, isForAll: false } as const
    const done = await Promise.all(
      [engine, other, engine, other].map((one) =>
        createReportStore(one, createTestClock()).resolve(made.report.id, given, OPERATOR),
      ),
    )
    assert.equal(done.filter((one) => one !== undefined).length, 1)
    assert.equal((await readAudit(engine)).length, 1)
  })
})
