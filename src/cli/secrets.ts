/** `secrets …`: the key ring and what it seals, seen and renewed where the database is. */
import type { Command } from 'commander'
import { keyRingPath, openKeyRing } from '../bootstrap.ts'
import { SYSTEM_CLOCK } from '../clock.ts'
import type { Config } from '../config.ts'
import type { SecretStore, UnreadableSecret } from '../domain/secrets.ts'
import { StorageError } from '../domain/storage-error.ts'
import { loadKeyRingFile, replaceKeyRingFile } from '../security/key-file.ts'
import { KeyRingError, withNewKey } from '../security/key-ring.ts'
import { createSecretBox } from '../security/secret-box.ts'
import { type ConfigOptions, loadSettings } from './config.ts'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { printJson, printTable } from './print.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

type Options = ConfigOptions & { readonly json?: boolean }

const CONFIG_OPTION = [
  '--config <file>',
  'read settings from this YAML file, too; the environment wins',
] as const

export function addSecretsCommands(program: Command, session: Session): void {
  const group = program
    .command('secrets')
    .description("see and renew the keys that seal peers' secrets; works on the database itself")
  addStatusCommand(group, session)
  addKeyCommand(group, session)
  addRotateCommand(group, session)
}

function addStatusCommand(group: Command, session: Session): void {
  group
    .command('status')
    .description('count the sealed secrets by the key they need, and name those that do not open')
    .option(...CONFIG_OPTION)
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry secrets status\n')
    .action(async ({ json = false, ...options }: Options) => {
      const { terminal } = session
      const { config } = loadSettings(options, terminal)
      const { keys, unreadable } = await withSecrets(config, (secrets) => secrets.survey())
      if (json) {
        const wire = { keys: keys.map(({ kid, secrets, isInRing }) => ({ kid, secrets, in_ring: isInRing })) }
        printJson(JSON.stringify({ ...wire, unreadable }), terminal)
      } else {
        const rows = keys.map(({ kid, secrets, isInRing }, place) => [
          ...[kid, String(secrets), isInRing ? (place === 0 ? 'seals and opens' : 'opens') : 'missing'],
        ])
        printTable(rows, { columns: STATUS_COLUMNS, none: 'No keys.' }, terminal)
        reportUnreadable(unreadable, terminal)
      }
      if (unreadable.length > 0) session.finish(EXIT.partial)
    })
}

const STATUS_COLUMNS = [
  { title: 'KEY' },
  { title: 'SECRETS', align: 'right' },
  { title: 'IN THE RING' },
] as const

function addKeyCommand(group: Command, { terminal }: Session): void {
  group
    .command('add-key')
    .description('put a new key in front of the key file; it seals from the next start on')
    .option(...CONFIG_OPTION)
    .addHelpText('after', ADD_KEY_HELP)
    .action(async (options: ConfigOptions) => {
      const { config } = loadSettings(options, terminal)
      const path = keyRingPath(config)
      if (path === null) throw new CliFailure(EXIT.usage, NO_KEY_FILE)
      const ring = await orFailure(addKeyTo(path))
      terminal.out(
        `Key "${ring.keys[0]?.kid}" is the first in ${path}. Back the file up, start the registry anew, then run "secrets rotate".\n`,
      )
    })
}

const NO_KEY_FILE =
  'The key ring is in REGISTRY_KEYS: put a new entry "k2:<base64 of 32 random bytes>," in front of it there ("openssl rand -base64 32" makes one), start all replicas anew, then run "secrets rotate".'

const ADD_KEY_HELP = `
Works with a key file: REGISTRY_KEYS_FILE, or the file beside an SQLite database.

Examples:
  $ agentvault-registry secrets add-key
`

async function addKeyTo(path: string) {
  const ring = withNewKey(await loadKeyRingFile(path))
  await replaceKeyRingFile(path, ring)
  return ring
}

function addRotateCommand(group: Command, session: Session): void {
  group
    .command('rotate')
    .description('bring every secret under the first key of the ring; may be stopped and run again')
    .option(...CONFIG_OPTION)
    .addHelpText('after', ROTATE_HELP)
    .action(async (options: ConfigOptions) => {
      const { terminal } = session
      const { config } = loadSettings(options, terminal)
      const { rewrapped, unreadable } = await withSecrets(config, async (secrets) => {
        await secrets.checkRing()
        return secrets.rewrap({ id: 'cli', requestId: null }, (count) => {
          if (terminal.hasProgress) terminal.err(`\r${count} secrets`)
        })
      })
      if (terminal.hasProgress && rewrapped > 0) terminal.err('\n')
      terminal.out(`${rewrapped} secrets were brought under the first key.\n`)
      reportUnreadable(unreadable, terminal)
      if (unreadable.length > 0) session.finish(EXIT.partial)
    })
}

const ROTATE_HELP = `
All replicas must have been started with the new key first, or they cannot read what is rotated. An SQLite registry is
stopped meanwhile. When "secrets status" counts no secrets for an old key, it may leave the ring.

Examples:
  $ agentvault-registry secrets rotate
`

/** Runs `work` over the secrets of the configured database, whose tables are brought up to date first. */
async function withSecrets<T>(config: Config, work: (secrets: SecretStore) => Promise<T>): Promise<T> {
  // Loaded here: few commands need the database.
  const [{ openEngine }, { migrate }, { createSecretStore }] = await Promise.all([
    import('../storage/database.ts'),
    import('../storage/migrate.ts'),
    import('../storage/secrets.ts'),
  ])
  const run = async (): Promise<T> => {
    const { ring, unsavedPath } = await openKeyRing(config)
    if (unsavedPath !== null) throw new KeyRingError(`There is no key file ${unsavedPath}.`)
    await using engine = await openEngine(config.databaseUrl, () => {})
    await migrate(engine)
    return await work(createSecretStore(engine, { secretBox: createSecretBox(ring), clock: SYSTEM_CLOCK }))
  }
  return orFailure(run())
}

async function orFailure<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof StorageError || error instanceof KeyRingError)) throw error
    throw new CliFailure(EXIT.failed, error.message, { cause: error })
  })
}

const REASONS: Readonly<Record<UnreadableSecret['reason'], string>> = {
  malformed: 'is not in sealed form',
  'unknown-key': 'needs a key that is not in the ring',
  tampered: 'was changed, or moved from another row',
}

function reportUnreadable(unreadable: readonly UnreadableSecret[], terminal: Terminal): void {
  for (const { table, id, column, reason } of unreadable) {
    terminal.err(`${table}.${column} of row ${id} does not open: it ${REASONS[reason]}.\n`)
  }
}
