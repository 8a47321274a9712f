import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnAgent } from '../../src/domain/agent.ts'
import { AGENT_STATUSES, VISIBILITIES } from '../../src/domain/agent.ts'
import { NO_FILTER } from '../../src/domain/discovery.ts'
import type { PeerId } from '../../src/domain/peer.ts'
import { FEDERATED_SCOPE, type Scope } from '../../src/domain/principal.ts'
import type { SharePolicy } from '../../src/domain/share-policy.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { purgeTombstones } from '../../src/storage/tombstones.ts'
import { createRandom, type Random } from '../support/random.ts'
import { SHARED_PROVIDERS, SHARED_TAGS, SHARED_TYPES } from '../support/share-policies.ts'
import {
  type AgentsUnderTest,
  agentDraft,
  agentsOf,
  createOne,
  deleteOne,
  importDraft,
  importLines,
  replaceOne,
} from './agent-fixtures.ts'
import { ask, Follower, revisionsSeen } from './change-follower.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { addPeer, createTestBox, OPERATOR } from './store-fixtures.ts'

const selector = (changes: object) => ({ agentType: null, tag: null, provider: null, id: null, ...changes })
const policyOf = (changes: Partial<SharePolicy>): SharePolicy => ({
  ...{ include: null, exclude: [], fields: null, maxResults: null, ...changes },
})
const POLICIES: readonly SharePolicy[] = [
  policyOf({ exclude: [selector({ tag: 'internal' })] }),
  policyOf({ include: [selector({ agentType: 'a2a' }), selector({ provider: 'acme', tag: 'nlp' })] }),
  policyOf({ include: [] }),
]

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const under = agentsOf(engine)
  const peers = createPeerStore(engine, { secretBox: createTestBox(), clock: under.clock })
  const scopes = await Promise.all(
    POLICIES.map(async (policy, place): Promise<Scope> => {
      const peer = await addPeer(peers, `Peer ${place}`, { sharePolicy: policy })
      return scopeOf(peer.id, policy)
    }),
  )
  return { ...under, peers, scopes }
}

function scopeOf(peerId: PeerId, policy: SharePolicy, revision = 1): Scope {
  return { ...FEDERATED_SCOPE, share: { peerId, revision, policy } }
}

function someFields(random: Random) {
  const provider = random.pick([null, ...SHARED_PROVIDERS])
  return {
    visibility: random.pick([...VISIBILITIES, 'federated', 'federated', 'federated'] as const),
    status: random.pick([...AGENT_STATUSES, 'active', 'active'] as const),
    tags: SHARED_TAGS.slice(0, 2).filter(() => random.next() < 0.5),
    agentType: random.pick(SHARED_TYPES),
    provider: provider === null ? null : { organization: provider, url: null },
  }
}

/** Creates, changes, imports anew or deletes a record. */
async function doSomething({ agents }: AgentsUnderTest, random: Random, live: Map<string, OwnAgent>) {
  const agent = random.next() < 0.2 ? undefined : [...live.values()][random.below(live.size + 1)]
  if (agent === undefined) {
    const made = await createOne(
      agents,
      agentDraft(`Agent ${live.size} ${random.next()}`, someFields(random)),
    )
    live.set(made.id, made)
  } else if (random.next() < 0.2) {
    await deleteOne(agents, agent.id)
    live.delete(agent.id)
  } else if (random.next() < 0.3) {
    await importLines(agents, [importDraft(agent.name, someFields(random), { id: agent.id })])
    const found = await agents.find(agent.id, { widest: 'all', ownerId: null })
    if (found.kind === 'found') live.set(agent.id, found.agent)
  } else live.set(agent.id, await replaceOne(agents, agent, someFields(random)))
}

await forEachEngine('changes feed of peers with a policy', (createDatabase) => {
  test('whoever follows it has what its policy admits, and was never told of anything else', async () => {
    await using database = await createDatabase()
    const under = await open(database)
    const random = createRandom(11)
    const live = new Map<string, OwnAgent>()
    const followers = under.scopes.map((scope) => new Follower(under.agents, scope))
    const everSeen = under.scopes.map(() => new Set<string>())
    for (let step = 0; step < 250; step += 1) {
      await doSomething(under, random, live)
      for (const [place, scope] of under.scopes.entries()) {
        const seen = await revisionsSeen(under.agents, scope)
        for (const id of seen.keys()) everSeen[place]?.add(id)
        if (random.next() < 0.3) {
          await followers[place]?.catchUp(random.pick([1, 3, 1000]))
          assert.deepEqual(followers[place]?.copies, seen)
        }
      }
    }
    for (const [place, follower] of followers.entries()) {
      await follower.catchUp()
      const told = new Set(follower.seen.map(({ id }) => id as string))
      assert.deepEqual(told.difference(everSeen[place] ?? new Set()), new Set())
      assert.ok(follower.seen.some(({ op }) => op === 'delete'))
    }
  })

  test('a deleted record is gone for those who could see it, and was never there for the others', async () => {
    await using database = await createDatabase()
    const { agents, scopes } = await open(database)
    const [bound = FEDERATED_SCOPE, , closed = FEDERATED_SCOPE] = scopes
    const shown = await createOne(agents, agentDraft('Shown', { visibility: 'federated' }))
    const kept = await createOne(agents, agentDraft('Kept', { visibility: 'federated', tags: ['internal'] }))
    const open_ = await createOne(agents, agentDraft('Open'))
    for (const { id } of [shown, kept, open_]) await deleteOne(agents, id)
    const kindFor = async (scope: Scope, { id }: OwnAgent) => (await agents.find(id, scope)).kind
    assert.equal(await kindFor(bound, shown), 'deleted')
    assert.equal(await kindFor(bound, kept), 'absent')
    assert.equal(await kindFor(closed, shown), 'absent')
    for (const scope of [bound, closed]) assert.equal(await kindFor(scope, open_), 'deleted')
    assert.equal(await kindFor(FEDERATED_SCOPE, kept), 'deleted')
  })

  test('another policy, or none, forgets what was lost under the one before, and counts as a new one', async () => {
    await using database = await createDatabase()
    const { agents, peers, engine } = await open(database)
    const [policy = policyOf({})] = POLICIES
    const peer = await addPeer(peers, 'Changing', { sharePolicy: policy })
    const scope = scopeOf(peer.id, policy)
    const agent = await createOne(agents, agentDraft('Lost', { visibility: 'federated' }))
    await replaceOne(agents, agent, { tags: ['internal'] })
    assert.equal((await ask(agents, scope, 0)).changes.length, 1)
    const revision = async () =>
      (
        await engine.db
          .selectFrom('federation_peers')
          .select('share_revision')
          .where('id', '=', peer.id)
          .executeTakeFirstOrThrow()
      ).share_revision
    assert.equal(await revision(), 0)
    await peers.update(peer.id, { sharePolicy: policyOf({ include: [] }) }, OPERATOR)
    assert.equal(await revision(), 1)
    assert.deepEqual((await ask(agents, scope, 0)).changes, [])
    await peers.update(peer.id, { sharePolicy: null }, OPERATOR)
    await peers.update(peer.id, { sharePolicy: null, priority: 4 }, OPERATOR)
    assert.equal(await revision(), 2)
  })

  test('what is forgotten with old tombstones is told by the horizon; a removed peer leaves nothing', async () => {
    await using database = await createDatabase()
    const { agents, peers, engine, clock, scopes } = await open(database)
    const [scope = FEDERATED_SCOPE] = scopes
    const agent = await createOne(agents, agentDraft('Lost', { visibility: 'federated' }))
    await replaceOne(agents, agent, { tags: ['internal'] })
    clock.advance(1_000)
    await purgeTombstones(engine, clock.now())
    assert.equal((await agents.listChanges(scope, { since: 1, limit: 10 })).kind, 'horizon')
    const other = await createOne(agents, agentDraft('Other', { visibility: 'federated' }))
    await replaceOne(agents, other, { tags: ['internal'] })
    for (const { id } of await peers.list()) await peers.delete(id, OPERATOR)
    assert.deepEqual(await engine.db.selectFrom('share_withdrawals').selectAll().execute(), [])
    assert.equal((await agents.list(NO_FILTER, FEDERATED_SCOPE, { after: null, limit: 9 })).length, 2)
  })

  test('a policy narrowed while records are written: no follower of the new one is told of what it cannot see', async () => {
    await using database = await createDatabase()
    const { agents, peers } = await open(database)
    const wide = policyOf({ exclude: [selector({ tag: 'x' })] })
    const narrow = policyOf({ exclude: [selector({ tag: 'x' }), selector({ agentType: 'api' })] })
    const peer = await addPeer(peers, 'Racing', { sharePolicy: wide })
    const records = await Promise.all(
      Array.from({ length: 8 }, (_, place) =>
        createOne(agents, agentDraft(`Agent ${place}`, { visibility: 'federated', agentType: 'api' })),
      ),
    )
    // Under the narrow one it saw none of them, and whoever wrote before it has left nothing behind.
    await Promise.allSettled([
      ...records.map((agent) => replaceOne(agents, agent, { tags: ['x'] })),
      peers.update(peer.id, { sharePolicy: narrow }, OPERATOR),
      ...records.map((agent) => deleteOne(agents, agent.id)),
    ])
    assert.deepEqual((await ask(agents, scopeOf(peer.id, narrow), 0)).changes, [])
  })
})
