/** `agent take-down`, `restore`, `transfer`, `withheld` and `report`: what operators and users do about an agent. */
import { Argument, type Command } from 'commander'
import { REPORT_CATEGORIES } from '../domain/moderation.ts'
import { printFields, printJson, printTable } from './print.ts'
import { listOf, memberOf, textOf, timeOf } from './read-answer.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'

type JsonOption = { readonly json?: boolean }
const JSON_FLAG = ['--json', "print the registry's answer as it is"] as const
const AGENT_ARGUMENT = ['<agent>', 'id or DID'] as const

export function addAgentModerationCommands(group: Command, session: Session): void {
  addTakeDownCommand(group, session)
  addRestoreCommand(group, session)
  addWithheldCommand(group, session)
  addTransferCommand(group, session)
  addReportCommand(group, session)
}

type TakeDownOptions = JsonOption & { readonly reason: string; readonly legal?: boolean }

function addTakeDownCommand(group: Command, session: Session): void {
  group
    .command('take-down')
    .description('hide an agent of this registry; those who could see it are told when and why')
    .argument(...AGENT_ARGUMENT)
    .requiredOption('--reason <text>', 'why; it is shown')
    .option('--legal', 'it was demanded by law: answered 451 instead of 410')
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  $ agentvault-registry agent take-down 0199… --reason "Impersonates Acme, Inc."\n',
    )
    .action(async (agent: string, { reason, legal, json: isJson }: TakeDownOptions, command: Command) => {
      const path = `/agents/${encodeURIComponent(agent)}/take-down`
      const answer = await connect(command, session).request('POST', path, { json: { reason, legal } })
      if (isJson) return printJson(answer.text, session.terminal)
      printWithheld(answer.value, session.terminal)
    })
}

function addRestoreCommand(group: Command, session: Session): void {
  group
    .command('restore')
    .description('show an agent again that was taken down')
    .argument(...AGENT_ARGUMENT)
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry agent restore 0199…\n')
    .action(async (agent: string, options: JsonOption, command: Command) => {
      const path = `/agents/${encodeURIComponent(agent)}/take-down`
      const answer = await connect(command, session).request('DELETE', path)
      if (options.json) return printJson(answer.text, session.terminal)
      printWithheld(answer.value, session.terminal)
    })
}

function printWithheld(agent: unknown, terminal: Terminal): void {
  printFields(
    [
      ['Name', textOf(agent, 'name')],
      ['Id', textOf(agent, 'id')],
      ['DID', textOf(agent, 'did')],
      ['Owner', textOf(agent, 'owner_id')],
      ['Withheld', reasonsOf(agent) || 'no: it is shown'],
    ],
    terminal,
  )
}

/** Empty for a record that is shown. */
function reasonsOf(agent: unknown): string {
  const withheld = memberOf(agent, 'withheld')
  const takeDown = memberOf(withheld, 'take_down')
  const legally = memberOf(takeDown, 'legal') === true ? ' by law' : ''
  return [
    ...(takeDown === undefined
      ? []
      : [`taken down${legally} on ${timeOf(takeDown, 'at')}: ${textOf(takeDown, 'reason')}`]),
    ...(textOf(withheld, 'block_id') === '' ? [] : [`matches the block ${textOf(withheld, 'block_id')}`]),
    ...(memberOf(withheld, 'owner_suspended') === true ? ['its owner is suspended'] : []),
  ].join('; ')
}

function addWithheldCommand(group: Command, session: Session): void {
  group
    .command('withheld')
    .description('list the agents of this registry that are not shown, and why')
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry agent withheld\n')
    .action(async (options: JsonOption, command: Command) => {
      const query = { limit: '1000' }
      const answer = await connect(command, session).request('GET', '/withheld', { query })
      if (options.json) return printJson(answer.text, session.terminal)
      const rows = listOf(answer.value, 'agents').map((agent) => [
        ...[textOf(agent, 'name'), reasonsOf(agent), textOf(agent, 'id')],
      ])
      printTable(rows, { columns: WITHHELD_COLUMNS, none: 'All agents are shown.' }, session.terminal)
    })
}

const WITHHELD_COLUMNS = [
  { title: 'NAME', canShrink: true },
  { title: 'WHY', canShrink: true },
  { title: 'ID' },
] as const

function addTransferCommand(group: Command, session: Session): void {
  group
    .command('transfer')
    .description('give an agent of yours to another owner, who has a key here')
    .argument(...AGENT_ARGUMENT)
    .argument('<owner>', 'the id of the owner, as "key list" shows it')
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry agent transfer 0199… 0199…\n')
    .action(async (agent: string, owner: string, options: JsonOption, command: Command) => {
      const path = `/agents/${encodeURIComponent(agent)}/transfer`
      const answer = await connect(command, session).request('POST', path, { json: { owner_id: owner } })
      if (options.json) return printJson(answer.text, session.terminal)
      session.terminal.out('Transferred.\n')
    })
}

type ReportOptions = { readonly contact?: string }

function addReportCommand(group: Command, session: Session): void {
  group
    .command('report')
    .description('tell the operators that something is wrong with an agent, here or at a peer')
    .argument(...AGENT_ARGUMENT)
    .addArgument(new Argument('<category>', 'what is wrong with it').choices(REPORT_CATEGORIES))
    .argument('<detail>', 'in your words')
    .option('--contact <text>', 'where to tell you what became of it')
    .addHelpText(
      'after',
      '\nExamples:\n  $ agentvault-registry agent report did:web:… impersonation "We are Acme; this is not ours."\n',
    )
    .action(
      async (
        agent: string,
        category: string,
        detail: string,
        { contact }: ReportOptions,
        command: Command,
      ) => {
        const path = `/agents/${encodeURIComponent(agent)}/report`
        const json = { category, detail, contact }
        const answer = await connect(command, session).request('POST', path, { json })
        const isKnown = textOf(answer.value, 'status') === 'known'
        session.terminal.out(isKnown ? 'It was reported already.\n' : 'Reported.\n')
      },
    )
}
