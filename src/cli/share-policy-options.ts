/** The options that say a share policy: the same words for a peer, an invite, and the accepting and confirming of one. */
import type { Command } from 'commander'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { readInput } from './input.ts'
import { isRecord } from './read-answer.ts'
import type { Terminal } from './terminal.ts'
import { collect, wholeNumber } from './values.ts'

export type SharePolicyOptions = {
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
  readonly includeNothing?: boolean
  readonly fields?: string
  readonly maxResults?: number
}

/** Adds the options; the one for a file is the command's own, since its name depends on what else a file could be. */
export function addSharePolicyOptions(command: Command): Command {
  return command
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
}

export const SELECTOR_HELP =
  'A selector is one or more of type=, tag=, provider= and id=, joined by commas; a record must meet all of them.'

type Reading = {
  readonly file: string | undefined
  /** The option that names the file, as it is told to who gives too much. */
  readonly fileFlag: string
  readonly command: Command
  readonly terminal: Terminal
}

/** The policy that the options say, `undefined` if they say none. Options that contradict each other end the command. */
export async function readSharePolicyOptions(
  options: SharePolicyOptions,
  { file, fileFlag, command, terminal }: Reading,
): Promise<object | undefined> {
  const { include, exclude, includeNothing, fields, maxResults } = options
  const isSaid = [include, exclude, includeNothing, fields, maxResults].some((option) => option !== undefined)
  if (file !== undefined && isSaid) {
    command.error(`error: '${fileFlag}' says all of the policy: leave the others out`)
  }
  if (include !== undefined && includeNothing) {
    command.error("error: choose one of '--include' and '--include-nothing'")
  }
  if (file !== undefined) return { ...NOTHING_SAID, ...(await readPolicyFile(file, terminal)) }
  if (!isSaid) return undefined
  const selectors = (texts: readonly string[] | undefined) => texts?.map((text) => selectorOf(text, command))
  return {
    include: includeNothing ? [] : (selectors(include) ?? null),
    exclude: selectors(exclude) ?? null,
    fields: fields?.split(',').map((field) => field.trim()) ?? null,
    max_results: maxResults ?? null,
  }
}

/** Every member is said, so that nothing of the policy before stays. */
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
