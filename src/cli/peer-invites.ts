/** `peer invite`, `accept`, `confirm`: two registries become peers by one line that their operators hand over. */
import type { Command } from 'commander'
import { findPeerId } from './find-peer.ts'
import { printFields, printJson } from './print.ts'
import { printPeerAnswer } from './print-peer.ts'
import { textOf, timeOf } from './read-answer.ts'
import { readSecrets } from './secret-input.ts'
import { connect, type Session } from './session.ts'
import { wholeNumber } from './values.ts'

type JsonOption = { readonly json?: boolean }

const JSON_FLAG = ['--json', "print the registry's answer as it is"] as const

export function addInviteCommands(group: Command, session: Session): void {
  addInviteCommand(group, session)
  addAcceptCommand(group, session)
  addConfirmCommand(group, session)
}

type InviteOptions = JsonOption & { readonly autoAccept?: boolean; readonly minutes?: number }

function addInviteCommand(group: Command, session: Session): void {
  group
    .command('invite')
    .description('make a line that lets another registry become a peer; its operator runs "peer accept"')
    .option('--auto-accept', 'let in whoever uses it, without "peer confirm"')
    .option('--minutes <minutes>', 'how long it is good for; 15 if not given', wholeNumber(1, 1_440))
    .option(...JSON_FLAG)
    .addHelpText('after', INVITE_HELP)
    .action(async ({ autoAccept, minutes, json: isJson }: InviteOptions, command: Command) => {
      const { terminal } = session
      const expires_in = minutes === undefined ? undefined : minutes * 60
      const json = { auto_accept: autoAccept, expires_in }
      const { text, value } = await connect(command, session).request('POST', '/federation/invites', { json })
      if (isJson) return printJson(text, terminal)
      // The line alone on standard output, so that it can be piped.
      terminal.out(`${textOf(value, 'invite')}\n`)
      terminal.err(
        [
          `Good for one registry, until ${timeOf(value, 'expires_at')}. Its operator runs "peer accept" with it.`,
          `Our fingerprint, for them to compare: ${textOf(value, 'key_thumbprint')}`,
          autoAccept
            ? 'Whoever uses it is let in at once.'
            : 'When they have, compare their fingerprint and run "peer confirm".',
        ].join('\n'),
      )
      terminal.err('\n')
    })
}

const INVITE_HELP = `
Examples:
  $ agentvault-registry peer invite
`

type AcceptOptions = JsonOption & { readonly name?: string; readonly ask: boolean; readonly answer: boolean }

function addAcceptCommand(group: Command, session: Session): void {
  group
    .command('accept')
    .description('use an invite of another registry: both become peers')
    .argument('[invite]', 'the line its operator gave you; read from standard input if not given')
    .option('--name <name>', 'what to call it here; what it calls itself, if not given')
    .option('--no-ask', 'let it ask us, and do not ask it')
    .option('--no-answer', 'ask it, and do not let it ask us')
    .option(...JSON_FLAG)
    .addHelpText('after', ACCEPT_HELP)
    .action(async (given: string | undefined, options: AcceptOptions, command: Command) => {
      const { terminal } = session
      const client = connect(command, session)
      const [invite] = given === undefined ? await readSecrets(['invite'], terminal) : [given]
      const { name, ask: is_active, answer: inbound_active } = options
      const json = { invite, name, is_active, inbound_active }
      const answer = await client.request('POST', '/federation/invites/accept', { json })
      printPeerAnswer(answer, options, terminal)
      if (options.json) return
      printFields([['Our key', textOf(answer.value, 'own_key_thumbprint')]], terminal)
      if (textOf(answer.value, 'state') === 'pending') {
        terminal.err(
          'Its operator has to run "peer confirm": tell them our fingerprint, and compare theirs.\n',
        )
      }
    })
}

const ACCEPT_HELP = `
Examples:
  $ agentvault-registry peer accept avp_…
`

type ConfirmOptions = JsonOption & {
  readonly fingerprint?: string
  readonly ask: boolean
  readonly answer: boolean
}

function addConfirmCommand(group: Command, session: Session): void {
  group
    .command('confirm')
    .description('let a registry in that used your invite, after you compared its fingerprint')
    .argument('<peer>', 'id or name')
    .option('--fingerprint <fingerprint>', 'only if this is its key')
    .option('--no-ask', 'let it ask us, and do not ask it')
    .option('--no-answer', 'ask it, and do not let it ask us')
    .option(...JSON_FLAG)
    .addHelpText('after', CONFIRM_HELP)
    .action(async (peer: string, options: ConfirmOptions, command: Command) => {
      const client = connect(command, session)
      const { fingerprint: key_thumbprint, ask: is_active, answer: inbound_active } = options
      const path = `/federation/peers/${await findPeerId(client, peer)}/confirm`
      const answer = await client.request('POST', path, {
        json: { key_thumbprint, is_active, inbound_active },
      })
      printPeerAnswer(answer, options, session.terminal)
    })
}

const CONFIRM_HELP = `
"peer show" has the fingerprint of a peer that waits. Its operator reads theirs with "identity show".

Examples:
  $ agentvault-registry peer confirm "Partner Registry" --fingerprint kPrK_qmx…
`
