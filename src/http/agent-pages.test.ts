import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { AgentId, Did, OwnAgent, OwnerId } from '../domain/agent.ts'
import { NO_FILTER } from '../domain/discovery.ts'
import type { AgentIndex, AgentStore } from '../domain/ports.ts'
import { FEDERATED_SCOPE, PUBLIC_SCOPE, type Scope } from '../domain/principal.ts'
import { createCursorSealer } from '../security/cursor-seal.ts'
import { findPage, type PageDeps, type PageQuery } from './agent-pages.ts'

const STATISTICS = { documents: 5, documentFrequency: new Map([['nlp', 2]]), isEstimated: false }

function agent(number: number): OwnAgent {
  return {
    ...{
      id: `${number}` as AgentId,
      did: `did:web:r.example:agents:${number}` as Did,
      ownerId: 'o' as OwnerId,
    },
    ...{
      claimedDid: null,
      name: `A${number}`,
      description: '',
      agentType: 'api',
      version: null,
      status: 'active',
    },
    ...{ statusMessage: null, successorDid: null, visibility: 'public', tags: [], skills: [], endpoints: [] },
    ...{ provider: null, authSchemes: [], shareCard: false, cardFormat: null, cardSha256: null },
    ...{ explicitFields: [], createdAt: 1_000 - number, updatedAt: 0, withheld: null, revision: number },
  }
}

const ALL = [1, 2, 3, 4, 5].map(agent)

/** Stores that answer from the list above and keep what they were asked. */
function fakeStores(): PageDeps & { readonly asked: unknown[] } {
  const asked: unknown[] = []
  const list: AgentStore['list'] = async (_filter, _scope, { after, limit }) => {
    asked.push(after)
    const start = after === null ? 0 : ALL.findIndex(({ did }) => did === after.did) + 1
    return ALL.slice(start, start + limit)
  }
  const search: AgentIndex['search'] = async (_search, _scope, { after, limit }) => {
    asked.push(after)
    const start = after === null ? 0 : ALL.findIndex(({ did }) => did === after.did) + 1
    const matches = ALL.slice(start, start + limit).map((found, index) => ({
      agent: found,
      score: 1 / (start + index + 3),
    }))
    const hasMore = start + limit < ALL.length
    return { matches, statistics: after?.statistics ?? STATISTICS, hasMore, revision: ALL.length }
  }
  const agents = { list } as unknown as AgentStore
  return {
    storage: { agents, index: { search } },
    cursors: createCursorSealer([{ kid: 'k', key: randomBytes(32) }]),
    asked,
  }
}

function query(change: Partial<PageQuery> = {}): PageQuery {
  return { search: null, filter: NO_FILTER, scope: PUBLIC_SCOPE, limit: 2, cursor: null, ...change }
}

for (const search of [null, 'nlp']) {
  test(`pages ${search === null ? 'of the newest' : 'of a search'} follow each other without gaps or repeats`, async () => {
    const deps = fakeStores()
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await findPage(query({ search, cursor }), deps)
      seen.push(...page.entries.map((entry) => entry.agent.name))
      cursor = page.cursorAfter(page.entries.length)
    } while (cursor !== null)
    assert.deepEqual(seen, ['A1', 'A2', 'A3', 'A4', 'A5'])
  })
}

test('a page that is cut short goes on behind its last record', async () => {
  const deps = fakeStores()
  const page = await findPage(query(), deps)
  const next = await findPage(query({ cursor: page.cursorAfter(1) }), deps)
  assert.equal(next.entries[0]?.agent.name, 'A2')
})

test('a ranked cursor carries the score and the figures it was made with, unchanged', async () => {
  const deps = fakeStores()
  const page = await findPage(query({ search: 'nlp' }), deps)
  await findPage(query({ search: 'nlp', cursor: page.cursorAfter(2) }), deps)
  assert.deepEqual(deps.asked[1], { score: 1 / 4, did: ALL[1]?.did, statistics: STATISTICS })
})

test('a cursor opens nothing for another question, another asker or another registry', async () => {
  const deps = fakeStores()
  const cursor = (await findPage(query({ search: 'nlp' }), deps)).cursorAfter(2)
  assert.ok(cursor)
  const owner: Scope = { widest: 'local', ownerId: 'o' as OwnerId }
  for (const change of [
    { search: 'other' },
    { search: null },
    { search: 'nlp', scope: FEDERATED_SCOPE },
    { search: 'nlp', scope: owner },
    { search: 'nlp', filter: { ...NO_FILTER, tags: ['x'] } },
  ]) {
    await assert.rejects(findPage(query({ ...change, cursor }), deps), { code: 'invalid-cursor' })
  }
  await assert.rejects(findPage(query({ search: 'nlp', cursor }), fakeStores()), { code: 'invalid-cursor' })
  await assert.rejects(findPage(query({ search: 'nlp', cursor: `${cursor.slice(0, -2)}AA` }), deps), {
    code: 'invalid-cursor',
  })
  await assert.rejects(findPage(query({ cursor: 'x' }), deps), { code: 'invalid-cursor' })
})
