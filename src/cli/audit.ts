/** `audit …`: what was done, and whether the log of it is whole. */
import type { Command } from 'commander'
import { addAuditReportCommand } from './audit-report.ts'
import { addAuditVerifyCommand } from './audit-verify.ts'
import { printJson, printJsonLines, printTable } from './print.ts'
import { listOf, memberOf, textOf, timeOf } from './read-answer.ts'
import { describeNetworkFailure } from './registry-client.ts'
import { connect, type Session } from './session.ts'
import { wholeNumber } from './values.ts'

export function addAuditCommands(program: Command, session: Session): void {
  const group = program
    .command('audit')
    .description('read the log of administrative acts, and check that it is whole')
    .configureHelp({ showGlobalOptions: true })
  addListCommand(group, session)
  addAuditVerifyCommand(group, session)
  addHeadCommand(group, session)
  addExportCommand(group, session)
  addAuditReportCommand(group, session)
}

type ListOptions = {
  readonly limit: number
  readonly action?: string
  readonly actor?: string
  readonly target?: string
  readonly since?: string
  readonly until?: string
  readonly all?: boolean
  readonly json?: boolean
}

function addListCommand(group: Command, session: Session): void {
  group
    .command('list')
    .description('list what was done, newest first')
    .option('--limit <number>', 'at most so many rows, up to 1,000', wholeNumber(1, 1_000), 50)
    .option('--action <action>', 'only this action, such as peer.create, or all of a kind, such as peer')
    .option('--actor <actor>', 'only what this actor did, such as key:0199… or system')
    .option('--target <target>', 'only what was done to this, such as peer:0199…')
    .option('--since <time>', 'only from this time on, such as 2026-01-31T12:00:00Z')
    .option('--until <time>', 'only before this time')
    .option('--all', 'also what the registry notes of its query log each minute')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', LIST_HELP)
    .action(async (options: ListOptions, command: Command) => {
      const { limit, all, json, ...filter } = options
      const query = { ...filter, limit: String(limit), all: all ? 'true' : undefined }
      const answer = await connect(command, session).request('GET', '/audit', { query })
      if (json) return printJson(answer.text, session.terminal)
      const rows = listOf(answer.value, 'audit').map((row) => [
        ...[textOf(row, 'seq'), timeOf(row, 'at')],
        ...['actor', 'action', 'target'].map((name) => textOf(row, name)),
        JSON.stringify(memberOf(row, 'detail') ?? {}),
      ])
      printTable(rows, { columns: COLUMNS, none: 'Nothing was done.' }, session.terminal)
    })
}

const LIST_HELP = `
Examples:
  $ agentvault-registry audit list --action key
  $ agentvault-registry audit list --target peer:0199… --since 2026-01-01T00:00:00Z
`

const COLUMNS = [
  { title: 'ROW', align: 'right' },
  { title: 'AT' },
  { title: 'WHO', canShrink: true },
  { title: 'WHAT' },
  { title: 'TO', canShrink: true },
  { title: 'DETAIL', canShrink: true },
] as const

function addHeadCommand(group: Command, session: Session): void {
  group
    .command('head')
    .description(
      "print the log's last row, signed: kept elsewhere, it shows later what was cut off or rewritten",
    )
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry audit head >> heads-of-the-registry.jsonl\n')
    .action(async (_options: unknown, command: Command) => {
      const answer = await connect(command, session).request('GET', '/audit/head')
      printJson(JSON.stringify(answer.value), session.terminal)
    })
}

function addExportCommand(group: Command, session: Session): void {
  group
    .command('export')
    .description('print the whole log, to be kept or checked elsewhere')
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry audit export > audit-2026-11.jsonl\n')
    .action(async (_options: unknown, command: Command) => {
      const client = connect(command, session)
      const { body } = await client.stream('GET', '/audit/export', { accept: '*/*' })
      if (body === null) return
      try {
        await printJsonLines(body, session.terminal)
      } catch (error) {
        throw describeNetworkFailure(error, client.connection)
      }
    })
}
