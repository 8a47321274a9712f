/** `audit report`: a month for the operators' review, in Markdown. */
import type { Command } from 'commander'
import { cleanLine } from '../security/text.ts'
import { printJson, printSentence } from './print.ts'
import { listOf, memberOf, numberOf, textOf, textsOf, timeOf } from './read-answer.ts'
import { connect, type Session } from './session.ts'

type Options = { readonly month?: string; readonly json?: boolean }

export function addAuditReportCommand(group: Command, session: Session): void {
  group
    .command('report')
    .description('print what a month was like: traffic with each peer, what was changed, what wants a look')
    .option('--month <month>', 'such as 2026-11; the month before this one, if not given')
    .option('--json', "print the registry's answer as it is; kept elsewhere, it is a head for audit verify")
    .addHelpText(
      'after',
      '\nExamples:\n  $ agentvault-registry audit report --month 2026-11 > review-2026-11.md\n',
    )
    .action(async ({ month, json }: Options, command: Command) => {
      const { terminal } = session
      const answer = await connect(command, session).request('GET', '/audit/report', { query: { month } })
      if (json) return printJson(answer.text, terminal)
      for (const line of renderReport(answer.value)) printSentence(line, terminal)
    })
}

function renderReport(report: unknown): string[] {
  const head = memberOf(report, 'head')
  const isOver = memberOf(report, 'is_over') === true
  return [
    `# ${cleanLine(textOf(report, 'registry_name'))}, ${textOf(report, 'month')}`,
    '',
    `${textOf(report, 'registry_url')}, as of ${timeOf(report, 'generated_at')}${isOver ? '' : '; the month is not over'}.`,
    ...section(
      'What wants a look',
      textsOf(report, 'findings').map((finding) => `- ${cleanLine(finding)}`),
    ),
    ...section('Questions to peers', trafficTable(report, 'outbound')),
    ...section('Questions of peers', trafficTable(report, 'inbound')),
    ...section('Changes', changesTable(report)),
    ...section('How often', actsTable(report)),
    ...section('The audit log', [
      `It ends at row ${numberOf(head, 'seq') ?? '?'} with the hash \`${textOf(head, 'hash')}\`. Check it with`,
      '`agentvault-registry audit verify --query-log --head <heads kept elsewhere>`.',
    ]),
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return ['', `## ${title}`, '', ...(lines.length === 0 ? ['Nothing.'] : lines)]
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)]
}

/** Names come from peers: nothing in one may end the cell, or be read as markup. */
function cell(text: string): string {
  return cleanLine(text).replace(/[\\|<[\]`*_]/g, String.raw`\$&`)
}

function trafficTable(report: unknown, direction: 'outbound' | 'inbound'): string[] {
  const rows = listOf(report, 'peers').map((peer) => {
    const traffic = memberOf(peer, direction)
    const outcomes = Object.entries(Object(memberOf(traffic, 'outcomes'))).map(
      ([name, count]) => `${name} ${count}`,
    )
    const average = numberOf(traffic, 'average_response_time_ms')
    return [
      `${textOf(peer, 'name')} (${textOf(peer, 'state')})`,
      ...['questions', 'results'].map((name) => textOf(traffic, name)),
      average === undefined ? '' : `${Math.round(average)} ms`,
      outcomes.join(', '),
    ]
  })
  return table(['Peer', 'Questions', 'Records', 'Average', 'Outcomes'], rows)
}

function changesTable(report: unknown): string[] {
  const rows = listOf(report, 'changes').map((change) => [
    timeOf(change, 'at'),
    ...['actor', 'action', 'target'].map((name) => textOf(change, name)),
    JSON.stringify(memberOf(change, 'detail') ?? {}),
  ])
  return table(['When', 'Who', 'What', 'To', 'Detail'], rows)
}

function actsTable(report: unknown): string[] {
  const rows = listOf(report, 'acts').map((act) =>
    ['action', 'actor', 'count'].map((name) => textOf(act, name)),
  )
  return table(['What', 'Who', 'Times'], rows)
}
