import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerId } from '../domain/agent.ts'
import { AGENT_STATUSES, VISIBILITIES } from '../domain/agent.ts'
import { NOTHING_USED } from '../domain/peer-quota.ts'
import { ROLES, type Scope, scopeOf } from '../domain/principal.ts'
import { audienceCondition, audienceOf, ownerAudience, reaches } from './audiences.ts'
import { migrate } from './migrate.ts'
import { rawCondition } from './raw-condition.ts'
import { openSqliteEngine } from './sqlite/engine.ts'

const ANN = '0199d2f0-0000-7000-8000-0000000000a1' as OwnerId
const BOB = '0199d2f0-0000-7000-8000-0000000000b2' as OwnerId

/** Every scope that a principal can have, and a key whose owner has no records. */
const SCOPES: readonly Scope[] = [
  scopeOf({ kind: 'anonymous' }),
  scopeOf({
    ...{ kind: 'peer', peerId: 'p' as never, tokenId: 't' as never, name: 'Partner' },
    view: { recordsRevision: 1, shareRevision: 0, policy: null, quota: null, used: NOTHING_USED },
  }),
  ...ROLES.flatMap((role) =>
    [ANN, 'nobody' as OwnerId].map((ownerId) =>
      scopeOf({ kind: 'key', keyId: 'k' as never, ownerId, role, name: 'key' }),
    ),
  ),
  { widest: 'local', ownerId: null },
]

test('audienceOf: private, disabled and withheld records belong to their owner, all others to their visibility', () => {
  for (const visibility of VISIBILITIES) {
    for (const status of AGENT_STATUSES) {
      const isOwners = visibility === 'private' || status === 'disabled'
      assert.equal(
        audienceOf({ visibility, status, ownerId: ANN, withheld: null }),
        isOwners ? ownerAudience(ANN) : visibility,
      )
      const withheld = { isOwnerSuspended: true } as const
      assert.equal(audienceOf({ visibility, status, ownerId: ANN, withheld }), ownerAudience(ANN))
    }
  }
})

test('reaches: each class includes the wider ones, owners see their own, and admins everything', () => {
  const seen = (scope: Scope) =>
    ['public', 'federated', 'local', ownerAudience(BOB)].filter((name) =>
      reaches(scope, { name, ownerId: BOB }),
    )
  assert.deepEqual(seen({ widest: 'public', ownerId: null }), ['public'])
  assert.deepEqual(seen({ widest: 'federated', ownerId: null }), ['public', 'federated'])
  assert.deepEqual(seen({ widest: 'local', ownerId: ANN }), ['public', 'federated', 'local'])
  assert.deepEqual(seen({ widest: 'local', ownerId: BOB }).length, 4)
  assert.deepEqual(seen({ widest: 'all', ownerId: null }).length, 4)
})

test('audienceCondition: admits exactly the audiences that the scope reaches', async () => {
  await using engine = openSqliteEngine(':memory:')
  await migrate(engine)
  const owners = [ANN, BOB].map((owner, place) => ({
    id: 3 + place,
    name: ownerAudience(owner),
    documents: 0,
  }))
  await engine.db.insertInto('audiences').values(owners).execute()
  for (const scope of SCOPES) {
    const rows = await engine.db
      .selectFrom('audiences')
      .select('name')
      .where(rawCondition((mark) => audienceCondition('audiences.id', scope, mark)))
      .orderBy('id')
      .execute()
    const expected = ['public', 'federated', 'local', ownerAudience(ANN), ownerAudience(BOB)].filter((name) =>
      reaches(scope, { name, ownerId: name === ownerAudience(ANN) ? ANN : BOB }),
    )
    assert.deepEqual(
      rows.map((row) => row.name),
      expected,
      JSON.stringify(scope),
    )
  }
})

test('audienceCondition: an owner’s text is a parameter, never a part of the statement', () => {
  const hostile = "x') or (1=1) --" as OwnerId
  const parameters: unknown[] = []
  const text = audienceCondition('audience_id', { widest: 'local', ownerId: hostile }, (value) => {
    parameters.push(value)
    return '?'
  })
  assert.ok(!text.includes('1=1'))
  assert.deepEqual(parameters, [ownerAudience(hostile)])
})
