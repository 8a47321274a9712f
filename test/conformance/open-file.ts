/**
 * A second process that opens a database file, for `sqlite-file.test.ts`: `node open-file.ts <path>` prints
 * what came of it as one line of JSON. Once it has the file it keeps it until it is killed or its input ends.
 */
import { StorageError } from '../../src/domain/storage-error.ts'
import { openSqliteEngine } from '../../src/storage/sqlite/engine.ts'

const [, , path = ''] = process.argv
try {
  openSqliteEngine(path)
  console.log(JSON.stringify({ opened: true }))
  process.stdin.resume()
} catch (error) {
  if (!(error instanceof StorageError)) throw error
  console.log(JSON.stringify({ opened: false, fault: error.fault, message: error.message }))
}
