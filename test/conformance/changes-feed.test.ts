import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentStatus, OwnAgent, Visibility } from '../../src/domain/agent.ts'
import { AGENT_STATUSES, VISIBILITIES } from '../../src/domain/agent.ts'
import type { AgentStore } from '../../src/domain/ports.ts'
import type { Scope } from '../../src/domain/principal.ts'
import { takeRevisions } from '../../src/storage/change-counter.ts'
import { checkPublicUrl } from '../../src/storage/public-url.ts'
import { purgeTombstones } from '../../src/storage/tombstones.ts'
import { createRandom } from '../support/random.ts'
import {
  ANN,
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
import { ask, FEDERATED, Follower, PUBLIC, revisionsSeen } from './change-follower.ts'
import { forEachEngine } from './engines.ts'
import { START } from './store-fixtures.ts'

/** What a scope is told from the very beginning, without the times. */
async function told(agents: AgentStore, scope: Scope, since = 0) {
  const { changes } = await ask(agents, scope, since)
  return changes.map(({ seq, id, op }) => [seq, id, op])
}

await forEachEngine('changes feed', (createDatabase) => {
  test('each record stands once, at its last change, with what it was', async () => {
    await using database = await createDatabase()
    const { agents, clock } = agentsOf(await database.open())
    assert.deepEqual(await ask(agents, PUBLIC, 0), { kind: 'changes', changes: [], next: 0, isMore: false })
    const first = await createOne(agents, agentDraft('First'))
    const second = await createOne(agents, agentDraft('Second'))
    const third = await createOne(agents, agentDraft('Third'))
    clock.advance(1000)
    await replaceOne(agents, first, { description: 'changed' })
    await deleteOne(agents, second.id)
    const change = (agent: OwnAgent, seq: number, op: string, updatedAt: number) => {
      return { seq, id: agent.id, did: agent.did, op, updatedAt }
    }
    assert.deepEqual(await ask(agents, PUBLIC, 0), {
      kind: 'changes',
      changes: [
        change(third, 3, 'upsert', START),
        change(first, 4, 'upsert', START + 1000),
        change(second, 5, 'delete', START + 1000),
      ],
      next: 5,
      isMore: false,
    })
    assert.deepEqual(await told(agents, PUBLIC, 4), [[5, second.id, 'delete']])
    assert.deepEqual(await ask(agents, PUBLIC, 5), { kind: 'changes', changes: [], next: 5, isMore: false })
  })

  test('pages: each begins behind the one before, and the last says where to go on', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const lines = Array.from({ length: 25 }, (_, place) => importDraft(`Agent ${place}`))
    await importLines(agents, lines)
    await createOne(agents, agentDraft('Unseen', { visibility: 'private' }))
    for (const limit of [1, 7, 24, 25, 26]) {
      const follower = new Follower(agents, PUBLIC)
      await follower.catchUp(limit)
      assert.equal(follower.copies.size, 25)
      assert.equal(follower.position, 26)
    }
    assert.equal((await ask(agents, PUBLIC, 0, 25)).isMore, false)
    assert.equal((await ask(agents, PUBLIC, 0, 24)).next, 24)
  })

  test('what an asker does not see moves it on all the same', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Secret', { visibility: 'private' }))
    await replaceOne(agents, agent, { description: 'changed' })
    await deleteOne(agents, agent.id)
    for (const scope of [PUBLIC, FEDERATED]) {
      assert.deepEqual(await ask(agents, scope, 0), { kind: 'changes', changes: [], next: 3, isMore: false })
    }
    assert.deepEqual(await told(agents, EVERYTHING), [[3, agent.id, 'delete']])
  })

  test('one answer looks through a part of very many changes, and says that there is more', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const { agents } = agentsOf(engine)
    const first = await createOne(agents, agentDraft('First'))
    await engine.db.transaction().execute((trx) => takeRevisions(trx, 30_000))
    const last = await createOne(agents, agentDraft('Last'))
    const follower = new Follower(agents, PUBLIC)
    let steps = 1
    while (await follower.step(10)) steps += 1
    assert.ok(steps > 2)
    assert.equal(follower.position, last.revision)
    assert.deepEqual(
      follower.seen.map(({ id }) => id),
      [first.id, last.id],
    )
  })

  test('narrowed: those who lose sight are told it is gone, those who keep it that it changed', async () => {
    await using database = await createDatabase()
    const { agents, clock } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Narrowing'))
    clock.advance(1000)
    const federated = await replaceOne(agents, agent, { visibility: 'federated' })
    assert.deepEqual(await told(agents, PUBLIC), [[2, agent.id, 'delete']])
    assert.deepEqual(await told(agents, FEDERATED), [[2, agent.id, 'upsert']])
    const [change] = (await ask(agents, PUBLIC, 1)).changes
    assert.deepEqual(change, {
      ...{ seq: 2, id: agent.id, did: agent.did, op: 'delete', updatedAt: START + 1000 },
    })
    const local = await replaceOne(agents, federated, { visibility: 'local' })
    // What happens out of sight is no news, whatever it is.
    await replaceOne(agents, local, { description: 'changed' })
    assert.deepEqual(await told(agents, PUBLIC), [[2, agent.id, 'delete']])
    assert.deepEqual(await told(agents, PUBLIC, 2), [])
    assert.deepEqual(await told(agents, FEDERATED), [[3, agent.id, 'delete']])
    assert.deepEqual(await told(agents, SCOPES.local ?? PUBLIC), [[4, agent.id, 'upsert']])
  })

  test('disabled: all but its owner and admins are told it is gone', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Disabled', { visibility: 'local' }))
    await replaceOne(agents, agent, { status: 'disabled' })
    const ownerOnly: Scope = { widest: 'public', ownerId: ANN }
    const stranger: Scope = { widest: 'local', ownerId: BOB }
    assert.deepEqual(await told(agents, FEDERATED), [])
    for (const scope of [SCOPES.local ?? PUBLIC, stranger]) {
      assert.deepEqual(await told(agents, scope), [[2, agent.id, 'delete']])
    }
    for (const scope of [SCOPES.own ?? PUBLIC, ownerOnly, EVERYTHING]) {
      assert.deepEqual(await told(agents, scope), [[2, agent.id, 'upsert']])
    }
  })

  test('widened again: told as there again, and the withdrawal is no more', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Wanderer'))
    const hidden = await replaceOne(agents, agent, { visibility: 'private' })
    const federated = await replaceOne(agents, hidden, { visibility: 'federated' })
    assert.deepEqual(await told(agents, FEDERATED, 1), [[3, agent.id, 'upsert']])
    assert.deepEqual(await told(agents, PUBLIC, 1), [[2, agent.id, 'delete']])
    await replaceOne(agents, federated, { visibility: 'public' })
    assert.deepEqual(await told(agents, PUBLIC, 1), [[4, agent.id, 'upsert']])
  })

  test('deleted after it was narrowed: each class is told once, when it lost it', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const agent = await createOne(agents, agentDraft('Gone'))
    const federated = await replaceOne(agents, agent, { visibility: 'federated' })
    await deleteOne(agents, federated.id)
    assert.deepEqual(await told(agents, PUBLIC), [[2, agent.id, 'delete']])
    assert.deepEqual(await told(agents, PUBLIC, 2), [])
    assert.deepEqual(await told(agents, FEDERATED, 1), [[3, agent.id, 'delete']])
  })

  test('an import that narrows, widens and changes many records tells the same', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const names = Array.from({ length: 40 }, (_, place) => `Agent ${place}`)
    const [wide, narrow] = [names.slice(0, 20), names.slice(20)]
    await importLines(agents, [
      ...wide.map((name) => importDraft(name)),
      ...narrow.map((name) => importDraft(name, { visibility: 'private' })),
    ])
    const follower = new Follower(agents, PUBLIC)
    await follower.catchUp()
    assert.equal(follower.copies.size, 20)
    await importLines(agents, [
      ...wide.map((name) => importDraft(name, { visibility: 'local' })),
      ...narrow.map((name) => importDraft(name)),
    ])
    await follower.catchUp()
    assert.deepEqual(follower.copies, await revisionsSeen(agents, PUBLIC))
    assert.equal(follower.seen.filter(({ op }) => op === 'delete').length, 20)
  })

  test('whatever happens, followers of every scope have what they see, and learn of nothing they never saw', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const scopes: Record<string, Scope> = { ...SCOPES, 'public, own': { widest: 'public', ownerId: ANN } }
    const followers = Object.entries(scopes).map(([name, scope]) => ({
      name,
      follower: new Follower(agents, scope),
      // Ids seen at some moment since it last was up to date.
      lately: new Set<string>(),
      sees: (agent: OwnAgent) => isSeenBy(scope, agent),
    }))
    const random = createRandom(7)
    const living: OwnAgent[] = []
    const tell = (agent: OwnAgent) => {
      for (const { sees, lately } of followers) if (sees(agent)) lately.add(agent.id)
    }
    for (let round = 0; round < 250; round += 1) {
      const place = random.below(living.length)
      const known = living[place]
      const looks = {
        visibility: random.pick<Visibility>(VISIBILITIES),
        status: random.pick<AgentStatus>(AGENT_STATUSES),
      }
      const choice = random.below(6)
      if (!known || (choice === 0 && living.length < 12)) {
        living.push(
          await createOne(agents, agentDraft(`Agent ${round}`, looks), random.pick([ANN, BOB] as const)),
        )
        tell(living.at(-1) ?? assert.fail())
      } else if (choice === 1) {
        living.splice(place, 1)
        await deleteOne(agents, known.id)
      } else {
        const changed = choice === 2 ? { description: `round ${round}` } : looks
        living[place] = await replaceOne(agents, known, changed)
        tell(living[place])
      }
      for (const { name, follower, lately, sees } of followers) {
        if (random.below(4) > 0) continue
        const from = follower.seen.length
        await follower.catchUp(1 + random.below(5))
        for (const { id } of follower.seen.slice(from)) {
          assert.ok(lately.has(id), `${name} learnt of ${id} in round ${round}`)
        }
        const expected = living.filter(sees).map(({ id, revision }) => [id, revision])
        assert.deepEqual([...follower.copies].sort(), expected.sort(), `${name} in round ${round}`)
        lately.clear()
        for (const agent of living.filter(sees)) lately.add(agent.id)
      }
    }
  })

  test('records under a new public URL are told anew', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const { agents, clock } = agentsOf(engine)
    const options = { publicUrl: 'https://old.example', didOf, isRebasing: false, clock }
    await checkPublicUrl(engine, options)
    const seen = await createOne(agents, agentDraft('Seen'))
    await createOne(agents, agentDraft('Unseen', { visibility: 'private' }))
    const renamed = (id: string) => `did:web:new.example:agents:${id}` as OwnAgent['did']
    await checkPublicUrl(engine, {
      ...options,
      publicUrl: 'https://new.example',
      didOf: renamed,
      isRebasing: true,
    })
    const { changes, next } = await ask(agents, PUBLIC, 2)
    assert.deepEqual(
      changes.map(({ id, did, op }) => [id, did, op]),
      [[seen.id, renamed(seen.id), 'upsert']],
    )
    assert.equal(next, 4)
  })

  test('horizon: who asks from before what was forgotten is told so, who asks from there on is not', async () => {
    await using database = await createDatabase()
    const engine = await database.open()
    const { agents, clock } = agentsOf(engine)
    const narrowed = await createOne(agents, agentDraft('Narrowed'))
    const deleted = await createOne(agents, agentDraft('Deleted'))
    const kept = await createOne(agents, agentDraft('Deleted later'))
    await deleteOne(agents, deleted.id) // change 4
    await replaceOne(agents, narrowed, { visibility: 'private' }) // change 5
    clock.advance(1000)
    await deleteOne(agents, kept.id) // change 6
    assert.equal(await purgeTombstones(engine, START), 0)
    assert.deepEqual(await told(agents, PUBLIC), [
      [4, deleted.id, 'delete'],
      [5, narrowed.id, 'delete'],
      [6, kept.id, 'delete'],
    ])
    assert.equal(await purgeTombstones(engine, START + 1), 1)
    for (const since of [-1, 0, 4]) {
      assert.deepEqual(await agents.listChanges(PUBLIC, { since, limit: 9 }), { kind: 'horizon', next: 6 })
    }
    assert.deepEqual(await told(agents, PUBLIC, 5), [[6, kept.id, 'delete']])
    assert.equal(await purgeTombstones(engine, START + 1), 0)
    assert.equal(await purgeTombstones(engine, START + 5000), 1)
    assert.deepEqual(await agents.listChanges(PUBLIC, { since: 5, limit: 9 }), { kind: 'horizon', next: 6 })
    assert.deepEqual(await told(agents, PUBLIC, 6), [])
  })

  test('horizon: an asker ahead of all changes followed another sequence', async () => {
    await using database = await createDatabase()
    const { agents } = agentsOf(await database.open())
    await createOne(agents, agentDraft('Only one'))
    assert.deepEqual(await agents.listChanges(PUBLIC, { since: 2, limit: 9 }), { kind: 'horizon', next: 1 })
    assert.deepEqual(await told(agents, PUBLIC, 1), [])
  })

  test('changesEpoch: one name for all who ask, however many at once, and another in another database', async () => {
    await using database = await createDatabase()
    await using another = await createDatabase()
    const { agents } = agentsOf(await database.open())
    const names = await Promise.all(Array.from({ length: 10 }, () => agents.changesEpoch()))
    assert.equal(new Set(names).size, 1)
    assert.match(names[0] ?? '', /^[0-9a-f-]{36}$/)
    assert.equal(await agents.changesEpoch(), names[0])
    assert.notEqual(await agentsOf(await another.open()).agents.changesEpoch(), names[0])
  })
})

function isSeenBy({ widest, ownerId }: Scope, { visibility, status, ownerId: owner }: OwnAgent): boolean {
  if (widest === 'all' || ownerId === owner) return true
  if (status === 'disabled' || visibility === 'private') return false
  const order = ['public', 'federated', 'local']
  return order.indexOf(visibility) <= order.indexOf(widest)
}
