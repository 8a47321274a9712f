import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { mintKeyPair } from '../../src/security/ed25519-key.ts'
import {
  createKeyRing,
  formatKeyRing,
  type KeyRing,
  parseKeyRing,
  withNewKey,
} from '../../src/security/key-ring.ts'
import { createSecretBox } from '../../src/security/secret-box.ts'
import { hashToken } from '../../src/security/tokens.ts'
import type { Engine } from '../../src/storage/engine.ts'
import { createIdentityStore } from '../../src/storage/identity-keys.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { createSecretStore, SEALED_COLUMNS } from '../../src/storage/secrets.ts'
import { createTokenStore } from '../../src/storage/tokens.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import {
  addPeer,
  createTestClock,
  dumpTables,
  findSealed,
  OPERATOR,
  readAudit,
  tokenDraft,
} from './store-fixtures.ts'

const PEERS = 120 // more than a batch

/** What a process with this ring sees of the database. */
function opened(engine: Engine, ring: KeyRing) {
  const deps = { secretBox: createSecretBox(ring), clock: createTestClock() }
  return {
    ...deps,
    secrets: createSecretStore(engine, deps),
    peers: createPeerStore(engine, deps),
    tokens: createTokenStore(engine, deps),
  }
}

async function filled(database: EngineUnderTest, ring: KeyRing, peers = PEERS) {
  const engine = await database.open()
  const under = opened(engine, ring)
  const added = []
  for (let place = 0; place < peers; place += 1) {
    const given = { apiKey: `key ${place}`, signingSecret: place % 3 === 0 ? `secret ${place}` : null }
    const peer = await addPeer(under.peers, `Peer ${place}`, given)
    const token = tokenDraft(peer.id, { tokenHash: hashToken(`${place}`), hmacSecret: `hmac ${place}` })
    await under.tokens.create(token, OPERATOR)
    added.push({ ...given, id: peer.id, place })
  }
  return { engine, added, ...under }
}

/** Everything opens with these stores, to what was put in. */
async function assertAllOpen(
  { peers, tokens }: Pick<ReturnType<typeof opened>, 'peers' | 'tokens'>,
  added: Awaited<ReturnType<typeof filled>>['added'],
): Promise<void> {
  for (const { id, place, ...given } of added) {
    assert.deepEqual(await peers.getCredentials(id), given)
    assert.equal((await tokens.findByHash(hashToken(`${place}`)))?.hmacSecret, `hmac ${place}`)
  }
}

/** The ring once its old keys were dropped. */
function onlyFirst(ring: KeyRing): KeyRing {
  return parseKeyRing(formatKeyRing(ring).split(',')[0] ?? '')
}

async function spoil(engine: Engine, id: string, value: string): Promise<void> {
  await sql`update federation_peers set api_key = ${value} where id = ${id}`.execute(engine.db)
}

await forEachEngine('secrets', (createDatabase) => {
  test('rotation brings every secret under the new key; the old one may then go', async () => {
    await using database = await createDatabase()
    const ring = createKeyRing()
    const { engine, added, secrets } = await filled(database, ring)
    const count = PEERS * 2 + PEERS / 3
    await secrets.checkRing()
    assert.deepEqual(await secrets.survey(), {
      keys: [{ kid: 'k1', secrets: count, isInRing: true }],
      unreadable: [],
    })
    const newRing = withNewKey(ring)
    const both = opened(engine, newRing)
    await both.secrets.checkRing()
    await assertAllOpen(both, added)
    const told: number[] = []
    assert.deepEqual(await both.secrets.rewrap(OPERATOR, (done) => told.push(done)), {
      rewrapped: count,
      unreadable: [],
    })
    assert.deepEqual(told, [100, 120, 160, 260, 280])
    assert.deepEqual((await both.secrets.survey()).keys, [
      { kid: 'k2', secrets: count, isInRing: true },
      { kid: 'k1', secrets: 0, isInRing: true },
    ])
    assert.equal((await both.secrets.rewrap(OPERATOR)).rewrapped, 0)
    const rotations = (await readAudit(engine)).filter(({ action }) => action === 'secrets.rotate')
    const detail = { key: 'k2', secrets: 100 }
    assert.deepEqual(
      rotations.slice(0, 1).map(({ target, detail }) => ({ target, detail })),
      [{ target: 'secrets:federation_peers.api_key', detail }],
    )
    const newest = opened(engine, onlyFirst(newRing))
    await newest.secrets.checkRing()
    await assertAllOpen(newest, added)
  })

  test('a secret that does not open spoils its own row, is named, and stays as it is', async () => {
    await using database = await createDatabase()
    const ring = createKeyRing()
    const { engine, added, secrets, peers } = await filled(database, ring, 4)
    await secrets.checkRing()
    const [plain, moved, from, good] = added.map(({ id }) => id)
    assert.ok(plain && moved && from && good)
    await spoil(engine, plain, 'plain text')
    const { rows } = await sql<{
      api_key: string
    }>`select api_key from federation_peers where id = ${from}`.execute(engine.db)
    await spoil(engine, moved, rows[0]?.api_key ?? '')
    const place = { table: 'federation_peers', column: 'api_key' }
    const expected = [
      { ...place, id: plain, reason: 'malformed' },
      { ...place, id: moved, reason: 'tampered' },
    ]
    await secrets.checkRing()
    assert.deepEqual((await secrets.survey()).unreadable, expected)
    const both = opened(engine, withNewKey(ring))
    await both.secrets.checkRing()
    assert.deepEqual((await both.secrets.rewrap(OPERATOR)).unreadable, expected)
    for (const id of [plain, moved]) await assert.rejects(both.peers.getCredentials(id))
    assert.equal((await both.peers.getCredentials(good)).apiKey, 'key 3')
    await peers.update(plain, { apiKey: 'given anew' }, OPERATOR)
    assert.equal((await both.peers.getCredentials(plain)).apiKey, 'given anew')
  })

  test('a key that secrets need and the ring has not is refused, and so is another of the same name', async () => {
    await using database = await createDatabase()
    const ring = createKeyRing()
    const { engine, added, secrets } = await filled(database, ring, 2)
    await secrets.checkRing()
    const before = await dumpTables(engine)
    const withoutOld = opened(engine, onlyFirst(withNewKey(ring)))
    await assert.rejects(withoutOld.secrets.checkRing(), /not in the key ring \(k2\): "k1" \(5\)/)
    assert.deepEqual((await withoutOld.secrets.survey()).keys, [
      { kid: 'k2', secrets: 0, isInRing: true },
      { kid: 'k1', secrets: 5, isInRing: false },
    ])
    const another = opened(engine, createKeyRing())
    await assert.rejects(another.secrets.checkRing(), /"k1" .* another of the same name/)
    assert.equal(await dumpTables(engine), before)
    await assertAllOpen(opened(engine, ring), added)
  })

  test('a wrong key is refused also where no known text was kept yet, and never takes the place of the right one', async () => {
    await using database = await createDatabase()
    const ring = createKeyRing()
    const { engine, secrets } = await filled(database, ring, 2)
    await assert.rejects(opened(engine, createKeyRing()).secrets.checkRing(), /another of the same name/)
    await secrets.checkRing()
    const kept = engine.db.selectFrom('registry_meta').select('value').where('name', '=', 'key_check:k1')
    const { value } = await kept.executeTakeFirstOrThrow()
    // The known text was damaged, the key is right: no reason to refuse.
    await engine.db
      .updateTable('registry_meta')
      .set({ value: 'x' })
      .where('name', '=', 'key_check:k1')
      .execute()
    await secrets.checkRing()
    assert.notEqual((await kept.executeTakeFirstOrThrow()).value, value)
    await assert.rejects(opened(engine, createKeyRing()).secrets.checkRing(), /another of the same name/)
  })

  test('with no secrets left, another ring may begin anew', async () => {
    await using database = await createDatabase()
    const { engine, added, peers, secrets } = await filled(database, createKeyRing(), 2)
    await secrets.checkRing()
    assert.equal(await secrets.hasAny(), true)
    for (const { id } of added) await peers.delete(id, OPERATOR)
    assert.equal(await secrets.hasAny(), false)
    await opened(engine, createKeyRing()).secrets.checkRing()
  })

  test('a change during a rotation is not lost', async () => {
    await using database = await createDatabase()
    const ring = createKeyRing()
    const { engine, added, peers } = await filled(database, ring)
    const changed = added.filter(({ place }) => place % 2 === 0).map((one) => ({ ...one, apiKey: 'new' }))
    const newRing = withNewKey(ring)
    const both = opened(engine, newRing)
    await Promise.all([
      both.secrets.rewrap(OPERATOR),
      ...changed.map(({ id }) => peers.update(id, { apiKey: 'new' }, OPERATOR)),
    ])
    await both.secrets.rewrap(OPERATOR)
    await assertAllOpen(opened(engine, onlyFirst(newRing)), [
      ...changed,
      ...added.filter(({ place }) => place % 2 === 1),
    ])
  })

  test('every place that holds sealed secrets is among those that are counted and rotated', async () => {
    await using database = await createDatabase()
    const { engine, secretBox, secrets, clock, peers, added } = await filled(database, createKeyRing(), 1)
    for (const { id } of added) {
      await peers.update(id, { clientCertificate: 'certificate', clientKey: 'client key' }, OPERATOR)
      assert.equal(await peers.getClientKey(id), 'client key')
    }
    await createIdentityStore(engine, { secretBox, clock }).ensureFirst(mintKeyPair())
    await secrets.checkRing()
    const known = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`)
    assert.deepEqual(
      [...(await findSealed(engine, secretBox))].sort(),
      [...known, 'registry_meta.value'].sort(),
    )
  })
})
