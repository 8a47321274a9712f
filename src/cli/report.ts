/** `report …`: what users said about agents, and what became of it. */
import { Argument, type Command, Option } from 'commander'
import { REPORT_RESOLUTIONS } from '../domain/moderation.ts'
import { printJson, printSentence, printTable } from './print.ts'
import { listOf, textOf, timeOf } from './read-answer.ts'
import { connect, type Session } from './session.ts'
import { wholeNumber } from './values.ts'

export function addReportCommands(program: Command, session: Session): void {
  const group = program
    .command('report')
    .description('read and resolve what users report')
    .configureHelp({ showGlobalOptions: true })
  addListCommand(group, session)
  addResolveCommand(group, session)
}

type ListOptions = {
  readonly status: string
  readonly did?: string
  readonly limit: number
  readonly json?: boolean
}

function addListCommand(group: Command, session: Session): void {
  group
    .command('list')
    .description('list reports, newest first')
    .addOption(
      new Option('--status <status>', 'open or resolved').choices(['open', 'resolved']).default('open'),
    )
    .option('--did <did>', 'only about this agent')
    .option('--limit <number>', 'at most so many, up to 1,000', wholeNumber(1, 1_000), 100)
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry report list\n')
    .action(async ({ status, did, limit, json }: ListOptions, command: Command) => {
      const query = { status, did, limit: String(limit) }
      const answer = await connect(command, session).request('GET', '/reports', { query })
      if (json) return printJson(answer.text, session.terminal)
      const rows = listOf(answer.value, 'reports').map((report) => [
        timeOf(report, 'created_at'),
        ...['category', 'agent_name', 'registry_url', 'detail', 'resolution', 'id'].map((name) =>
          textOf(report, name),
        ),
      ])
      printTable(rows, { columns: COLUMNS, none: `No ${status} reports.` }, session.terminal)
    })
}

const COLUMNS = [
  { title: 'AT' },
  { title: 'WHAT' },
  { title: 'AGENT', canShrink: true },
  { title: 'REGISTRY', canShrink: true },
  { title: 'DETAIL', canShrink: true },
  { title: 'RESOLUTION' },
  { title: 'ID' },
] as const

type ResolveOptions = { readonly note?: string; readonly all?: boolean; readonly json?: boolean }

function addResolveCommand(group: Command, session: Session): void {
  group
    .command('resolve')
    .description('close a report; what you do about it is a command of its own')
    .argument('<id>', 'the id of the report')
    .addArgument(new Argument('<resolution>', 'what became of it').choices(REPORT_RESOLUTIONS))
    .option('--note <text>', 'for the operators')
    .option('--all', 'close all open reports about the same agent with it')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry report resolve 0199… taken-down --all\n')
    .action(async (id: string, resolution: string, options: ResolveOptions, command: Command) => {
      const { note, all, json: isJson } = options
      const json = { resolution, note, all }
      const path = `/reports/${encodeURIComponent(id)}/resolve`
      const answer = await connect(command, session).request('POST', path, { json })
      if (isJson) return printJson(answer.text, session.terminal)
      printSentence(`Resolved: ${textOf(answer.value, 'resolved')}.`, session.terminal)
    })
}
