import assert from 'node:assert/strict'
import { test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import type { KeyId } from '../../src/domain/principal.ts'
import { hashToken, mintToken } from '../../src/security/tokens.ts'
import { createKeyStore } from '../../src/storage/keys.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { createTestClock, keyDraft, OPERATOR, readAudit, START } from './store-fixtures.ts'

const MINUTE_MS = 60_000

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  return { engine, clock, keys: createKeyStore(engine, { clock }) }
}

const ALONE = { besideOthers: false }

await forEachEngine('key store', (createDatabase, kind) => {
  test('create: a key reads back by its hash, with a new owner or the one it rotates for', async () => {
    await using database = await createDatabase()
    const { keys, engine } = await open(database)
    const draft = keyDraft({ role: 'publisher', expiresAt: START + 1 })
    const key = await keys.create(draft, OPERATOR)
    assert.deepEqual(key, {
      id: key.id,
      ownerId: key.ownerId,
      name: 'laptop',
      role: 'publisher',
      hint: draft.hint,
      createdAt: START,
      expiresAt: START + 1,
      lastUsedAt: null,
      rotatedAt: null,
      revokedAt: null,
      suspendedAt: null,
      suspensionReason: null,
    })
    assert.deepEqual(await keys.findByHash(draft.tokenHash), key)
    const rotated = await keys.create(keyDraft({ ownerId: key.ownerId }), OPERATOR)
    assert.equal(rotated.ownerId, key.ownerId)
    const stranger = await keys.create(keyDraft(), OPERATOR)
    assert.notEqual(stranger.ownerId, key.ownerId)
    assert.deepEqual(await keys.list(), [key, rotated, stranger])
    const [row] = await readAudit(engine)
    assert.deepEqual([row?.action, row?.target, row?.actor], ['key.create', `key:${key.id}`, OPERATOR.id])
    assert.deepEqual(row?.detail, { name: 'laptop', role: 'publisher', owner_id: key.ownerId })
  })

  test('findByHash: a key is not found from its last millisecond on, nor once revoked, nor unknown', async () => {
    await using database = await createDatabase()
    const { keys, clock } = await open(database)
    const [expiring, endless] = [keyDraft({ expiresAt: START + 10 }), keyDraft()]
    await keys.create(expiring, OPERATOR)
    const { id } = await keys.create(endless, OPERATOR)
    clock.advance(9)
    assert.ok(await keys.findByHash(expiring.tokenHash))
    clock.advance(1)
    assert.equal(await keys.findByHash(expiring.tokenHash), undefined)
    assert.equal(await keys.revoke(id, OPERATOR), true)
    assert.equal(await keys.findByHash(endless.tokenHash), undefined)
    assert.equal(await keys.findByHash(hashToken(mintToken('ava'))), undefined)
  })

  test('create: a doubled key leaves nothing behind', async () => {
    await using database = await createDatabase()
    const { keys, engine } = await open(database)
    const draft = keyDraft()
    await keys.create(draft, OPERATOR)
    await assert.rejects(keys.create({ ...draft, role: 'admin' }, OPERATOR))
    assert.deepEqual(
      (await keys.list()).map((key) => key.role),
      ['viewer'],
    )
    assert.equal((await readAudit(engine)).length, 1)
  })

  test('revoke: ends a live key once; the dead and the unknown give false', async () => {
    await using database = await createDatabase()
    const { keys, engine } = await open(database)
    const live = await keys.create(keyDraft(), OPERATOR)
    const expired = await keys.create(keyDraft({ expiresAt: START }), OPERATOR)
    assert.equal(await keys.revoke(live.id, OPERATOR), true)
    for (const id of [live.id, expired.id, uuidv7(), 'nobody']) {
      assert.equal(await keys.revoke(id as KeyId, OPERATOR), false)
    }
    const rows = await readAudit(engine)
    assert.deepEqual(
      rows.map((row) => row.action),
      ['key.create', 'key.create', 'key.revoke'],
    )
  })

  test('rotate: the new key is of the same owner, name and role; both are good in the overlap, then it alone', async () => {
    await using database = await createDatabase()
    const { keys, engine, clock } = await open(database)
    const draft = keyDraft({ role: 'publisher' })
    const old = await keys.create(draft, OPERATOR)
    const next = { tokenHash: hashToken(mintToken('ava')), hint: 'ava_…Xy34', overlapMs: MINUTE_MS }
    const outcome = await keys.rotate(old.id, next, OPERATOR)
    assert.ok(outcome.kind === 'rotated')
    const { id, ownerId, name, role, expiresAt } = outcome.made
    assert.deepEqual([ownerId, name, role, expiresAt], [old.ownerId, 'laptop', 'publisher', null])
    assert.deepEqual(outcome.replaced, { ...old, expiresAt: START + MINUTE_MS, rotatedAt: START })
    const row = (await readAudit(engine)).at(-1)
    assert.deepEqual([row?.action, row?.target], ['key.rotate', `key:${old.id}`])
    assert.deepEqual(row?.detail, { made: id, ends_at: new Date(START + MINUTE_MS).toISOString() })
    clock.advance(MINUTE_MS - 1)
    assert.ok(await keys.findByHash(draft.tokenHash))
    assert.ok(await keys.findByHash(next.tokenHash))
    clock.advance(1)
    assert.equal(await keys.findByHash(draft.tokenHash), undefined)
    assert.ok(await keys.findByHash(next.tokenHash))
  })

  test('rotate: a replaced, a revoked and an unknown key make none', async () => {
    await using database = await createDatabase()
    const { keys } = await open(database)
    const [replaced, revoked] = [
      await keys.create(keyDraft(), OPERATOR),
      await keys.create(keyDraft(), OPERATOR),
    ]
    const rotate = async (id: string) => {
      const draft = { tokenHash: hashToken(mintToken('ava')), hint: '', overlapMs: MINUTE_MS }
      return (await keys.rotate(id as KeyId, draft, OPERATOR)).kind
    }
    await keys.revoke(revoked.id, OPERATOR)
    assert.equal(await rotate(replaced.id), 'rotated')
    assert.equal(await rotate(replaced.id), 'rotated-already')
    for (const id of [revoked.id, uuidv7(), 'nobody', '']) assert.equal(await rotate(id), 'absent')
    assert.equal((await keys.list()).length, 3)
  })

  test('touch: notes the first use, then only what is more than five minutes later', async () => {
    await using database = await createDatabase()
    const { keys, clock } = await open(database)
    const { id } = await keys.create(keyDraft(), OPERATOR)
    const usedAt = async () => {
      await keys.touch(id)
      return (await keys.list())[0]?.lastUsedAt
    }
    assert.equal(await usedAt(), START)
    clock.advance(5 * MINUTE_MS)
    assert.equal(await usedAt(), START)
    clock.advance(1)
    assert.equal(await usedAt(), START + 5 * MINUTE_MS + 1)
  })

  test('bootstrapAdmin: of twenty calls at once, on all replicas, one makes the key', async () => {
    await using database = await createDatabase()
    const { keys, engine, clock } = await open(database)
    const replica = kind === 'postgres' ? createKeyStore(await database.open(), { clock }) : keys
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? keys : replica).bootstrapAdmin(keyDraft(), ALONE),
      ),
    )
    assert.equal(made.filter((key) => key !== undefined).length, 1)
    const [key, ...others] = await keys.list()
    assert.deepEqual(others, [])
    assert.equal(key?.role, 'admin')
    const rows = await readAudit(engine)
    assert.deepEqual(
      rows.map((row) => [row.action, row.actor]),
      [['key.create', 'bootstrap']],
    )
  })

  test('bootstrapAdmin: makes a key only while no admin key is live', async () => {
    await using database = await createDatabase()
    const { keys, clock } = await open(database)
    await keys.create(keyDraft({ role: 'federation-admin' }), OPERATOR)
    const first = await keys.bootstrapAdmin(keyDraft({ role: 'admin', expiresAt: START + 10 }), ALONE)
    assert.ok(first)
    assert.equal(await keys.bootstrapAdmin(keyDraft(), ALONE), undefined)
    clock.advance(10)
    const second = await keys.bootstrapAdmin(keyDraft(), ALONE)
    assert.ok(second)
    await keys.revoke(second.id, OPERATOR)
    assert.ok(await keys.bootstrapAdmin(keyDraft(), ALONE))
  })

  test('bootstrapAdmin: a key of the settings is made beside others, once, and never again after it was revoked', async () => {
    await using database = await createDatabase()
    const { keys } = await open(database)
    await keys.bootstrapAdmin(keyDraft(), ALONE)
    const configured = keyDraft()
    const made = await keys.bootstrapAdmin(configured, { besideOthers: true })
    assert.ok(made)
    assert.equal(await keys.bootstrapAdmin(configured, { besideOthers: true }), undefined)
    await keys.revoke(made.id, OPERATOR)
    await assert.rejects(keys.bootstrapAdmin(configured, { besideOthers: true }), /set a new one/)
  })

  test('bootstrapAdmin: neither revives a revoked key nor makes a lesser one admin', async () => {
    await using database = await createDatabase()
    const { keys } = await open(database)
    const [revoked, lesser] = [keyDraft({ role: 'admin' }), keyDraft()]
    const { id } = await keys.create(revoked, OPERATOR)
    await keys.revoke(id, OPERATOR)
    await keys.create(lesser, OPERATOR)
    await assert.rejects(keys.bootstrapAdmin(revoked, ALONE), /set a new one/)
    await assert.rejects(keys.bootstrapAdmin(lesser, ALONE), /set a new one/)
    assert.equal(await keys.findByHash(revoked.tokenHash), undefined)
    assert.equal((await keys.findByHash(lesser.tokenHash))?.role, 'viewer')
  })
})
