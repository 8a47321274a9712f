/**
 * A second process that takes a database file into use, for `sqlite-file.test.ts`: `node open-file.ts <path>`
 * opens it, migrates it and writes to it, and prints what came of that as one line of JSON. Once it has the
 * file it keeps it until it is killed or its input ends.
 */
import { sql } from 'kysely'
import { StorageError } from '../../src/domain/storage-error.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openSqliteEngine } from '../../src/storage/sqlite/engine.ts'

const [, , path = ''] = process.argv
try {
  const engine = openSqliteEngine(path)
  await migrate(engine)
  await sql`update counters set value = value`.execute(engine.db)
  console.log(JSON.stringify({ opened: true }))
  // Also holds on to the engine: what nothing refers to is closed as garbage, and its lock with it.
  process.stdin.resume().once('end', () => engine[Symbol.asyncDispose]())
} catch (error) {
  if (!(error instanceof StorageError)) throw error
  console.log(JSON.stringify({ opened: false, fault: error.fault, message: error.message }))
}
