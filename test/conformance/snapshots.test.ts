import assert from 'node:assert/strict'
import { test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import { createSnapshotStore } from '../../src/storage/snapshots.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import { createTestClock, START } from './store-fixtures.ts'

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  const countRows = async () =>
    (await engine.db.selectFrom('discovery_snapshots').select('id').execute()).length
  return { clock, countRows, snapshots: createSnapshotStore(engine, clock) }
}

await forEachEngine('snapshots', (createDatabase) => {
  test('a state comes back as it was, whatever JSON it is, and is replaced whole', async () => {
    await using database = await createDatabase()
    const { snapshots } = await open(database)
    const id = uuidv7()
    const expiresAt = START + 600_000
    const states: unknown[] = [
      { query: 'a\0b \ud800 übersetzen 翻訳', statistics: { documents: 1e21, df: { nlp: 0.1 } }, z: 1, a: 2 },
      [null, true, -0.5, '"', '', []],
      'a text',
      '{"not": "parsed twice"}',
      7,
      false,
      null,
    ]
    for (const state of states) {
      await snapshots.put({ id, state, expiresAt })
      const found = await snapshots.find(id)
      assert.deepEqual(found, { state, expiresAt })
      assert.equal(JSON.stringify(found?.state), JSON.stringify(state))
    }
    assert.deepEqual(await snapshots.find(id.toUpperCase()), { state: null, expiresAt })
  })

  test('find: text that is no identifier, and unknown ones, find nothing', async () => {
    await using database = await createDatabase()
    const { snapshots } = await open(database)
    const id = uuidv7()
    await snapshots.put({ id, state: {}, expiresAt: START + 1 })
    for (const text of ['', 'x', `${id} `, "' or 1=1 --", 'a\0b', uuidv7()]) {
      assert.equal(await snapshots.find(text), undefined, JSON.stringify(text))
    }
  })

  test('a snapshot is not found from its last millisecond on, and purged after it', async () => {
    await using database = await createDatabase()
    const { snapshots, clock, countRows } = await open(database)
    const [first, second] = [uuidv7(), uuidv7()]
    await snapshots.put({ id: first, state: 1, expiresAt: START + 1000 })
    await snapshots.put({ id: second, state: 2, expiresAt: START + 2000 })
    clock.advance(999)
    assert.equal((await snapshots.find(first))?.state, 1)
    clock.advance(1)
    assert.equal(await snapshots.find(first), undefined)
    assert.equal(await countRows(), 2)
    assert.equal(await snapshots.purge(START + 1001), 1)
    assert.equal(await countRows(), 1)
    assert.equal((await snapshots.find(second))?.state, 2)
    // Kept alive by being put again.
    await snapshots.put({ id: second, state: 3, expiresAt: START + 9000 })
    assert.equal(await snapshots.purge(START + 3000), 0)
    clock.advance(5000)
    assert.equal((await snapshots.find(second))?.state, 3)
  })
})
