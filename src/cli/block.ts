/** `block …`: what is not to be shown here, whoever lists it. */
import { Argument, type Command } from 'commander'
import { BLOCK_KINDS } from '../domain/moderation.ts'
import { printFields, printJson, printTable } from './print.ts'
import { listOf, textOf, timeOf } from './read-answer.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'

export function addBlockCommands(program: Command, session: Session): void {
  const group = program
    .command('block')
    .description('keep agents, registries and addresses from being shown here, whoever lists them')
    .configureHelp({ showGlobalOptions: true })
  addAddCommand(group, session)
  addListCommand(group, session)
  addRemoveCommand(group, session)
}

type JsonOption = { readonly json?: boolean }
type AddOptions = JsonOption & { readonly reason?: string; readonly withEndpoints?: boolean }

function addAddCommand(group: Command, session: Session): void {
  group
    .command('add')
    .description('block a DID, the origin of records, or the endpoint where agents are reached')
    .addArgument(new Argument('<kind>', 'what it names').choices(BLOCK_KINDS))
    .argument(
      '<pattern>',
      'such as did:web:spam.example:*, spam.example, *.spam.example or https://spam.example/agents',
    )
    .option('--reason <text>', 'why, for the operators')
    .option('--with-endpoints', 'with a DID: also where that agent is reached, as far as it is known here')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', ADD_HELP)
    .action(async (kind: string, pattern: string, options: AddOptions, command: Command) => {
      const { reason, withEndpoints: with_endpoints, json: isJson } = options
      const json = { [kind]: pattern, reason, with_endpoints }
      const answer = await connect(command, session).request('POST', '/blocks', { json })
      if (isJson) return printJson(answer.text, session.terminal)
      printBlock(answer.value, session.terminal)
      for (const block of listOf(answer.value, 'endpoint_blocks')) printBlock(block, session.terminal)
    })
}

const ADD_HELP = `
A block of a DID hides one agent, by its own DID or the one it claims; an origin all that a registry lists; an endpoint
all that is reached there, under whatever DID.

Examples:
  $ agentvault-registry block add origin https://spam.example --reason "Lists agents that do not exist"
  $ agentvault-registry block add did did:web:partner.example:agents:0199… --with-endpoints
`

function printBlock(block: unknown, terminal: Terminal): void {
  printFields(
    [
      ['Blocked', `${textOf(block, 'kind')} ${textOf(block, 'pattern')}`],
      ['Id', textOf(block, 'id')],
      ['Reason', textOf(block, 'reason')],
      ['Hidden here', `${textOf(block, 'hidden_agents')} records of this registry`],
    ],
    terminal,
  )
}

function addListCommand(group: Command, session: Session): void {
  group
    .command('list')
    .description('list what is blocked')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry block list\n')
    .action(async (options: JsonOption, command: Command) => {
      const answer = await connect(command, session).request('GET', '/blocks')
      if (options.json) return printJson(answer.text, session.terminal)
      const rows = listOf(answer.value, 'blocks').map((block) => [
        ...['kind', 'pattern'].map((name) => textOf(block, name)),
        timeOf(block, 'created_at').slice(0, 10),
        ...['hidden_agents', 'reason', 'id'].map((name) => textOf(block, name)),
      ])
      printTable(rows, { columns: COLUMNS, none: 'Nothing is blocked.' }, session.terminal)
    })
}

const COLUMNS = [
  { title: 'KIND' },
  { title: 'PATTERN', canShrink: true },
  { title: 'SINCE' },
  { title: 'HIDDEN HERE', align: 'right' },
  { title: 'REASON', canShrink: true },
  { title: 'ID' },
] as const

function addRemoveCommand(group: Command, session: Session): void {
  group
    .command('remove')
    .description('show again what was blocked')
    .argument('<id>', 'the id of the block')
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry block remove 0199…\n')
    .action(async (id: string, _options: unknown, command: Command) => {
      await connect(command, session).request('DELETE', `/blocks/${encodeURIComponent(id)}`)
      session.terminal.out('Lifted.\n')
    })
}
