/** `token …`: the keys this registry gives to the registries that may ask it. */
import { type Command, Option } from 'commander'
import { TOKEN_SCHEMES } from '../domain/peer.ts'
import { findPeerId } from './find-peer.ts'
import { printFields, printJson, printTable, shellWord } from './print.ts'
import { listOf, textOf, timeOf } from './read-answer.ts'
import type { RegistryClient } from './registry-client.ts'
import { addOverlapOption, endOf, type OverlapOption, overlapToWire, replacedField } from './rotation.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { SECONDS_PER_DAY, wholeNumber } from './values.ts'

export function addTokenCommands(program: Command, session: Session): void {
  const group = program
    .command('token')
    .description('create, list, rotate and revoke the tokens with which other registries ask this one')
    .configureHelp({ showGlobalOptions: true })
  addCreateCommand(group, session)
  addListCommand(group, session)
  addRotateCommand(group, session)
  addRevokeCommand(group, session)
}

type JsonOption = { readonly json?: boolean }

type CreateOptions = JsonOption & {
  readonly peer?: string
  readonly name?: string
  readonly url?: string
  readonly scheme?: string
  readonly expires?: number
}

function addCreateCommand(group: Command, session: Session): void {
  group
    .command('create')
    .description('make a token for a registry; it and its signing secret are shown this once')
    .option('--peer <peer>', 'for a peer that is known here: its id or name')
    .option('--name <name>', 'for a new one: what it is called here')
    .option('--url <url>', 'for a new one: its public address')
    .addOption(
      new Option('--scheme <scheme>', 'what signs its requests: a secret of its own, or the token').choices(
        TOKEN_SCHEMES,
      ),
    )
    .option('--expires <days>', 'the token ends after so many days', wholeNumber(1, 3_650))
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', CREATE_HELP)
    .action(async (options: CreateOptions, command: Command) => {
      const { peer, name, url, scheme, expires } = options
      const isNew = name !== undefined && url !== undefined
      if (isNew === (peer !== undefined) || (!isNew && (name ?? url) !== undefined)) {
        command.error("error: takes either '--peer' or both '--name' and '--url'")
      }
      const client = connect(command, session)
      const whose =
        peer === undefined ? { name, registry_url: url } : { peer_id: await findPeerId(client, peer) }
      const expires_in = expires === undefined ? undefined : expires * SECONDS_PER_DAY
      const answer = await client.request('POST', '/federation/tokens', {
        json: { ...whose, scheme, expires_in },
      })
      if (options.json) return printJson(answer.text, session.terminal)
      await printCreated(answer.value, { client, terminal: session.terminal })
    })
}

const CREATE_HELP = `
Examples:
  $ agentvault-registry token create --name "Partner Registry" --url https://partner.example
  $ agentvault-registry token create --peer "Partner Registry" --expires 90
`

async function printCreated(
  token: unknown,
  { client, terminal }: { readonly client: RegistryClient; readonly terminal: Terminal },
): Promise<void> {
  const secret = textOf(token, 'signing_secret')
  printFields(
    [
      ['Id', textOf(token, 'id')],
      ['Peer', textOf(token, 'peer_id')],
      ['Token', textOf(token, 'token')],
      ['Signing secret', secret],
      ['Expires', timeOf(token, 'expires_at')],
    ],
    terminal,
  )
  const { name, url } = await findOwnIdentity(client)
  const words = ['agentvault-registry', 'peer', 'add', name, url, '--api-key', textOf(token, 'token')]
  const line = [...words, ...(secret === '' ? [] : ['--signing-secret', secret])].map(shellWord).join(' ')
  terminal.out(`
${secret === '' ? 'It is not shown again. Send it to' : 'Neither is shown again. Send both to'} the operator of that registry, over a channel you both trust.
There, this line makes it ask here:

  ${line}
`)
}

/** How the other side will call this registry. */
async function findOwnIdentity(
  client: RegistryClient,
): Promise<{ readonly name: string; readonly url: string }> {
  const { value } = await client.request('GET', '/health')
  return {
    name: textOf(value, 'name') || 'AgentVault Registry',
    url: textOf(value, 'registry_url') || client.connection.url,
  }
}

function addListCommand(group: Command, session: Session): void {
  group
    .command('list')
    .description('list the tokens given to peers, without their secrets')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry token list\n')
    .action(async (options: JsonOption, command: Command) => {
      const client = connect(command, session)
      const answer = await client.request('GET', '/federation/tokens')
      if (options.json) return printJson(answer.text, session.terminal)
      const { value } = await client.request('GET', '/federation/peers')
      const names = new Map(listOf(value, 'peers').map((peer) => [textOf(peer, 'id'), textOf(peer, 'name')]))
      printList(listOf(answer.value, 'tokens'), { names, terminal: session.terminal })
    })
}

const LIST_COLUMNS = [
  { title: 'PEER', canShrink: true },
  { title: 'TOKEN' },
  { title: 'SCHEME' },
  { title: 'CREATED' },
  { title: 'LAST USED' },
  { title: 'ENDS' },
  { title: 'ID' },
]

function printList(
  tokens: readonly unknown[],
  { names, terminal }: { readonly names: ReadonlyMap<string, string>; readonly terminal: Terminal },
): void {
  const rows = tokens.map((token) => [
    names.get(textOf(token, 'peer_id')) ?? textOf(token, 'peer_id'),
    textOf(token, 'hint'),
    textOf(token, 'scheme'),
    timeOf(token, 'created_at').slice(0, 10),
    timeOf(token, 'last_used_at') || 'never',
    endOf(token),
    textOf(token, 'id'),
  ])
  printTable(rows, { columns: LIST_COLUMNS, none: 'No tokens.' }, terminal)
}

function addRotateCommand(group: Command, session: Session): void {
  addOverlapOption(group.command('rotate'))
    .description('make a token in the place of another, of the same peer; it is shown this once')
    .argument('<id>', 'the id of the token to replace')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', ROTATE_HELP)
    .action(async (id: string, options: JsonOption & OverlapOption, command: Command) => {
      const json = overlapToWire(options)
      const path = `/federation/tokens/${encodeURIComponent(id)}/rotate`
      const client = connect(command, session)
      const answer = await client.request('POST', path, { json })
      if (options.json) return printJson(answer.text, session.terminal)
      await printRotated(answer.value, { client, terminal: session.terminal })
    })
}

const ROTATE_HELP = `
Until the old token ends the peer asks with either. Which of them it uses "token list" shows (LAST USED).

Examples:
  $ agentvault-registry token rotate 0199…
  $ agentvault-registry token rotate 0199… --overlap 168
`

async function printRotated(
  token: unknown,
  { client, terminal }: { readonly client: RegistryClient; readonly terminal: Terminal },
): Promise<void> {
  printFields(
    [
      ['Id', textOf(token, 'id')],
      ['Peer', textOf(token, 'peer_id')],
      ['Token', textOf(token, 'token')],
      ['Signing secret', textOf(token, 'signing_secret')],
      ['Expires', timeOf(token, 'expires_at')],
      replacedField(token),
    ],
    terminal,
  )
  const { name } = await findOwnIdentity(client)
  const withSecret = textOf(token, 'signing_secret') === '' ? [] : ['--signing-secret-stdin']
  const words = ['agentvault-registry', 'peer', 'set-credentials', name, '--api-key-stdin', ...withSecret]
  terminal.out(`
Nothing of it is shown again. Send it to the operator of that registry, over a channel you both trust.
There, this line asks for it and uses it from then on:

  ${words.map(shellWord).join(' ')}
`)
}

function addRevokeCommand(group: Command, session: Session): void {
  group
    .command('revoke')
    .description('end a token; within seconds nobody can ask with it')
    .argument('<id>', 'the id of the token')
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry token revoke 0199…\n')
    .action(async (id: string, _options: unknown, command: Command) => {
      await connect(command, session).request('DELETE', `/federation/tokens/${encodeURIComponent(id)}`)
      session.terminal.out('Revoked.\n')
    })
}
