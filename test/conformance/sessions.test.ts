import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashToken, mintToken } from '../../src/security/tokens.ts'
import { toStoredTime } from '../../src/storage/codec.ts'
import { createKeyStore } from '../../src/storage/keys.ts'
import { createSessionStore } from '../../src/storage/sessions.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { createTestClock, dumpTables, keyDraft, OPERATOR, readAudit, START } from './store-fixtures.ts'

const HOUR_MS = 3_600_000

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  const sessions = createSessionStore(engine, { clock })
  return {
    ...{ engine, clock, sessions, keys: createKeyStore(engine, { clock }) },
    async begin(keyId: Parameters<typeof sessions.begin>[0]['keyId'], expiresAt: number = START + HOUR_MS) {
      const token = mintToken('avs')
      await sessions.begin({ keyId, tokenHash: hashToken(token), expiresAt }, 'req-in')
      return hashToken(token)
    },
  }
}

await forEachEngine('session store', (createDatabase) => {
  test('a session is its key, until it ends by itself', async () => {
    await using database = await createDatabase()
    const { keys, sessions, begin, clock } = await open(database)
    const key = await keys.create(keyDraft({ role: 'operator' }), OPERATOR)
    const session = await begin(key.id, START + 10)
    assert.deepEqual(await sessions.findByHash(session), { key, expiresAt: START + 10 })
    assert.equal(await sessions.findByHash(hashToken(mintToken('avs'))), undefined)
    clock.advance(9)
    assert.ok(await sessions.findByHash(session))
    clock.advance(1)
    assert.equal(await sessions.findByHash(session), undefined)
  })

  test('a key has twenty at most: one more ends the oldest, of that key alone', async () => {
    await using database = await createDatabase()
    const { keys, sessions, begin } = await open(database)
    const key = await keys.create(keyDraft({}), OPERATOR)
    const other = await keys.create(keyDraft({}), OPERATOR)
    const ofOther = await begin(other.id)
    const begun: string[] = []
    for (let place = 0; place < 21; place += 1) begun.push(await begin(key.id))
    const found = await Promise.all(begun.map((session) => sessions.findByHash(session)))
    assert.deepEqual(
      found.map((session) => session !== undefined),
      begun.map((_, place) => place > 0),
    )
    assert.ok(await sessions.findByHash(ofOther))
  })

  test('it ends with its key: revoked, expired or replaced; and rests while that is suspended', async () => {
    await using database = await createDatabase()
    const { engine, keys, sessions, begin, clock } = await open(database)
    const [revoked, expiring, replaced, suspended] = await Promise.all(
      [{}, { expiresAt: START + 20 }, {}, {}].map((changes) => keys.create(keyDraft(changes), OPERATOR)),
    )
    assert.ok(revoked && expiring && replaced && suspended)
    const byKey = await Promise.all([revoked, expiring, replaced, suspended].map(({ id }) => begin(id)))
    const [ofRevoked = '', ofExpiring = '', ofReplaced = '', ofSuspended = ''] = byKey
    for (const session of byKey) assert.ok(await sessions.findByHash(session))

    await keys.revoke(revoked.id, OPERATOR)
    assert.equal(await sessions.findByHash(ofRevoked), undefined)
    clock.advance(20)
    assert.equal(await sessions.findByHash(ofExpiring), undefined)

    const next = { tokenHash: hashToken(mintToken('ava')), hint: 'ava_…Ab13', overlapMs: 50 }
    assert.equal((await keys.rotate(replaced.id, next, OPERATOR)).kind, 'rotated')
    assert.ok(await sessions.findByHash(ofReplaced), 'good during the overlap, as its key is')
    clock.advance(50)
    assert.equal(await sessions.findByHash(ofReplaced), undefined)

    const suspend = (suspended_at: string | null) =>
      engine.db.updateTable('api_keys').set({ suspended_at }).where('id', '=', suspended.id).execute()
    await suspend(toStoredTime(START))
    assert.equal(await sessions.findByHash(ofSuspended), undefined)
    await suspend(null)
    assert.ok(await sessions.findByHash(ofSuspended))
  })

  test('signing out ends one session, once, and both acts are told in the audit log as the key’s', async () => {
    await using database = await createDatabase()
    const { engine, keys, sessions, begin } = await open(database)
    const key = await keys.create(keyDraft(), OPERATOR)
    const [one, other] = [await begin(key.id), await begin(key.id)]
    assert.equal(await sessions.end(one, 'req-out'), true)
    assert.equal(await sessions.end(one, 'req-out'), false)
    assert.equal(await sessions.findByHash(one), undefined)
    assert.ok(await sessions.findByHash(other))
    const rows = (await readAudit(engine)).filter(({ action }) => action.startsWith('session.'))
    assert.deepEqual(
      rows.map(({ action, actor, requestId }) => [action, actor, requestId]),
      [
        ['session.create', `key:${key.id}`, 'req-in'],
        ['session.create', `key:${key.id}`, 'req-in'],
        ['session.delete', `key:${key.id}`, 'req-out'],
      ],
    )
    assert.equal(rows[0]?.target, rows[2]?.target)
  })

  test('what has ended is forgotten, and nothing else', async () => {
    await using database = await createDatabase()
    const { keys, sessions, begin } = await open(database)
    const key = await keys.create(keyDraft(), OPERATOR)
    const [ending, lasting] = [await begin(key.id, START + 10), await begin(key.id, START + HOUR_MS)]
    assert.equal(await sessions.purge(START + 10), 0)
    assert.equal(await sessions.purge(START + 11), 1)
    assert.equal(await sessions.end(ending, 'req-out'), false)
    assert.ok(await sessions.findByHash(lasting))
  })

  test('no token is in the database', async () => {
    await using database = await createDatabase()
    const { engine, keys, sessions } = await open(database)
    const key = await keys.create(keyDraft(), OPERATOR)
    const token = mintToken('avs')
    const draft = { keyId: key.id, tokenHash: hashToken(token), expiresAt: START + HOUR_MS }
    await sessions.begin(draft, 'req-in')
    const dump = await dumpTables(engine)
    assert.ok(dump.includes(hashToken(token)))
    assert.ok(!dump.includes(token))
  })
})
