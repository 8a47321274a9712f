/** `serve`: runs a registry until it is told to stop. */
import type { Command } from 'commander'
import type { LoadedConfig } from '../config.ts'
import { StorageError } from '../domain/storage-error.ts'
import { KeyRingError } from '../security/key-ring.ts'
import { TlsFilesError } from '../security/server-tls.ts'
import { readVersion } from '../version.ts'
import { type ConfigOptions, loadSettings } from './config.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

export function addServeCommand(program: Command, session: Session): void {
  program
    .command('serve')
    .description('run a registry; settings come from the environment and --config')
    .option('--config <file>', 'read settings from this YAML file, too; the environment wins')
    .option('--rebase-dids', 'give every record a new DID after REGISTRY_PUBLIC_URL has changed')
    .addHelpText('after', HELP)
    .action(async ({ rebaseDids = false, ...options }: ConfigOptions & { readonly rebaseDids?: boolean }) => {
      const loaded = loadSettings(options, session.terminal)
      session.finish(await serve(loaded, { terminal: session.terminal, rebaseDids, stopped: untilStopped() }))
    })
}

const HELP = `
Examples:
  $ agentvault-registry serve
  $ REGISTRY_PORT=9000 REGISTRY_NAME="Acme Agents" agentvault-registry serve --config registry.yaml
`

const STOP_MS = 4_300 // the promise is 5 s; main.ts leaves what is still open another half second

/**
 * Serves until `stopped` resolves, then lets running requests finish.
 * @throws CliFailure with a sentence for the operator when the registry cannot start.
 */
export async function serve(
  loaded: LoadedConfig,
  {
    terminal,
    rebaseDids,
    stopped,
  }: { readonly terminal: Terminal; readonly rebaseDids: boolean; readonly stopped: Promise<unknown> },
): Promise<ExitCode> {
  // Loaded here: no other command needs a server and a database driver.
  const { createRegistry } = await import('../registry.ts')
  const registry = await createRegistry(loaded, {
    isRebasing: rebaseDids,
    ...(terminal.isInteractive && { showAdminKey: (key: string) => terminal.out(adminKeyText(key)) }),
  }).catch((error: unknown) => {
    throw describeStartFailure(error, loaded)
  })
  const reload = (): void => registry.reloadTls()
  try {
    // First, since one of them may say where the admin key is, and listening may fail.
    for (const notice of registry.notices) terminal.err(`${notice}\n`)
    const { url } = await registry.listen()
    terminal.out(`AgentVault Registry ${readVersion()} listening on ${url}\n`)
    // Without files to read again, a terminal that closes ends the process, as it always does.
    if (loaded.config.tlsCertFile ?? loaded.config.tlsClientCaFile) process.on('SIGHUP', reload)
    await stopped
  } catch (error) {
    await registry[Symbol.asyncDispose]()
    throw describeStartFailure(error, loaded)
  }
  process.off('SIGHUP', reload)
  const isInTime = await withinMs(registry[Symbol.asyncDispose](), STOP_MS)
  if (!isInTime) terminal.err(`Stopped with requests unfinished after ${STOP_MS / 1_000} s.\n`)
  return EXIT.ok
}

function adminKeyText(key: string): string {
  return `The first admin key, shown this once:\n\n  ${key}\n\n`
}

/** Resolves at the first SIGTERM or SIGINT. A second one ends the process as if nobody listened. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGTERM', stop)
      process.off('SIGINT', stop)
      resolve()
    }
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
  })
}

/** What an operator can do something about becomes a sentence; anything else stays the fault it is. */
function describeStartFailure(error: unknown, { config }: LoadedConfig): unknown {
  if (isForOperator(error)) {
    return new CliFailure(EXIT.failed, error.message, { cause: error })
  }
  if (!(error instanceof Error && 'syscall' in error && error.syscall === 'listen' && 'code' in error))
    return error
  // With port 0 in the settings, only the error knows which port it was.
  const port = 'port' in error && typeof error.port === 'number' ? error.port : config.port
  const sentence = LISTEN_FAILURES[String(error.code)]?.(config.host, port)
  return sentence === undefined ? error : new CliFailure(EXIT.failed, sentence, { cause: error })
}

function isForOperator(error: unknown): error is Error {
  return error instanceof StorageError || error instanceof KeyRingError || error instanceof TlsFilesError
}

const LISTEN_FAILURES: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `Port ${port} of ${host} is in use: stop what listens there, or set REGISTRY_PORT to another.`,
  EACCES: (_host, port) => `Port ${port} may not be used by this user: set REGISTRY_PORT to one above 1023.`,
  EADDRNOTAVAIL: (host) => `This machine has no address ${host}: set REGISTRY_HOST to one it has.`,
}

async function withinMs(work: PromiseLike<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs)
  })
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
