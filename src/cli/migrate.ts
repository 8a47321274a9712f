/** `migrate`: brings the tables up to date without serving, as deployments with several replicas want it. */
import type { Command } from 'commander'
import { StorageError } from '../domain/storage-error.ts'
import { type ConfigOptions, loadSettings } from './config.ts'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import type { Session } from './session.ts'

export function addMigrateCommand(program: Command, { terminal }: Session): void {
  program
    .command('migrate')
    .description('bring the database up to date and stop; "serve" does the same at its start')
    .option('--config <file>', 'read settings from this YAML file, too; the environment wins')
    .addHelpText(
      'after',
      '\nExamples:\n  $ DATABASE_URL=postgres://db/registry agentvault-registry migrate\n',
    )
    .action(async (options: ConfigOptions) => {
      const { config } = loadSettings(options, terminal)
      const names = await migrateDatabase(config.databaseUrl).catch((error: unknown) => {
        throw error instanceof StorageError ? new CliFailure(EXIT.failed, error.message) : error
      })
      for (const name of names) terminal.out(`applied ${name}\n`)
      terminal.out(names.length === 0 ? 'The database is up to date.\n' : 'The database is up to date now.\n')
    })
}

/** Loaded here: no other command needs the database. */
async function migrateDatabase(databaseUrl: string): Promise<readonly string[]> {
  const [{ openEngine }, { migrate }] = await Promise.all([
    import('../storage/database.ts'),
    import('../storage/migrate.ts'),
  ])
  // A connection lost while idle is found again or fails the next statement, which is told then.
  await using engine = await openEngine(databaseUrl, () => {})
  return await migrate(engine)
}
