/** No secret leaves by the back door. `test/heavy/canaries.heavy.ts` plants a thousand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachEngine } from '../conformance/engines.ts'
import { runCanaries } from './run-canaries.ts'

await forEachEngine('planted secrets', (createDatabase) => {
  test('none is in database, write-ahead log, log, metrics, exports, command output or any other answer', async (t) => {
    await using database = await createDatabase()
    const { planted, searchedBytes, found } = await runCanaries(t, database, 5)
    t.diagnostic(`${planted} secrets, ${searchedBytes} bytes searched`)
    assert.deepEqual(found, [])
  })
})
