/** `peer quota …`: how much a peer may take in a day. */
import type { Command } from 'commander'
import { findPeerId } from './find-peer.ts'
import { printFields, printJson } from './print.ts'
import { memberOf, textOf } from './read-answer.ts'
import type { Answer } from './registry-client.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { wholeNumber } from './values.ts'

const JSON_FLAG = ['--json', "print the registry's answer as it is"] as const
const PEER_ARGUMENT = ['<peer>', 'id or name'] as const
const amount = wholeNumber(1, Number.MAX_SAFE_INTEGER)

export function addQuotaCommands(peer: Command, session: Session): void {
  const group = peer
    .command('quota')
    .description('say how much a peer may take in a day, and see how much it took')
    .configureHelp({ showGlobalOptions: true })
  addShowCommand(group, session)
  addSetCommand(group, session)
  addClearCommand(group, session)
}

type JsonOption = { readonly json?: boolean }

function addShowCommand(group: Command, session: Session): void {
  group
    .command('show')
    .description('show the quota of a peer, and what it took of it today (UTC)')
    .argument(...PEER_ARGUMENT)
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry peer quota show "Partner Registry"\n')
    .action(async (peer: string, options: JsonOption, command: Command) => {
      const client = connect(command, session)
      const path = `/federation/peers/${await findPeerId(client, peer)}`
      const known = await client.request('GET', path)
      if (options.json)
        return printJson(JSON.stringify(memberOf(known.value, 'quota') ?? null), session.terminal)
      const stats = await client.request('GET', `${path}/stats`)
      printQuota(known, memberOf(stats.value, 'taken_today'), session.terminal)
    })
}

type SetOptions = JsonOption & {
  readonly queries?: number
  readonly results?: number
  readonly bytes?: number
}

function addSetCommand(group: Command, session: Session): void {
  group
    .command('set')
    .description('set how much a peer may take in a day; what is left out has no end')
    .argument(...PEER_ARGUMENT)
    .option('--queries <number>', 'questions: searches, single records and cards', amount)
    .option('--results <number>', 'records in answers', amount)
    .option('--bytes <number>', 'bytes of answers', amount)
    .option(...JSON_FLAG)
    .addHelpText(
      'after',
      '\nExamples:\n  $ agentvault-registry peer quota set Partner --queries 10000 --results 100000\n',
    )
    .action(async (peer: string, options: SetOptions, command: Command) => {
      const { queries = null, results = null, bytes = null } = options
      if (queries === null && results === null && bytes === null) {
        command.error('error: say how much, or clear the quota with "peer quota clear"')
      }
      const quota = { queries_per_day: queries, results_per_day: results, bytes_per_day: bytes }
      await change({ peer, quota, options, command }, session)
    })
}

function addClearCommand(group: Command, session: Session): void {
  group
    .command('clear')
    .description('let a peer take as much as it likes, within the limit of requests a minute')
    .argument(...PEER_ARGUMENT)
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry peer quota clear "Partner Registry"\n')
    .action((peer: string, options: JsonOption, command: Command) =>
      change({ peer, quota: null, options, command }, session),
    )
}

async function change(
  {
    peer,
    quota,
    options,
    command,
  }: {
    readonly peer: string
    readonly quota: object | null
    readonly options: JsonOption
    readonly command: Command
  },
  session: Session,
): Promise<void> {
  const client = connect(command, session)
  const path = `/federation/peers/${await findPeerId(client, peer)}`
  const answer = await client.request('PUT', path, { json: { quota } })
  if (options.json) printJson(answer.text, session.terminal)
  else printQuota(answer, null, session.terminal)
}

const KINDS = [
  ['Questions', 'queries'],
  ['Records', 'results'],
  ['Bytes', 'bytes'],
] as const

function printQuota({ value }: Answer, taken: unknown, terminal: Terminal): void {
  const quota = memberOf(value, 'quota')
  const fields = KINDS.map(([title, kind]) => {
    const most = textOf(quota, `${kind}_per_day`) || 'no end'
    const used = textOf(taken, kind)
    return [
      `${title} a day`,
      used === '' || most === 'no end' ? most : `${most} (${used} taken today)`,
    ] as const
  })
  printFields(fields, terminal)
}
