import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createNonceStore } from '../../src/storage/nonces.ts'
import { forEachEngine } from './engines.ts'
import { START } from './store-fixtures.ts'

await forEachEngine('nonces', (createDatabase, kind) => {
  test('a nonce is taken once for each key, and again only when it is forgotten', async () => {
    await using database = await createDatabase()
    const nonces = createNonceStore(await database.open())
    assert.equal(await nonces.use('key', 'one', START + 1_000), true)
    assert.equal(await nonces.use('key', 'one', START + 9_000), false)
    assert.equal(await nonces.use('key', 'two', START + 2_000), true)
    assert.equal(await nonces.use('other key', 'one', START + 2_000), true)
    // Texts are compared as they are: neither by case nor by their end.
    assert.equal(await nonces.use('key', 'ONE', START + 2_000), true)
    assert.equal(await nonces.use('key', 'one ', START + 2_000), true)
    assert.equal(await nonces.purge(START + 1_000), 0)
    assert.equal(await nonces.use('key', 'one', START), false)
    assert.equal(await nonces.purge(START + 1_001), 1)
    assert.equal(await nonces.use('key', 'one', START + 3_000), true)
    assert.equal(await nonces.purge(START + 10_000), 5)
  })

  test('of many at the same moment, over all replicas, one takes it', async () => {
    await using database = await createDatabase()
    const first = await database.open()
    const engines = kind === 'postgres' ? [first, await database.open(), await database.open()] : [first]
    const stores = engines.map(createNonceStore)
    for (let round = 0; round < 20; round += 1) {
      const taken = await Promise.all(
        Array.from({ length: 10 }, (_, copy) =>
          stores[copy % stores.length]?.use('key', `nonce-${round}`, START + 60_000),
        ),
      )
      assert.equal(taken.filter(Boolean).length, 1)
    }
  })
})
