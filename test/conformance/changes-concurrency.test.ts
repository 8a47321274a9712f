import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { VISIBILITIES } from '../../src/domain/agent.ts'
import type { AgentStore } from '../../src/domain/ports.ts'
import { takeRevisions } from '../../src/storage/change-counter.ts'
import { createRandom } from '../support/random.ts'
import {
  agentDraft,
  agentsOf,
  createOne,
  deleteOne,
  EVERYTHING,
  importDraft,
  importLines,
  replaceOne,
  SCOPES,
} from './agent-fixtures.ts'
import { FEDERATED, Follower, PUBLIC, revisionsSeen } from './change-follower.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'

/** Replicas writing and one that follows, each over its own connections where the engine has several. */
async function openReplicas(database: EngineUnderTest, count: number) {
  const reader = await database.open()
  const engines = [reader]
  while (database.kind === 'postgres' && engines.length <= count) engines.push(await database.open())
  const writers = Array.from({ length: count }, (_, place) => engines[place + 1] ?? reader)
  return { reader: agentsOf(reader).agents, writers: writers.map((engine) => agentsOf(engine).agents) }
}

await forEachEngine('changes feed, many at once', (createDatabase, kind) => {
  test('polled while many write: every change exactly once, in the order of the changes', async () => {
    await using database = await createDatabase()
    const { reader, writers } = await openReplicas(database, 3)
    const created: string[] = []
    const write = async (agents: AgentStore, writer: number) => {
      for (let round = 0; round < 12; round += 1) {
        await setImmediate()
        const names = Array.from({ length: 1 + (round % 4) }, (_, place) => `${writer} ${round} ${place}`)
        const [name = ''] = names
        if (names.length === 1) created.push((await createOne(agents, agentDraft(name))).id)
        else {
          const lines = await importLines(
            agents,
            names.map((each) => importDraft(each)),
          )
          created.push(...lines.map((line) => ('id' in line ? line.id : '')))
        }
      }
    }
    let isWriting = true
    const writing = Promise.all([...writers, ...writers].map(write)).finally(() => {
      isWriting = false
    })
    const follower = new Follower(reader, PUBLIC)
    let polls = 0
    while (isWriting) {
      await follower.step(5)
      polls += 1
      await setImmediate()
    }
    await writing
    await follower.catchUp(5)
    assert.ok(polls > 10)
    assert.equal(follower.seen.length, created.length)
    assert.deepEqual(follower.seen.map(({ id }) => id).sort(), created.sort())
  })

  test('polled while many change, narrow and delete the same records: at the end nothing was missed', async () => {
    await using database = await createDatabase()
    const { reader, writers } = await openReplicas(database, 3)
    const [first] = writers
    const lines = Array.from({ length: 15 }, (_, place) => importDraft(`Agent ${place}`))
    await importLines(first ?? reader, lines)
    const ids = [...(await revisionsSeen(reader, EVERYTHING)).keys()]
    const change = async (agents: AgentStore, writer: number) => {
      const random = createRandom(writer)
      for (let round = 0; round < 20; round += 1) {
        await setImmediate()
        const found = await agents.find(random.pick(ids), EVERYTHING)
        if (found.kind !== 'found') continue
        if (random.below(15) === 0) await deleteOne(agents, found.agent.id)
        // Another may have been faster: then this one changes nothing.
        else await replaceOne(agents, found.agent, { visibility: random.pick(VISIBILITIES) }).catch(() => {})
      }
    }
    const scopes = [PUBLIC, FEDERATED, SCOPES.own ?? PUBLIC, EVERYTHING]
    const followers = scopes.map((scope) => ({ scope, follower: new Follower(reader, scope) }))
    let isWriting = true
    const writing = Promise.all([...writers, ...writers].map(change)).finally(() => {
      isWriting = false
    })
    while (isWriting) {
      for (const { follower } of followers) await follower.step(4)
      await setImmediate()
    }
    await writing
    for (const { scope, follower } of followers) {
      await follower.catchUp(4)
      assert.deepEqual(follower.copies, await revisionsSeen(reader, scope))
    }
  })

  if (kind === 'postgres')
    test('a change that is not committed yet is neither seen nor passed over, and none overtakes it', async () => {
      await using database = await createDatabase()
      const { reader, writers } = await openReplicas(database, 2)
      const [slow, fast] = writers as [AgentStore, AgentStore]
      const engine = await database.open()
      const early = await createOne(slow, agentDraft('Early'))
      const follower = new Follower(reader, PUBLIC)
      const committing = Promise.withResolvers<void>()
      const numbered = Promise.withResolvers<void>()
      const transaction = engine.db.transaction().execute(async (trx) => {
        const seq = await takeRevisions(trx, 1)
        await trx.updateTable('agents').set({ seq }).where('id', '=', early.id).execute()
        numbered.resolve()
        await committing.promise
      })
      await numbered.promise
      const late = createOne(fast, agentDraft('Late'))
      for (let poll = 0; poll < 20; poll += 1) await follower.step(5)
      assert.deepEqual([follower.position, follower.seen.map(({ seq }) => seq)], [1, [1]])
      committing.resolve()
      await Promise.all([transaction, late])
      await follower.step(5)
      assert.deepEqual(
        follower.seen.map(({ seq, id }) => [seq, id]),
        [
          [1, early.id],
          [2, early.id],
          [3, (await late).id],
        ],
      )
    })
})
