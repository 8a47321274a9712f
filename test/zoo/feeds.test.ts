/** Peers that lie in their feeds of changes, and in their health: what others have stays where it is. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { wireAgent } from '../support/federation.ts'
import { discover, namesOf, publish } from '../support/records.ts'
import { enrol, type RunningRegistry, startRegistry } from '../support/registry.ts'
import { type Asked, startScriptedRegistry, type Told } from '../support/scripted-registry.ts'

type Named = { readonly id: string; readonly did: string }

/** What a lying feed is made of. */
type Feed = {
  /** Records of others: of ours, and of the honest peer. */
  readonly others: readonly Named[]
  /** How often it was asked. */
  readonly asked: number
  readonly since: number
}

type Lie = {
  readonly changes: (feed: Feed) => Told
  /** Most questions that one look at the peer costs. */
  readonly most?: number
}

const EVERY_SECOND = { FEDERATION_HEALTH_CHECK_INTERVAL: '1' }

const told = (body: object): Told => ({ headers: { 'content-type': 'application/json' }, body })
const page = (changes: readonly object[], more: object = {}): Told =>
  told({ changes, next: 1, epoch: 'e', ...more })
const gone = ({ id, did }: Named): object => ({
  seq: 1,
  id,
  did,
  op: 'delete',
  updated_at: '2026-01-01T00:00:00Z',
})

const LIES: Readonly<Record<string, Lie>> = {
  'deletes what others have': { changes: ({ others }) => page(others.map(gone)) },
  'changes what others have': {
    changes: ({ others }) => page(others.map((one) => ({ ...gone(one), op: 'upsert' }))),
  },
  'deletes what others have, under names of its own': {
    changes: ({ others }) => page(others.map((one) => gone({ ...one, id: 'mine' }))),
  },
  'begins another sequence each time': {
    changes: ({ asked }) => page([], { epoch: `e${asked}` }),
  },
  'has no epoch': { changes: () => page([], { epoch: '' }) },
  'has an epoch of 100 KB': { changes: () => page([], { epoch: 'e'.repeat(100_000) }) },
  'never comes to an end': {
    changes: ({ since }) =>
      page([gone({ id: `${since}`, did: `did:web:x.example:${since}` })], { next: since + 1, more: true }),
    most: 20,
  },
  'goes round in a circle': { changes: () => page([], { next: 0, more: true }), most: 20 },
  'goes back below zero': { changes: () => page([], { next: -1 }) },
  'goes on to where no numbers are': { changes: () => page([], { next: 1e308 }) },
  'has changes that are none': { changes: () => page([{ op: 'drop table' }]) },
  'changes members of every object': {
    changes: () => ({
      headers: { 'content-type': 'application/json' },
      body: '{"__proto__":{"changes":[]},"constructor":{"prototype":{"poisoned":true}},"changes":[{"__proto__":{"op":"delete"},"id":"a","did":"b"}],"next":1,"epoch":"e"}',
    }),
  },
  'is too long to read': {
    changes: () => page(Array(20_000).fill(gone({ id: 'a'.repeat(50), did: 'did:web:a' }))),
  },
  'says that it is too old, and to begin anew, each time': {
    changes: () => ({ ...told({ next: 0, epoch: 'e' }), status: 410 }),
  },
  'sends us elsewhere': {
    changes: () => ({ status: 307, headers: { location: 'http://127.0.0.1:1/' }, body: '' }),
  },
}

async function startLiar(t: TestContext, lie: Lie, others: () => readonly Named[]) {
  let asked = 0
  const liar = await startScriptedRegistry((question: Asked): Told => {
    if (question.target.startsWith('/health')) return told({ status: 'healthy', agent_count: 1 })
    if (question.target.startsWith('/changes')) {
      asked += 1
      const since = Number(new URL(question.target, liar.url).searchParams.get('since') ?? 0)
      return lie.changes({ others: others(), asked, since })
    }
    return told({ agents: [wireAgent(liar.url, 'own', { name: 'Ferry of a liar' })], next_cursor: null })
  })
  t.after(() => liar[Symbol.asyncDispose]())
  return liar
}

/** Shown without asking anyone but its registry, which is down. */
async function isKept(harbor: RunningRegistry, { did }: Named): Promise<boolean> {
  const found = await harbor.call('GET', `/discovery/agents/${encodeURIComponent(did)}`)
  return found.status === 200
}

async function isSynced(harbor: RunningRegistry, peerId: string): Promise<boolean> {
  const peer = await harbor.succeed<{ last_sync: string | null }>('GET', `/federation/peers/${peerId}`)
  return peer.last_sync !== null
}

test(`${Object.keys(LIES).length} feeds that lie: nobody but the liar loses a record, and each look at it ends`, async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor', env: EVERY_SECOND })
  const lumen = await startRegistry(t, { name: 'Lumen' })
  const { peerId } = await enrol(harbor, lumen)
  const ours = await publish(harbor, { name: 'Ferry of ours' })
  const theirs = await publish(lumen, { name: 'Ferry of Lumen' })
  const liars = await Promise.all(
    Object.entries(LIES).map(async ([name, lie]) => {
      const liar = await startLiar(t, lie, () => [ours, theirs])
      await harbor.succeed('POST', '/federation/peers', {
        body: { name, registry_url: liar.url },
      })
      return { name, lie, liar }
    }),
  )
  const patience = AbortSignal.timeout(10_000)
  // What was fetched before a peer's changes were first looked at does not count from then on.
  while (!(await isSynced(harbor, peerId))) await sleep(50, undefined, { signal: patience })
  const before = await discover(harbor, 'search=ferry&limit=100')
  assert.equal(namesOf(before).length, liars.length + 2)
  await lumen.stop() // from now on its record is kept here and nowhere else
  // It is written a moment after it was seen.
  while (!(await isKept(harbor, theirs))) await sleep(50, undefined, { signal: patience })
  for (const { name, lie, liar } of liars) {
    const asked = (path: string): number => liar.asked.filter(({ target }) => target.startsWith(path)).length
    const rounds = AbortSignal.timeout(30_000)
    while (asked('/changes') < 3) await sleep(50, undefined, { signal: rounds })
    // Each look is a question for health and as many for changes as one look may cost.
    const questions = asked('/changes')
    assert.ok(questions <= (lie.most ?? 1) * asked('/health'), `${name}: ${questions} questions`)
    assert.ok(await isKept(harbor, theirs), `${name}: the record of the honest peer`)
    assert.equal((await harbor.call('GET', `/agents/${ours.id}`)).status, 200, `${name}: our own record`)
  }
  assert.equal(({} as { poisoned?: boolean }).poisoned, undefined)
})

test('health that lies is not health: other shapes, too much of it and figures without sense', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const JSON_TYPE = { 'content-type': 'application/json' }
  const answers: Readonly<Record<string, Told>> = {
    'a list': { headers: JSON_TYPE, body: [] },
    'no status': { headers: JSON_TYPE, body: { agent_count: 1 } },
    'a status that is a list': { headers: JSON_TYPE, body: { status: ['healthy'] } },
    'another type': { headers: { 'content-type': 'text/html' }, body: { status: 'healthy' } },
    'two megabytes': { headers: JSON_TYPE, body: { status: 'a'.repeat(2 << 20) } },
  }
  for (const [name, answer] of Object.entries(answers)) {
    await using peer = await startScriptedRegistry(() => answer)
    const added = await harbor.succeed<{ health_status: string; probe: { problem?: string } }>(
      'POST',
      '/federation/peers',
      { body: { name, registry_url: peer.url } },
    )
    assert.notEqual(added.health_status, 'healthy', name)
    assert.match(added.probe.problem ?? '', /^[A-Z].*\.$/, name)
  }
  for (const count of [-1, 1e308, 0.5, '7', null, [1]]) {
    await using peer = await startScriptedRegistry(() => told({ status: 'healthy', agent_count: count }))
    const added = await harbor.succeed<{ agent_count: number }>('POST', '/federation/peers', {
      body: { name: `Counts ${JSON.stringify(count)}`, registry_url: peer.url },
    })
    assert.equal(added.agent_count, 0, `${JSON.stringify(count)} agents`)
  }
})
