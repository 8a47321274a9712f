/**
 * What somebody with the database's password can do to the audit log, at random places: `TAMPERINGS` times to a log of
 * 1,000 rows, 20 times to one of 100,000, on either engine. With the head that was signed before, all of it shows; and
 * the log as it was raises no alarm, before and after each.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSpan } from '../../src/storage/audit-chain.ts'
import { forEachEngine } from '../conformance/engines.ts'
import { checkChain, disarm, fillChain, TAMPERINGS, tamper } from '../support/audit-chain.ts'
import { createRandom } from '../support/random.ts'

const LOGS = [
  { rows: 1_000, times: Number(process.env.TAMPERINGS ?? 1_000) },
  { rows: 100_000, times: 20 },
]
const SEED = Number(process.env.TAMPERING_SEED ?? 1)

await forEachEngine('tampering', (createDatabase) => {
  for (const { rows, times } of LOGS) {
    test(`${times} times with ${rows} rows: all found, no false alarm`, async (t) => {
      await using database = await createDatabase()
      const engine = await database.open()
      await disarm(engine)
      await fillChain(engine, rows)
      const { head } = await readSpan(engine.db)
      const random = createRandom(SEED)
      const [found, alone] = [new Map<string, number>(), new Map<string, number>()]
      for (let time = 0; time < times; time += 1) {
        const kind = TAMPERINGS[time % TAMPERINGS.length] ?? 'change'
        const undo = await tamper(engine, kind, random)
        const verdict = await checkChain(engine, [head], 5_000)
        assert.ok(!verdict.isWhole, `time ${time}: ${kind} does not show`)
        found.set(kind, (found.get(kind) ?? 0) + 1)
        const withoutHead = await checkChain(engine, [], 5_000)
        if (!withoutHead.isWhole) alone.set(kind, (alone.get(kind) ?? 0) + 1)
        await undo()
        const clean = await checkChain(engine, [head], 5_000)
        assert.deepEqual(
          [clean.faults, clean.rows, clean.heads],
          [[], rows, 1],
          `time ${time}: ${kind}, undone`,
        )
      }
      for (const [kind, count] of found) {
        t.diagnostic(`${kind}: ${count} of ${count} found with the head, ${alone.get(kind) ?? 0} without`)
      }
    })
  }
})
