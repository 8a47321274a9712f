import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCanaries } from '../canaries/run-canaries.ts'
import { forEachEngine } from '../conformance/engines.ts'

const SECRETS = 1_000
const SECRETS_A_ROUND = 10

await forEachEngine('planted secrets', (createDatabase) => {
  test(`none of ${SECRETS} is found anywhere`, async (t) => {
    await using database = await createDatabase()
    const rounds = Math.ceil(SECRETS / SECRETS_A_ROUND)
    const { planted, searchedBytes, found } = await runCanaries(t, database, rounds)
    t.diagnostic(`${planted} secrets, ${searchedBytes} bytes searched`)
    assert.ok(planted >= SECRETS)
    assert.deepEqual(found, [])
  })
})
