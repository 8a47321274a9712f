/** `peer policy …`: what a peer may see of our federated records. */
import type { Command } from 'commander'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { findPeerId } from './find-peer.ts'
import { readInput } from './input.ts'
import { printFields, printJson } from './print.ts'
import { isRecord, listOf, memberOf, textOf, textsOf } from './read-answer.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { collect, wholeNumber } from './values.ts'

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

type SetOptions = JsonOption & {
  readonly file?: string
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly includeNothing?: boolean
  readonly fields?: string
  readonly maxResults?: number
}

function addSetCommand(group: Command, session: Session): void {
  group
    .command('set')
    .description('set the policy of a peer, in the place of the one it has')
    .argument(...PEER_ARGUMENT)
    .option('--file <path>', 'the whole policy as JSON, - for standard input')
    .option('--include <selector>', 'share only records of this kind; repeat it for several', collect)
    .option(
      '--exclude <selector>',
      'keep records of this kind back, whatever is included; repeatable',
      collect,
    )
    .option('--include-nothing', 'share public records only')
    .option(
      '--fields <list>',
      'share only these members beside the name and the like, such as description,tags',
    )
    .option(
      '--max-results <number>',
      'the most federated records that one question brings out',
      wholeNumber(1, 1_000_000),
    )
    .option(...JSON_FLAG)
    .addHelpText('after', SET_HELP)
    .action(async (peer: string, options: SetOptions, command: Command) => {
      const share_policy = await policyFrom(options, command, session)
      const client = connect(command, session)
      const path = `/federation/peers/${await findPeerId(client, peer)}`
      const { value } = await client.request('PUT', path, { json: { share_policy } })
      printPolicy(memberOf(value, 'share_policy'), options, session.terminal)
    })
}

const SET_HELP = `
A selector is one or more of type=, tag=, provider= and id=, joined by commas; a record must meet all of them.
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

/** Every member is said, so that nothing of the policy before stays. */
async function policyFrom(options: SetOptions, command: Command, session: Session): Promise<object> {
  const { file, include, exclude, includeNothing, fields, maxResults } = options
  const isSaid = [include, exclude, includeNothing, fields, maxResults].some((option) => option !== undefined)
  if (file !== undefined && isSaid)
    command.error("error: '--file' says all of the policy: leave the others out")
  if (file === undefined && !isSaid)
    command.error('error: say what the policy is, or clear it with "peer policy clear"')
  if (include !== undefined && includeNothing) {
    command.error("error: choose one of '--include' and '--include-nothing'")
  }
  if (file !== undefined) return { ...NOTHING_SAID, ...(await readPolicyFile(file, session.terminal)) }
  const selectors = (texts: readonly string[] | undefined) => texts?.map((text) => selectorOf(text, command))
  return {
    include: includeNothing ? [] : (selectors(include) ?? null),
    exclude: selectors(exclude) ?? null,
    fields: fields?.split(',').map((field) => field.trim()) ?? null,
    max_results: maxResults ?? null,
  }
}

const NOTHING_SAID = { include: null, exclude: null, fields: null, max_results: null } as const

/** @throws CliFailure for what is no JSON object; what is wrong in it, the registry says. */
export async function readPolicyFile(path: string, terminal: Terminal): Promise<object> {
  const text = new TextDecoder().decode(await readInput(path, terminal))
  const value = parse(text)
  if (isRecord(value)) return value
  throw new CliFailure(
    EXIT.usage,
    `${path} is no share policy: a JSON object with include, exclude, fields, max_results.`,
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // said by the caller, with the file's name
  }
}

const SELECTOR_MEMBERS: Readonly<Record<string, string>> = {
  ...{ type: 'agent_type', agent_type: 'agent_type', tag: 'tag', provider: 'provider', id: 'id' },
}

function selectorOf(text: string, command: Command): object {
  const members = text.split(',').map((part) => {
    const [, name = '', value = ''] = /^\s*([a-z_]+)=(.*)$/s.exec(part) ?? []
    const member = Object.hasOwn(SELECTOR_MEMBERS, name) ? SELECTOR_MEMBERS[name] : undefined
    if (member === undefined) {
      command.error(`error: ${JSON.stringify(text)} is no selector: write it like type=a2a,tag=nlp`)
    }
    return [String(member), value.trim()] as const
  })
  return Object.fromEntries(members)
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
