/** What the commands of one run share. */
import { type Command, Option } from 'commander'
import { DEFAULT_URL, findConnection, KEY_VARIABLE, URL_VARIABLE } from './connection.ts'
import type { ExitCode } from './exit-codes.ts'
import { createRegistryClient, type RegistryClient } from './registry-client.ts'
import type { Terminal } from './terminal.ts'

export interface Session {
  readonly terminal: Terminal
  /** Sets how the run ends; without it, a command that returns has succeeded. */
  finish(code: ExitCode): void
}

/** The options that every command which talks to a registry takes, before or behind its name. */
export function addConnectionOptions(program: Command): void {
  program
    .addOption(
      new Option('--registry <url>', `the registry to talk to (env ${URL_VARIABLE}; default ${DEFAULT_URL})`),
    )
    .addOption(
      new Option('--key <key>', `the API key to show it (env ${KEY_VARIABLE}, which no other user can see)`),
    )
}

/** A client for the registry that the command line or the environment names. */
export function connect(command: Command, { terminal }: Session): RegistryClient {
  return createRegistryClient(findConnection(command.optsWithGlobals(), terminal))
}
