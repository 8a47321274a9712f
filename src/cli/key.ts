/** `key …`: the API keys of people and programs. */
import { type Command, Option } from 'commander'
import { ROLES } from '../domain/principal.ts'
import { KEY_VARIABLE } from './connection.ts'
import { addSuspensionCommands } from './key-suspension.ts'
import { printFields, printJson, printTable } from './print.ts'
import { listOf, memberOf, textOf, timeOf } from './read-answer.ts'
import { addOverlapOption, endOf, type OverlapOption, overlapToWire, replacedField } from './rotation.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { SECONDS_PER_DAY, wholeNumber } from './values.ts'

export function addKeyCommands(program: Command, session: Session): void {
  const group = program
    .command('key')
    .description('create, list, rotate, suspend and revoke API keys')
    .configureHelp({ showGlobalOptions: true })
  addCreateCommand(group, session)
  addListCommand(group, session)
  addRotateCommand(group, session)
  addRevokeCommand(group, session)
  addSuspensionCommands(group, session)
}

type JsonOption = { readonly json?: boolean }

type CreateOptions = JsonOption & {
  readonly role: string
  readonly expires?: number
  readonly owner?: string
}

function addCreateCommand(group: Command, session: Session): void {
  group
    .command('create')
    .description('make a key; it is shown this once')
    .argument('<name>', 'who or what will use it')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--expires <days>', 'the key ends after so many days', wholeNumber(1, 3_650))
    .option('--owner <id>', 'a further key for the owner of another key, who keeps its agents')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', CREATE_HELP)
    .action(async (name: string, options: CreateOptions, command: Command) => {
      const { role, expires, owner: owner_id } = options
      const expires_in = expires === undefined ? undefined : expires * SECONDS_PER_DAY
      const json = { name, role, expires_in, owner_id }
      const answer = await connect(command, session).request('POST', '/keys', { json })
      if (options.json) return printJson(answer.text, session.terminal)
      printCreated(answer.value, session.terminal)
    })
}

const CREATE_HELP = `
Roles: a viewer reads; a publisher adds and changes its own agents; an operator watches peers and disables them;
a federation-admin adds peers and tokens; an admin does everything; an auditor reads, the audit log too.

Examples:
  $ agentvault-registry key create "Build server" --role publisher --expires 90
`

function printCreated(
  key: unknown,
  terminal: Terminal,
  more: readonly (readonly [string, string])[] = [],
): void {
  printFields(
    [
      ['Name', textOf(key, 'name')],
      ['Role', textOf(key, 'role')],
      ['Id', textOf(key, 'id')],
      ['Owner', textOf(key, 'owner_id')],
      ['Expires', timeOf(key, 'expires_at')],
      ...more,
      ['Key', textOf(key, 'key')],
    ],
    terminal,
  )
  terminal.out(`\nThe key is not shown again. Use it with --key, or put it into ${KEY_VARIABLE}.\n`)
}

function addListCommand(group: Command, session: Session): void {
  group
    .command('list')
    .description('list the keys, without their secrets')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry key list\n')
    .action(async (options: JsonOption, command: Command) => {
      const answer = await connect(command, session).request('GET', '/keys')
      if (options.json) return printJson(answer.text, session.terminal)
      printList(listOf(answer.value, 'keys'), session.terminal)
    })
}

const LIST_COLUMNS = [
  { title: 'NAME', canShrink: true },
  { title: 'ROLE' },
  { title: 'KEY' },
  { title: 'CREATED' },
  { title: 'LAST USED' },
  { title: 'ENDS' },
  { title: 'ID' },
]

function printList(keys: readonly unknown[], terminal: Terminal): void {
  const rows = keys.map((key) => [
    ...['name', 'role', 'hint'].map((name) => textOf(key, name)),
    timeOf(key, 'created_at').slice(0, 10),
    timeOf(key, 'last_used_at') || 'never',
    stateOf(key),
    textOf(key, 'id'),
  ])
  printTable(rows, { columns: LIST_COLUMNS, none: 'No keys.' }, terminal)
}

function addRotateCommand(group: Command, session: Session): void {
  addOverlapOption(group.command('rotate'))
    .description('make a key in the place of another, of the same owner and role; it is shown this once')
    .argument('<id>', 'the id of the key to replace')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', ROTATE_HELP)
    .action(async (id: string, options: JsonOption & OverlapOption, command: Command) => {
      const json = overlapToWire(options)
      const path = `/keys/${encodeURIComponent(id)}/rotate`
      const answer = await connect(command, session).request('POST', path, { json })
      if (options.json) return printJson(answer.text, session.terminal)
      printCreated(answer.value, session.terminal, [replacedField(answer.value)])
    })
}

const ROTATE_HELP = `
The new key lives as long as the old one was made for. Which of the two is in use "key list" shows (LAST USED).

Examples:
  $ agentvault-registry key rotate 0199…
  $ agentvault-registry key rotate 0199… --overlap 0
`

function stateOf(key: unknown): string {
  return memberOf(key, 'suspended_at') && !memberOf(key, 'revoked_at') ? 'suspended' : endOf(key)
}

function addRevokeCommand(group: Command, session: Session): void {
  group
    .command('revoke')
    .description('end a key; its agents stay with their owner')
    .argument('<id>', 'the id of the key')
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry key revoke 0199…\n')
    .action(async (id: string, _options: unknown, command: Command) => {
      await connect(command, session).request('DELETE', `/keys/${encodeURIComponent(id)}`)
      session.terminal.out('Revoked.\n')
    })
}
