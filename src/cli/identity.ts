/** `identity …`: the keys by which peers know this registry. */
import type { Command } from 'commander'
import { printJson, printTable } from './print.ts'
import { listOf, textOf, timeOf } from './read-answer.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { SECONDS_PER_DAY, wholeNumber } from './values.ts'

export function addIdentityCommands(program: Command, session: Session): void {
  const group = program
    .command('identity')
    .description('show and change the keys this registry signs with')
    .configureHelp({ showGlobalOptions: true })
  addShowCommand(group, session)
  addRotateCommand(group, session)
}

type JsonOption = { readonly json?: boolean }

function addShowCommand(group: Command, session: Session): void {
  group
    .command('show')
    .description('show the fingerprints that operators of peers compare')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry identity show\n')
    .action(async (options: JsonOption, command: Command) => {
      const answer = await connect(command, session).request('GET', '/federation/identity')
      if (options.json) return printJson(answer.text, session.terminal)
      printKeys(answer.value, session.terminal)
    })
}

type RotateOptions = JsonOption & { readonly overlap: number }

const DEFAULT_OVERLAP_DAYS = 7

function addRotateCommand(group: Command, session: Session): void {
  group
    .command('rotate')
    .description('make a new key, which signs after the overlap')
    .option(
      '--overlap <days>',
      'how long the key in use goes on signing, for the operators of peers to accept the new one; 0 ends it now',
      wholeNumber(0, 90),
      DEFAULT_OVERLAP_DAYS,
    )
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', ROTATE_HELP)
    .action(async ({ overlap, json: isJson }: RotateOptions, command: Command) => {
      const json = { overlap_seconds: overlap * SECONDS_PER_DAY }
      const answer = await connect(command, session).request('POST', '/federation/identity/rotate', { json })
      if (isJson) return printJson(answer.text, session.terminal)
      printKeys(answer.value, session.terminal)
    })
}

const ROTATE_HELP = `
Tell the operators of your peers the new fingerprint before it signs. Without overlap, as after a theft, peers that
trust the key in use refuse this registry until their operators have accepted the new one.

Examples:
  $ agentvault-registry identity rotate
  $ agentvault-registry identity rotate --overlap 0
`

const COLUMNS = [
  { title: 'FINGERPRINT' },
  { title: 'STATE' },
  { title: 'SIGNS FROM' },
  { title: 'SHOWN UNTIL' },
]

function printKeys(value: unknown, terminal: Terminal): void {
  const rows = listOf(value, 'keys').map((key) => [
    textOf(key, 'thumbprint'),
    textOf(key, 'state'),
    timeOf(key, 'signs_from'),
    timeOf(key, 'published_until'),
  ])
  printTable(rows, { columns: COLUMNS, none: 'No keys.' }, terminal)
}
