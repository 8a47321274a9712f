import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachEngine } from '../conformance/engines.ts'
import { runPeople } from '../personal/run-people.ts'

const RECORDS = 10_000

await forEachEngine('people in records', (createDatabase) => {
  test(`of those planted in ${RECORDS} records none leaves, but for cards with consent`, async (t) => {
    await using database = await createDatabase()
    const { planted, found, searchedBytes, consentedCards } = await runPeople(t, database, RECORDS)
    t.diagnostic(
      `${planted} planted, ${searchedBytes} bytes searched, ${consentedCards} cards with consent read`,
    )
    assert.ok(planted > RECORDS && consentedCards > 0)
    assert.deepEqual(found, [])
  })
})
