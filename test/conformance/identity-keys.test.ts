import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findSigningKey } from '../../src/domain/identity.ts'
import { SecretBoxError } from '../../src/domain/secrets.ts'
import { mintKeyPair } from '../../src/security/ed25519-key.ts'
import { createIdentityStore } from '../../src/storage/identity-keys.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { createTestBox, createTestClock, dumpTables, OPERATOR, readAudit, START } from './store-fixtures.ts'

const DAY = 86_400_000

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  const secretBox = createTestBox()
  return { engine, clock, secretBox, identity: createIdentityStore(engine, { secretBox, clock }) }
}

await forEachEngine('identity keys', (createDatabase, kind) => {
  test('the first key is made once, sealed, and audited; later ones are not taken', async () => {
    await using database = await createDatabase()
    const { engine, identity, clock } = await open(database)
    const [first, second] = [mintKeyPair(), mintKeyPair()]
    assert.equal(await identity.hasKeys(), false)
    await identity.ensureFirst(first)
    await identity.ensureFirst(second)
    assert.equal(await identity.hasKeys(), true)
    const times = { createdAt: START, signsFrom: START, publishedUntil: null }
    assert.deepEqual(await identity.list(), [{ ...first, ...times }])
    assert.equal((await dumpTables(engine)).includes(first.d), false)
    const audit = (await readAudit(engine)).map(({ actor, action, target }) => [actor, action, target])
    assert.deepEqual(audit, [['bootstrap', 'identity.create', `identity:${first.thumbprint}`]])
    const other = createIdentityStore(engine, { secretBox: createTestBox(), clock })
    assert.equal(await other.hasKeys(), true)
    await assert.rejects(other.list(), SecretBoxError)
  })

  test('a rotation lets the key in use sign through the overlap, and shows it for as long again', async () => {
    await using database = await createDatabase()
    const { engine, identity, clock } = await open(database)
    const [first, second, third] = [mintKeyPair(), mintKeyPair(), mintKeyPair()]
    await identity.ensureFirst(first)
    clock.advance(1_000)
    const now = clock.now()
    assert.equal(await identity.rotate(second, { overlapMs: DAY }, OPERATOR), 'rotated')
    const shown = async () => (await identity.list()).map(({ thumbprint }) => thumbprint)
    const signing = async () => findSigningKey(await identity.list(), clock.now())?.thumbprint
    assert.deepEqual(await shown(), [second.thumbprint, first.thumbprint])
    assert.equal(await signing(), first.thumbprint)
    assert.equal(await identity.rotate(third, { overlapMs: DAY }, OPERATOR), 'pending')
    clock.advance(DAY - 1)
    assert.equal(await signing(), first.thumbprint)
    clock.advance(1)
    assert.equal(await signing(), second.thumbprint)
    assert.deepEqual(await shown(), [second.thumbprint, first.thumbprint])
    assert.equal(await identity.purge(clock.now()), 0)
    clock.advance(DAY)
    assert.equal(clock.now(), now + 2 * DAY)
    assert.deepEqual(await shown(), [second.thumbprint])
    assert.equal(await identity.purge(clock.now() + 1), 1)
    const [, row] = await readAudit(engine)
    assert.equal(row?.action, 'identity.rotate')
    assert.equal(row?.target, `identity:${second.thumbprint}`)
    assert.deepEqual(row?.detail, { former: first.thumbprint, overlap_seconds: 86_400 })
  })

  test('a rotation without overlap ends every other key at once, one on its way included', async () => {
    await using database = await createDatabase()
    const { identity, clock } = await open(database)
    await identity.ensureFirst(mintKeyPair())
    await identity.rotate(mintKeyPair(), { overlapMs: DAY }, OPERATOR)
    const last = mintKeyPair()
    assert.equal(await identity.rotate(last, { overlapMs: 0 }, OPERATOR), 'rotated')
    const keys = await identity.list()
    assert.deepEqual(
      keys.map(({ thumbprint }) => thumbprint),
      [last.thumbprint],
    )
    assert.equal(findSigningKey(keys, clock.now())?.thumbprint, last.thumbprint)
  })

  if (kind === 'postgres') {
    test('replicas that start and rotate together agree on one key', async () => {
      await using database = await createDatabase()
      const clock = createTestClock()
      const secretBox = createTestBox()
      const stores = await Promise.all(
        [1, 2, 3].map(async () => createIdentityStore(await database.open(), { secretBox, clock })),
      )
      await Promise.all(stores.map((store) => store.ensureFirst(mintKeyPair())))
      const lists = await Promise.all(stores.map((store) => store.list()))
      assert.equal(new Set(lists.flat().map(({ thumbprint }) => thumbprint)).size, 1)
      const outcomes = await Promise.all(
        stores.map((store) => store.rotate(mintKeyPair(), { overlapMs: DAY }, OPERATOR)),
      )
      assert.deepEqual(outcomes.sort(), ['pending', 'pending', 'rotated'])
      assert.equal((await stores[0]?.list())?.length, 2)
    })
  }
})
