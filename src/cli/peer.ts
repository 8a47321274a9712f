/** `peer …`: the registries this one federates with. */
import type { Command } from 'commander'
import { findPeerId } from './find-peer.ts'
import { addInviteCommands } from './peer-invites.ts'
import { addPolicyCommands } from './peer-policy.ts'
import { addPreviewCommand } from './peer-preview.ts'
import { addQuotaCommands } from './peer-quota.ts'
import { addTlsCommand } from './peer-tls.ts'
import { addTrustKeyCommand } from './peer-trust-key.ts'
import { printJson, printTable } from './print.ts'
import { printPeerAnswer, yesOrNo } from './print-peer.ts'
import { isTrue, listOf, numberOf, textOf } from './read-answer.ts'
import { readSecrets } from './secret-input.ts'
import { connect, type Session } from './session.ts'
import { readPolicyFile } from './share-policy-options.ts'
import type { Terminal } from './terminal.ts'

export function addPeerCommands(program: Command, session: Session): void {
  const group = program
    .command('peer')
    .description('invite, add, watch, disable and remove the registries that this one federates with')
    .configureHelp({ showGlobalOptions: true })
  addInviteCommands(group, session)
  addAddCommand(group, session)
  addSetCredentialsCommand(group, session)
  addListCommand(group, session)
  addShowCommand(group, session)
  addSwitchCommands(group, session)
  addCheckCommand(group, session)
  addTrustKeyCommand(group, session, (answer, options) => printPeerAnswer(answer, options, session.terminal))
  addTlsCommand(group, session, (answer, options) => printPeerAnswer(answer, options, session.terminal))
  addRemoveCommand(group, session)
  addPolicyCommands(group, session)
  addPreviewCommand(group, session)
  addQuotaCommands(group, session)
}

type JsonOption = { readonly json?: boolean }

type CredentialOptions = JsonOption & {
  readonly apiKey?: string
  readonly apiKeyStdin?: boolean
  readonly signingSecret?: string
  readonly signingSecretStdin?: boolean
}

const JSON_FLAG = ['--json', "print the registry's answer as it is"] as const
const PEER_ARGUMENT = ['<peer>', 'id or name'] as const

type AddOptions = CredentialOptions & {
  readonly protocol?: string
  readonly sharePolicy?: string
}

function addAddCommand(group: Command, session: Session): void {
  group
    .command('add')
    .description('add a registry to ask, and probe it; it is stored whatever the probe finds')
    .argument('<name>', 'what it is called here')
    .argument('<url>', 'its public address')
    .option('--api-key <key>', 'the federation token its operator gave you')
    .option('--api-key-stdin', 'type it, or read it from a line of standard input')
    .option('--signing-secret <secret>', 'the signing secret that came with it')
    .option('--signing-secret-stdin', 'type it, or read it from the next line of standard input')
    .option('--protocol <protocol>', 'how it is spoken to, if it is no AgentVault registry')
    .option('--share-policy <file>', 'what it may see of our federated records (JSON, see "peer policy")')
    .option(...JSON_FLAG)
    .addHelpText('after', ADD_HELP)
    .action(async (name: string, url: string, options: AddOptions, command: Command) => {
      const client = connect(command, session)
      const { protocol, sharePolicy: file } = options
      const policy = file === undefined ? {} : { share_policy: await readPolicyFile(file, session.terminal) }
      const json = {
        name,
        registry_url: url,
        protocol,
        ...policy,
        ...(await readCredentials(options, command, session)),
      }
      const answer = await client.request('POST', '/federation/peers', { json })
      printPeerAnswer(answer, options, session.terminal)
    })
}

const ADD_HELP = `
Secrets on a command line end up in its history and in the list of processes: prefer the -stdin options.

Examples:
  $ agentvault-registry peer add "Partner Registry" https://partner.example --api-key-stdin --signing-secret-stdin
  $ printf '%s\\n' "$TOKEN" "$SECRET" | agentvault-registry peer add Partner https://partner.example \\
      --api-key-stdin --signing-secret-stdin
`

async function readCredentials(
  { apiKey, apiKeyStdin, signingSecret, signingSecretStdin }: CredentialOptions,
  command: Command,
  { terminal }: Session,
): Promise<Readonly<Record<string, string | undefined>>> {
  if (apiKey !== undefined && apiKeyStdin)
    command.error("error: choose one of '--api-key' and '--api-key-stdin'")
  if (signingSecret !== undefined && signingSecretStdin) {
    command.error("error: choose one of '--signing-secret' and '--signing-secret-stdin'")
  }
  const names = [...(apiKeyStdin ? ['api key'] : []), ...(signingSecretStdin ? ['signing secret'] : [])]
  const typed = await readSecrets(names, terminal)
  return {
    api_key: apiKeyStdin ? typed[0] : apiKey,
    signing_secret: signingSecretStdin ? typed.at(-1) : signingSecret,
  }
}

function addSetCredentialsCommand(group: Command, session: Session): void {
  group
    .command('set-credentials')
    .description(
      'ask a peer with another token from now on, such as after its operator rotated the one in use',
    )
    .argument(...PEER_ARGUMENT)
    .option('--api-key <key>', 'the federation token its operator gave you')
    .option('--api-key-stdin', 'type it, or read it from a line of standard input')
    .option('--signing-secret <secret>', 'the signing secret that came with it')
    .option('--signing-secret-stdin', 'type it, or read it from the next line of standard input')
    .option(...JSON_FLAG)
    .addHelpText('after', SET_CREDENTIALS_HELP)
    .action(async (peer: string, options: CredentialOptions, command: Command) => {
      const credentials = await readCredentials(options, command, session)
      if (credentials.api_key === undefined) command.error("error: takes '--api-key' or '--api-key-stdin'")
      const client = connect(command, session)
      const path = `/federation/peers/${await findPeerId(client, peer)}`
      // A token that came without a secret signs by itself; the secret of the one before would be wrong.
      const json = { ...credentials, signing_secret: credentials.signing_secret ?? null }
      printPeerAnswer(await client.request('PUT', path, { json }), options, session.terminal)
    })
}

const SET_CREDENTIALS_HELP = `
Without a signing secret the one in use is forgotten: the new token signs by itself.

Examples:
  $ agentvault-registry peer set-credentials "Partner Registry" --api-key-stdin --signing-secret-stdin
`

function addListCommand(group: Command, session: Session): void {
  group
    .command('list')
    .description('list all peers, with their health')
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry peer list\n')
    .action(async (options: JsonOption, command: Command) => {
      const answer = await connect(command, session).request('GET', '/federation/peers')
      if (options.json) return printJson(answer.text, session.terminal)
      printList(listOf(answer.value, 'peers'), session.terminal)
    })
}

const LIST_COLUMNS = [
  { title: 'NAME', canShrink: true },
  { title: 'ADDRESS', canShrink: true },
  { title: 'WE ASK' },
  { title: 'IT ASKS' },
  { title: 'HEALTH' },
  { title: 'AGENTS', align: 'right' },
  { title: 'ID' },
] as const

function printList(peers: readonly unknown[], terminal: Terminal): void {
  const rows = peers.map((peer) => [
    textOf(peer, 'name'),
    textOf(peer, 'registry_url'),
    yesOrNo(isTrue(peer, 'is_active')),
    yesOrNo(isTrue(peer, 'inbound_active')),
    isTrue(peer, 'awaits_confirmation') ? 'to confirm' : textOf(peer, 'health_status'),
    textOf(peer, 'agent_count'),
    textOf(peer, 'id'),
  ])
  printTable(rows, { columns: LIST_COLUMNS, none: 'No peers.' }, terminal)
}

function addShowCommand(group: Command, session: Session): void {
  group
    .command('show')
    .description('show one peer; its secrets are never shown')
    .argument(...PEER_ARGUMENT)
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry peer show "Partner Registry"\n')
    .action(async (peer: string, options: JsonOption, command: Command) => {
      const client = connect(command, session)
      const answer = await client.request('GET', `/federation/peers/${await findPeerId(client, peer)}`)
      printPeerAnswer(answer, options, session.terminal)
    })
}

function addSwitchCommands(group: Command, session: Session): void {
  const commands = [
    {
      name: 'disable',
      change: { is_active: false },
      description: 'stop asking a peer and hide its agents, at once',
    },
    { name: 'enable', change: { is_active: true }, description: 'ask a peer again' },
    {
      name: 'confirm-size',
      change: { size_confirmed: true },
      description: 'vouch for the size of a peer that is larger than all others together',
    },
    {
      name: 'unconfirm-size',
      change: { size_confirmed: false },
      description: 'let a peer count as much as all others together, at most',
    },
  ] as const
  for (const { name, change, description } of commands) {
    group
      .command(name)
      .description(description)
      .argument(...PEER_ARGUMENT)
      .option(...JSON_FLAG)
      .addHelpText('after', `\nExamples:\n  $ agentvault-registry peer ${name} "Partner Registry"\n`)
      .action(async (peer: string, options: JsonOption, command: Command) => {
        const client = connect(command, session)
        const path = `/federation/peers/${await findPeerId(client, peer)}`
        const answer = await client.request('PUT', path, { json: change })
        printPeerAnswer(answer, options, session.terminal)
      })
  }
}

function addCheckCommand(group: Command, session: Session): void {
  group
    .command('check')
    .description('probe a peer now')
    .argument(...PEER_ARGUMENT)
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry peer check "Partner Registry"\n')
    .action(async (peer: string, options: JsonOption, command: Command) => {
      const client = connect(command, session)
      const answer = await client.request('POST', `/federation/peers/${await findPeerId(client, peer)}/check`)
      printPeerAnswer(answer, options, session.terminal)
    })
}

function addRemoveCommand(group: Command, session: Session): void {
  group
    .command('remove')
    .description('remove a peer: its tokens are revoked and the copies of its agents deleted')
    .argument(...PEER_ARGUMENT)
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry peer remove "Partner Registry"\n')
    .action(async (peer: string, options: JsonOption, command: Command) => {
      const client = connect(command, session)
      const answer = await client.request('DELETE', `/federation/peers/${await findPeerId(client, peer)}`)
      if (options.json) return printJson(answer.text, session.terminal)
      const [tokens, agents] = [
        numberOf(answer.value, 'revoked_tokens'),
        numberOf(answer.value, 'purged_agents'),
      ]
      session.terminal.out(
        `Removed. Tokens revoked: ${tokens ?? 0}; copies of agents deleted: ${agents ?? 0}.\n`,
      )
    })
}
