import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestStore, makeAgent } from '../../test/support/federation.ts'
import type { OwnerId } from '../domain/agent.ts'
import { NO_FILTER } from '../domain/discovery.ts'
import { PUBLIC_SCOPE, type Scope } from '../domain/principal.ts'
import { createLocalSearch } from './local-search.ts'

const QUESTION = { search: 'translate', filter: NO_FILTER, limit: 2 }
const KEY_HOLDER: Scope = { widest: 'local', ownerId: 'ann' as OwnerId }

/** Three records that match, in a store that counts its searches and whose revision the test raises. */
function createCounted() {
  const store = createTestStore(['translate', 'translate it', 'translate them'].map((id) => makeAgent(id)))
  let [searches, revision] = [0, 1]
  const search = createLocalSearch({
    index: {
      async search(...asked) {
        searches += 1
        return { ...(await store.index.search(...asked)), revision }
      },
    },
    agents: {
      list(...asked) {
        searches += 1
        return store.agents.list(...asked)
      },
      lastRevision: async () => revision,
      count: async () => 1,
    },
  })
  const raise = (): void => {
    revision += 1
  }
  return { search, searches: () => searches, raise }
}

test('while no record changes, the same question is answered once, with the very same answer', async () => {
  const { search, searches, raise } = createCounted()
  const first = await search.find(QUESTION, PUBLIC_SCOPE)
  assert.equal(first.matches.length, 2)
  assert.equal(await search.find({ ...QUESTION }, { ...PUBLIC_SCOPE }), first)
  assert.equal(searches(), 1)
  raise()
  assert.notEqual(await search.find(QUESTION, PUBLIC_SCOPE), first)
  assert.equal(searches(), 2)
})

test('who may see other records, or asks for others, does not get that answer', async () => {
  const { search, searches } = createCounted()
  await search.find(QUESTION, PUBLIC_SCOPE)
  await search.find(QUESTION, KEY_HOLDER)
  await search.find(QUESTION, { ...KEY_HOLDER, ownerId: 'bob' as OwnerId })
  await search.find({ ...QUESTION, limit: 3 }, PUBLIC_SCOPE)
  await search.find({ ...QUESTION, search: 'translate ' }, PUBLIC_SCOPE)
  await search.find({ ...QUESTION, filter: { ...NO_FILTER, tags: ['nlp'] } }, PUBLIC_SCOPE)
  assert.equal(searches(), 6)
})

test('without search the newest come unscored, and whether there are more', async () => {
  const { search } = createCounted()
  const page = await search.find({ ...QUESTION, search: null }, PUBLIC_SCOPE)
  assert.deepEqual([page.matches.length, page.hasMore, page.statistics], [2, true, null])
  assert.ok(page.matches.every(({ score }) => score === null))
  const all = await search.find({ ...QUESTION, search: null, limit: 3 }, PUBLIC_SCOPE)
  assert.deepEqual([all.matches.length, all.hasMore], [3, false])
})

test('a fault of the storage is thrown, and not remembered', async () => {
  let isBroken = true
  const store = createTestStore([makeAgent('translate')])
  const search = createLocalSearch({
    ...store,
    index: {
      async search(...asked) {
        if (isBroken) throw new Error('the database is gone')
        return store.index.search(...asked)
      },
    },
  })
  await assert.rejects(search.find(QUESTION, PUBLIC_SCOPE), /database is gone/)
  isBroken = false
  assert.equal((await search.find(QUESTION, PUBLIC_SCOPE)).matches.length, 1)
})
