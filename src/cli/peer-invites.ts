/** `peer invite`, `accept`, `confirm`: two registries become peers by one line that their operators hand over. */
import type { Command } from 'commander'
import { cleanLine } from '../security/text.ts'
import { findPeerId } from './find-peer.ts'
import { printFields, printJson } from './print.ts'
import { printPeerAnswer } from './print-peer.ts'
import { textOf, timeOf } from './read-answer.ts'
import { readSecrets } from './secret-input.ts'
import { connect, type Session } from './session.ts'
import {
  addSharePolicyOptions,
  readSharePolicyOptions,
  SELECTOR_HELP,
  type SharePolicyOptions,
} from './share-policy-options.ts'
import { wholeNumber } from './values.ts'

type JsonOption = { readonly json?: boolean }

const JSON_FLAG = ['--json', "print the registry's answer as it is"] as const

export function addInviteCommands(group: Command, session: Session): void {
  addInviteCommand(group, session)
  addAcceptCommand(group, session)
  addConfirmCommand(group, session)
}

/** What the other registry will see, said before it asks for the first time. */
type PolicyOptions = SharePolicyOptions & { readonly sharePolicy?: string }

/** One member for the request: left out where nothing was said, since null would say that all is shared. */
async function policyMember(
  options: PolicyOptions,
  command: Command,
  { terminal }: Session,
): Promise<{ readonly share_policy?: object }> {
  const reading = { file: options.sharePolicy, fileFlag: '--share-policy', command, terminal }
  const share_policy = await readSharePolicyOptions(options, reading)
  return share_policy === undefined ? {} : { share_policy }
}

function addPolicyOptions(command: Command): Command {
  return addSharePolicyOptions(
    command.option(
      '--share-policy <file>',
      'what it may see of our federated records, as JSON; or by the options below',
    ),
  )
}

type InviteOptions = JsonOption & PolicyOptions & { readonly autoAccept?: boolean; readonly minutes?: number }

function addInviteCommand(group: Command, session: Session): void {
  const make = group
    .command('invite')
    .description('make a line that lets another registry become a peer; its operator runs "peer accept"')
    .option('--auto-accept', 'let in whoever uses it, without "peer confirm"')
    .option('--minutes <minutes>', 'how long it is good for; 15 if not given', wholeNumber(1, 1_440))
  addPolicyOptions(make)
    .option(...JSON_FLAG)
    .addHelpText('after', INVITE_HELP)
    .action(async (options: InviteOptions, command: Command) => {
      const { terminal } = session
      const { autoAccept, minutes, json: isJson } = options
      const expires_in = minutes === undefined ? undefined : minutes * 60
      const json = {
        ...{ auto_accept: autoAccept, expires_in },
        ...(await policyMember(options, command, session)),
      }
      const { text, value } = await connect(command, session).request('POST', '/federation/invites', { json })
      if (isJson) return printJson(text, terminal)
      // The line alone on standard output, so that it can be piped.
      terminal.out(`${cleanLine(textOf(value, 'invite'))}\n`)
      terminal.err(
        [
          `Good for one registry, until ${cleanLine(timeOf(value, 'expires_at'))}. Its operator runs "peer accept" with it.`,
          `Our fingerprint, for them to compare: ${cleanLine(textOf(value, 'key_thumbprint'))}`,
          autoAccept
            ? 'Whoever uses it is let in at once.'
            : 'When they have, compare their fingerprint and run "peer confirm".',
        ].join('\n'),
      )
      terminal.err('\n')
    })
}

const INVITE_HELP = `
What is shared can be said with the invite, with "peer confirm", or later with "peer policy set".
${SELECTOR_HELP}

Examples:
  $ agentvault-registry peer invite
  $ agentvault-registry peer invite --include tag=nlp --exclude tag=internal --max-results 20
`

type AcceptOptions = JsonOption &
  PolicyOptions & { readonly name?: string; readonly ask: boolean; readonly answer: boolean }

function addAcceptCommand(group: Command, session: Session): void {
  const accept = group
    .command('accept')
    .description('use an invite of another registry: both become peers')
    .argument('[invite]', 'the line its operator gave you; read from standard input if not given')
    .option('--name <name>', 'what to call it here; what it calls itself, if not given')
    .option('--no-ask', 'let it ask us, and do not ask it')
    .option('--no-answer', 'ask it, and do not let it ask us')
  addPolicyOptions(accept)
    .option(...JSON_FLAG)
    .addHelpText('after', ACCEPT_HELP)
    .action(async (given: string | undefined, options: AcceptOptions, command: Command) => {
      const { terminal } = session
      const client = connect(command, session)
      if (given === undefined && options.sharePolicy === '-') {
        command.error(
          "error: standard input has the invite or the policy, not both: give '--share-policy' a file",
        )
      }
      const policy = await policyMember(options, command, session)
      const [invite] = given === undefined ? await readSecrets(['invite'], terminal) : [given]
      const { name, ask: is_active, answer: inbound_active } = options
      const json = { invite, name, is_active, inbound_active, ...policy }
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
The policy says what it may see of our records; what we may see of its records, its operator says.
${SELECTOR_HELP}

Examples:
  $ agentvault-registry peer accept avp_…
  $ agentvault-registry peer accept avp_… --exclude tag=internal --fields description,tags,skills
`

type ConfirmOptions = JsonOption &
  PolicyOptions & {
    readonly fingerprint?: string
    readonly ask: boolean
    readonly answer: boolean
  }

function addConfirmCommand(group: Command, session: Session): void {
  const confirm = group
    .command('confirm')
    .description('let a registry in that used your invite, after you compared its fingerprint')
    .argument('<peer>', 'id or name')
    .option('--fingerprint <fingerprint>', 'only if this is its key')
    .option('--no-ask', 'let it ask us, and do not ask it')
    .option('--no-answer', 'ask it, and do not let it ask us')
  addPolicyOptions(confirm)
    .option(...JSON_FLAG)
    .addHelpText('after', CONFIRM_HELP)
    .action(async (peer: string, options: ConfirmOptions, command: Command) => {
      const policy = await policyMember(options, command, session)
      const client = connect(command, session)
      const { fingerprint: key_thumbprint, ask: is_active, answer: inbound_active } = options
      const path = `/federation/peers/${await findPeerId(client, peer)}/confirm`
      const answer = await client.request('POST', path, {
        json: { key_thumbprint, is_active, inbound_active, ...policy },
      })
      printPeerAnswer(answer, options, session.terminal)
    })
}

const CONFIRM_HELP = `
Without a policy the one of the invite holds, if it had one. ${SELECTOR_HELP}

"peer show" has the fingerprint of a peer that waits. Its operator reads theirs with "identity show".

Examples:
  $ agentvault-registry peer confirm "Partner Registry" --fingerprint kPrK_qmx…
`
