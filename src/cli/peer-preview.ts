/** `peer preview`: our records as a peer sees them, or would see them under another policy. */
import type { Command } from 'commander'
import { findPeerId } from './find-peer.ts'
import { printJson, printSentence, printTable } from './print.ts'
import { isRecord, isTrue, listOf, memberOf, textOf, textsOf } from './read-answer.ts'
import { connect, type Session } from './session.ts'
import { readPolicyFile } from './share-policy-options.ts'
import type { Terminal } from './terminal.ts'
import { collect, wholeNumber } from './values.ts'

type PreviewOptions = {
  readonly policy?: string
  readonly against?: string
  readonly search?: string
  readonly type?: string
  readonly tag?: readonly string[]
  readonly provider?: string
  readonly limit: number
  readonly json?: boolean
}

export function addPreviewCommand(group: Command, session: Session): void {
  group
    .command('preview')
    .description('show our records as a peer sees them, and what another policy would change')
    .argument('<peer>', 'id or name')
    .option('--policy <file>', 'as if it had this policy (JSON, - for standard input)')
    .option('--against <file>', 'compare with this policy, not with the one it has')
    .option('--search <text>', 'what the peer searches for')
    .option('--type <type>', 'only agents of this type')
    .option('--tag <tag>', 'only agents with this tag; repeat it for several', collect)
    .option('--provider <name>', 'only agents of this provider')
    .option('--limit <number>', 'at most so many records, up to 100', wholeNumber(1, 100), 50)
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', HELP)
    .action(async (peer: string, options: PreviewOptions, command: Command) => {
      const client = connect(command, session)
      const path = `/federation/peers/${await findPeerId(client, peer)}/preview`
      const { search, type: agent_type, tag: tags, provider, limit } = options
      const query = {
        ...{ search, agent_type, tags, provider, limit: String(limit) },
        policy: await policyText(options.policy, session.terminal),
        against: await policyText(options.against, session.terminal),
      }
      const answer = await client.request('GET', path, { query })
      if (options.json) return printJson(answer.text, session.terminal)
      printPreview(answer.value, session.terminal)
    })
}

const HELP = `
Examples:
  $ agentvault-registry peer preview "Partner Registry"
  $ agentvault-registry peer preview Partner --search invoices
  $ agentvault-registry peer preview Partner --policy proposed.json
`

async function policyText(path: string | undefined, terminal: Terminal): Promise<string | undefined> {
  return path === undefined ? undefined : JSON.stringify(await readPolicyFile(path, terminal))
}

const RECORD_COLUMNS = [
  { title: 'NAME', canShrink: true },
  { title: 'TYPE' },
  { title: 'SEEN BY' },
  { title: 'MEMBERS KEPT BACK', canShrink: true },
  { title: 'ID' },
] as const

/** Members that may be kept back, as they stand in a record; of a card both say the same. */
const MAY_BE_MISSING = [
  ...[
    'claimed_did',
    'description',
    'version',
    'status_message',
    'successor_did',
    'tags',
    'skills',
    'endpoints',
  ],
  ...['provider', 'auth_schemes', 'card_url'],
]

function printPreview(answer: unknown, terminal: Terminal): void {
  const rows = listOf(answer, 'agents').map((agent) => [
    textOf(agent, 'name'),
    textOf(agent, 'agent_type'),
    textOf(agent, 'visibility') === 'public' ? 'anyone' : 'peers',
    MAY_BE_MISSING.filter((member) => memberOf(agent, member) === undefined)
      .map((member) => member.replace('card_url', 'card'))
      .join(', '),
    textOf(agent, 'id'),
  ])
  printTable(rows, { columns: RECORD_COLUMNS, none: 'It sees no such record.' }, terminal)
  if (textOf(answer, 'next_cursor') !== '') terminal.err('There are more of these.\n')
  printSentence(`It sees ${textOf(answer, 'agent_count')} records in all.`, terminal)
  const diff = memberOf(answer, 'diff')
  if (isRecord(diff)) printDifference(diff, terminal)
}

const DIFFERENCE_COLUMNS = [
  { title: 'RECORD', canShrink: true },
  { title: 'CHANGE' },
  { title: 'MEMBERS', canShrink: true },
  { title: 'ID' },
] as const

function printDifference(diff: object, terminal: Terminal): void {
  const [appear, vanish, change, unchanged] = ['appear', 'vanish', 'change', 'unchanged'].map((name) =>
    textOf(diff, name),
  )
  printSentence(
    `\nFederated records that would appear: ${appear}; vanish: ${vanish}; come with other members: ${change}; stay: ${unchanged}.`,
    terminal,
  )
  const rows = listOf(diff, 'records').map((record) => [
    textOf(record, 'name'),
    textOf(record, 'change'),
    [
      ...textsOf(record, 'gained').map((member) => `+${member}`),
      ...textsOf(record, 'lost').map((member) => `-${member}`),
    ].join(' '),
    textOf(record, 'id'),
  ])
  if (rows.length > 0) printTable(rows, { columns: DIFFERENCE_COLUMNS, none: '' }, terminal)
  if (isTrue(diff, 'more')) terminal.err('There are more of these.\n')
}
