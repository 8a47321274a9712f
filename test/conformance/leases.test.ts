import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLeaseStore } from '../../src/storage/leases.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { createTestClock } from './store-fixtures.ts'

const TTL_MS = 45_000

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  return { engine, clock, leases: createLeaseStore(engine, clock) }
}

await forEachEngine('leases', (createDatabase, kind) => {
  test('claim: the first holder has a lease until its time is over, then the next to come', async () => {
    await using database = await createDatabase()
    const { leases, clock } = await open(database)
    assert.equal(await leases.claim('probe', 'a', TTL_MS), 1)
    assert.equal(await leases.claim('probe', 'b', TTL_MS), undefined)
    assert.equal(await leases.claim('purge', 'b', TTL_MS), 1)
    clock.advance(TTL_MS)
    assert.equal(await leases.claim('probe', 'b', TTL_MS), undefined)
    clock.advance(1)
    assert.equal(await leases.claim('probe', 'b', TTL_MS), 2)
    assert.equal(await leases.claim('probe', 'a', TTL_MS), undefined)
  })

  test('claim: renewing keeps the epoch and starts the time anew, also when it was over', async () => {
    await using database = await createDatabase()
    const { leases, clock } = await open(database)
    for (let round = 0; round < 3; round += 1) {
      assert.equal(await leases.claim('probe', 'a', TTL_MS), 1)
      clock.advance(TTL_MS)
      assert.equal(await leases.claim('probe', 'b', TTL_MS), undefined)
    }
    clock.advance(TTL_MS)
    assert.equal(await leases.claim('probe', 'a', TTL_MS), 1)
    assert.equal(await leases.claim('probe', 'b', TTL_MS), undefined)
  })

  test('release: others have the lease at once, under a greater epoch; a lease of another is left alone', async () => {
    await using database = await createDatabase()
    const { leases } = await open(database)
    await leases.release('probe', 'a')
    assert.equal(await leases.claim('probe', 'a', TTL_MS), 1)
    await leases.release('probe', 'b')
    assert.equal(await leases.claim('probe', 'b', TTL_MS), undefined)
    await leases.release('probe', 'a')
    await leases.release('probe', 'a')
    assert.equal(await leases.claim('probe', 'b', TTL_MS), 2)
    await leases.release('probe', 'b')
    assert.equal(await leases.claim('probe', 'a', TTL_MS), 3)
  })

  test('claim: of 100 at once one wins, as often as the lease is free', async () => {
    await using database = await createDatabase()
    const { leases, clock } = await open(database)
    // Replicas claim over connections of their own.
    const other = kind === 'postgres' ? createLeaseStore(await database.open(), clock) : leases
    for (let round = 1; round <= 3; round += 1) {
      const epochs = await Promise.all(
        Array.from({ length: 100 }, (_, place) =>
          (place % 2 === 0 ? leases : other).claim('probe', `${round}/${place}`, TTL_MS),
        ),
      )
      assert.deepEqual(
        epochs.filter((epoch) => epoch !== undefined),
        [round],
      )
      clock.advance(TTL_MS + 1)
    }
  })
})
