import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OwnAgent } from '../../src/domain/agent.ts'
import { NO_FILTER } from '../../src/domain/discovery.ts'
import { admitsRecord, type SharePolicy } from '../../src/domain/share-policy.ts'
import { rawCondition } from '../../src/storage/raw-condition.ts'
import { shareCondition } from '../../src/storage/share-condition.ts'
import { arbitraryPolicy, SHARED_TAGS } from '../support/share-policies.ts'
import { agentsOf, EVERYTHING, importDraft, importLines } from './agent-fixtures.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'

const RECORDS = 60

async function fill(database: EngineUnderTest) {
  const engine = await database.open()
  const { agents } = agentsOf(engine)
  const drafts = Array.from({ length: RECORDS }, (_, place) =>
    importDraft(`Agent ${place}`, {
      visibility: 'federated',
      agentType: ['a2a', 'mcp-server', 'api'][place % 3] ?? 'a2a',
      tags: SHARED_TAGS.filter((_, at) => (place >> at) % 2 === 1),
      provider:
        place % 4 === 0
          ? null
          : { organization: ['Acme', 'ÅRHUS Ltd', 'o’neil'][place % 3] ?? '', url: null },
    }),
  )
  await importLines(agents, drafts)
  const all = await agents.list(NO_FILTER, EVERYTHING, { after: null, limit: RECORDS })
  const admitted = async (policy: SharePolicy): Promise<string[]> => {
    const rows = await engine.db
      .selectFrom('agents as a')
      .select('a.id')
      .where(rawCondition((mark) => shareCondition(policy, 'a', mark)))
      .execute()
    return rows.map(({ id }) => id).toSorted()
  }
  return { all, admitted }
}

const idsOf = (agents: readonly OwnAgent[]): string[] => agents.map(({ id }) => id).toSorted()

await forEachEngine('share condition', (createDatabase) => {
  test('the database admits the very records that the rule does', async () => {
    await using database = await createDatabase()
    const { all, admitted } = await fill(database)
    const ids = idsOf(all)
    let [some, whole] = [0, 0]
    await fc.assert(
      fc.asyncProperty(arbitraryPolicy(ids), async (policy) => {
        const expected = idsOf(all.filter((agent) => admitsRecord(policy, agent)))
        if (expected.length === RECORDS) whole += 1
        else if (expected.length > 0) some += 1
        assert.deepEqual(await admitted(policy), expected)
      }),
      { numRuns: 300, endOnFailure: true },
    )
    assert.ok(some > 30 && whole > 3, `policies that share a part: ${some}, all: ${whole}`)
  })

  test('a record without a provider is neither that of one nor kept back for it', async () => {
    await using database = await createDatabase()
    const { all, admitted } = await fill(database)
    const without = all.filter(({ provider }) => provider === null)
    const acme = { agentType: null, tag: null, provider: 'acme', id: null }
    const policy = { include: null, exclude: [acme], fields: null, maxResults: null }
    const shared = await admitted(policy)
    assert.ok(without.length > 0 && without.every(({ id }) => shared.includes(id)))
  })
})
