/**
 * A process that is killed in the midst of its migrations, for `migrations.test.ts`:
 * `node killed-migration.ts <engine> <address> <table>` dies when that table is about to be made.
 */
import type { KyselyPlugin } from 'kysely'
import type { EngineKind } from '../../src/storage/engine.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { openEngineAt } from './engines.ts'

const [, , kind, address = '', table] = process.argv

const killer: KyselyPlugin = {
  transformQuery({ node }) {
    const isFatal = node.kind === 'RawNode' && node.sqlFragments.join('').includes(`create table ${table} `)
    if (isFatal) process.kill(process.pid, 'SIGKILL')
    return node
  },
  transformResult: async ({ result }) => result,
}

const engine = openEngineAt(kind as EngineKind, address)
await migrate({
  ...engine,
  db: engine.db.withPlugin(killer),
  withoutTimeLimit: (work) => engine.withoutTimeLimit((db) => work(db.withPlugin(killer))),
})
console.log('lived through it')
process.exit(1)
