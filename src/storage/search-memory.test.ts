import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeAgent } from '../../test/support/federation.ts'
import type { OwnAgent, OwnerId } from '../domain/agent.ts'
import { NO_FILTER } from '../domain/discovery.ts'
import type { RankedAgents } from '../domain/ports.ts'
import { PUBLIC_SCOPE } from '../domain/principal.ts'
import { createSearchMemory } from './search-memory.ts'

const QUESTION = { text: 'translate', scope: PUBLIC_SCOPE, filter: NO_FILTER, limit: 3 }

const answerOf = (names: readonly string[], hasMore: boolean): RankedAgents => ({
  matches: names.map((name, place) => ({ agent: makeAgent(name) as unknown as OwnAgent, score: 9 - place })),
  statistics: { documents: 5, documentFrequency: new Map(), isEstimated: false },
  ...{ hasMore, revision: 1 },
})

function setUp() {
  let revision = 1
  const memory = createSearchMemory(async () => revision)
  const change = (): void => {
    revision += 1
  }
  /** As for one who asks a second time. */
  const keep: typeof memory.keep = (question, answer) => {
    memory.keep(question, answer)
    memory.keep(question, answer)
  }
  return { memory, keep, change }
}

test('what is asked for the first time is not kept', async () => {
  const { memory } = setUp()
  memory.keep(QUESTION, answerOf(['a'], false))
  assert.equal(await memory.recall(QUESTION), undefined)
  memory.keep({ ...QUESTION, text: 'weather' }, answerOf(['a'], false))
  const answer = answerOf(['a'], false)
  memory.keep(QUESTION, answer)
  assert.equal(await memory.recall(QUESTION), answer)
})

test('what was found is recalled, and shorter pages of it, until a record changes', async () => {
  const { memory, keep, change } = setUp()
  assert.equal(await memory.recall(QUESTION), undefined)
  const answer = answerOf(['a', 'b', 'c'], true)
  keep(QUESTION, answer)
  assert.equal(await memory.recall({ ...QUESTION }), answer)
  const shorter = await memory.recall({ ...QUESTION, limit: 2 })
  assert.deepEqual(shorter, { ...answer, matches: answer.matches.slice(0, 2) })
  assert.equal(await memory.recall({ ...QUESTION, limit: 4 }), undefined, 'there are more to find')
  change()
  assert.equal(await memory.recall(QUESTION), undefined)
})

test('an answer that is all there is holds for longer pages, and knows what a shorter one leaves', async () => {
  const { memory, keep } = setUp()
  keep(QUESTION, answerOf(['a', 'b'], false))
  assert.equal((await memory.recall({ ...QUESTION, limit: 100 }))?.hasMore, false)
  assert.equal((await memory.recall({ ...QUESTION, limit: 1 }))?.hasMore, true)
})

test('who may see other records, or asks for others, is not given that answer', async () => {
  const { memory, keep } = setUp()
  keep(QUESTION, answerOf(['a'], false))
  const owner = { widest: 'local', ownerId: 'ann' as OwnerId } as const
  for (const other of [
    { ...QUESTION, text: 'translate ' },
    { ...QUESTION, scope: owner },
    { ...QUESTION, filter: { ...NO_FILTER, agentType: 'mcp' } },
    { ...QUESTION, filter: { ...NO_FILTER, tags: ['nlp'] } },
    { ...QUESTION, filter: { ...NO_FILTER, provider: 'Acme' } },
  ]) {
    assert.equal(await memory.recall(other), undefined, JSON.stringify(other))
  }
})

test('large records are not remembered by the hundred', async () => {
  const { memory, keep } = setUp()
  const large = makeAgent('large', { description: 'x'.repeat(1_000_000) }) as unknown as OwnAgent
  for (let text = 0; text < 20; text += 1) {
    const answer = { ...answerOf([], false), matches: [{ agent: large, score: 1 }] }
    keep({ ...QUESTION, text: `${text}` }, answer)
  }
  const recalled = await Promise.all(
    Array.from({ length: 20 }, (_, text) => memory.recall({ ...QUESTION, text: `${text}` })),
  )
  assert.equal(recalled.filter((answer) => answer !== undefined).length, 8)
})

test('an answer that nothing was wanted of does not stand for what there is', async () => {
  const { memory, keep } = setUp()
  keep({ ...QUESTION, limit: 0 }, answerOf([], false))
  assert.equal(await memory.recall(QUESTION), undefined)
})
