/** `peer policy …`: what a peer may see of our federated records. */
import type { Command } from 'commander'
import { findPeerId } from './find-peer.ts'
import { printFields, printJson } from './print.ts'
import { isRecord, listOf, memberOf, textOf, textsOf } from './read-answer.ts'
import { connect, type Session } from './session.ts'
import {
  addSharePolicyOptions,
  readSharePolicyOptions,
  SELECTOR_HELP,
  type SharePolicyOptions,
} from './share-policy-options.ts'
import type { Terminal } from './terminal.ts'

const JSON_FLAG = ['--json', 'print the policy as it is'] as const
const PEER_ARGUMENT = ['<peer>', 'id or name'] as const

export function addPolicyCommands(peer: Command, session: Session): void {
  const group = peer
    .command('policy')
    .description('say which of our federated records a peer sees, and what of them')
    .configureHelp({ showGlobalOptions: true })
  addShowCommand(group, session)
  addSetCommand(group, session)
  addClearCommand(group, session)
}

type JsonOption = { readonly json?: boolean }

function addShowCommand(group: Command, session: Session): void {
  group
    .command('show')
    .description('show the policy of a peer')
    .argument(...PEER_ARGUMENT)
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry peer policy show "Partner Registry"\n')
    .action(async (peer: string, options: JsonOption, command: Command) => {
      const client = connect(command, session)
      const { value } = await client.request('GET', `/federation/peers/${await findPeerId(client, peer)}`)
      printPolicy(memberOf(value, 'share_policy'), options, session.terminal)
    })
}

type SetOptions = JsonOption & SharePolicyOptions & { readonly file?: string }

function addSetCommand(group: Command, session: Session): void {
  const set = group
    .command('set')
    .description('set the policy of a peer, in the place of the one it has')
    .argument(...PEER_ARGUMENT)
    .option('--file <path>', 'the whole policy as JSON, - for standard input')
  addSharePolicyOptions(set)
    .option(...JSON_FLAG)
    .addHelpText('after', SET_HELP)
    .action(async (peer: string, options: SetOptions, command: Command) => {
      const { terminal } = session
      const reading = { file: options.file, fileFlag: '--file', command, terminal }
      const share_policy = await readSharePolicyOptions(options, reading)
      if (share_policy === undefined) {
        command.error('error: say what the policy is, or clear it with "peer policy clear"')
      }
      const client = connect(command, session)
      const path = `/federation/peers/${await findPeerId(client, peer)}`
      const { value } = await client.request('PUT', path, { json: { share_policy } })
      printPolicy(memberOf(value, 'share_policy'), options, terminal)
    })
}

const SET_HELP = `
${SELECTOR_HELP}
Public records are for anyone, so no policy narrows them. "peer preview" shows what a policy would change.

Examples:
  $ agentvault-registry peer policy set Partner --include type=a2a,tag=nlp --exclude tag=internal
  $ agentvault-registry peer policy set Partner --fields description,tags,skills,endpoints --max-results 20
  $ agentvault-registry peer policy set Partner --file policy.json
`

function addClearCommand(group: Command, session: Session): void {
  group
    .command('clear')
    .description('share all federated records with a peer')
    .argument(...PEER_ARGUMENT)
    .option(...JSON_FLAG)
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry peer policy clear "Partner Registry"\n')
    .action(async (peer: string, options: JsonOption, command: Command) => {
      const client = connect(command, session)
      const path = `/federation/peers/${await findPeerId(client, peer)}`
      const { value } = await client.request('PUT', path, { json: { share_policy: null } })
      printPolicy(memberOf(value, 'share_policy'), options, session.terminal)
    })
}

/** A policy in words. */
export function printPolicy(policy: unknown, { json }: JsonOption, terminal: Terminal): void {
  if (json) {
    printJson(JSON.stringify(policy ?? null, null, 2), terminal)
    return
  }
  if (!isRecord(policy)) {
    terminal.out('No policy: it sees all federated records.\n')
    return
  }
  const fields = memberOf(policy, 'fields')
  printFields(
    [
      ['Includes', describeSelectors(memberOf(policy, 'include'), policy, 'include')],
      ['Excludes', describeSelectors(memberOf(policy, 'exclude'), policy, 'exclude')],
      [
        'Members',
        Array.isArray(fields)
          ? textsOf(policy, 'fields').join(', ') || 'none but the name and the like'
          : 'all',
      ],
      ['Most results', textOf(policy, 'max_results') || 'no limit'],
    ],
    terminal,
  )
}

function describeSelectors(value: unknown, policy: object, name: 'include' | 'exclude'): string {
  if (!Array.isArray(value)) return name === 'include' ? 'all federated records' : 'none'
  if (value.length === 0) return name === 'include' ? 'no federated record' : 'none'
  return listOf(policy, name)
    .map((selector) =>
      Object.entries(isRecord(selector) ? selector : {})
        .map(([member, text]) => `${member.replace('agent_type', 'type')}=${String(text)}`)
        .join(','),
    )
    .join(' or ')
}
