/** How to start an MCP server whose card names packages, as the configuration of a client. Pure. */
import type { Snippet } from './snippets.ts'

/** What starts a package of each registry. What a card may say to start it with instead, a stranger wrote. */
const STARTERS: Readonly<
  Record<string, { readonly command: string; readonly args: readonly string[]; readonly glue: string }>
> = {
  npm: { command: 'npx', args: ['-y'], glue: '@' },
  pypi: { command: 'uvx', args: [], glue: '@' },
  oci: { command: 'docker', args: ['run', '-i', '--rm'], glue: ':' },
}

/** Names of packages and versions begin with no hyphen: that would be an option of what starts them. */
const NAME = /^@?[\w.][\w.\-/:]*$/
const VERSION = /^[\w.][\w.\-+]*$/

/**
 * One configuration for each package that is spoken to over its own input and output, and needs no options that only
 * its makers know.
 *
 * @param card as it was published: foreign from end to end.
 * @see https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json
 */
export function packageSnippets(server: string, card: string): readonly Snippet[] {
  const { packages } = membersOf(parsed(card))
  return listOf(packages).flatMap((one) => packageSnippet(server, membersOf(one)))
}

function packageSnippet(server: string, said: Members): Snippet[] {
  const { identifier, version, registryType, environmentVariables } = said
  const starter =
    typeof registryType === 'string' && Object.hasOwn(STARTERS, registryType)
      ? STARTERS[registryType]
      : undefined
  const isStdio = membersOf(said.transport).type === 'stdio'
  const hasArguments = [said.runtimeArguments, said.packageArguments].some((list) => listOf(list).length > 0)
  if (starter === undefined || !isStdio || hasArguments) return []
  if (typeof identifier !== 'string' || !NAME.test(identifier)) return []
  const isExact = typeof version === 'string' && VERSION.test(version)
  // An image may be named with its version already.
  const isWhole = starter.glue === ':' && /:[^/]*$/.test(identifier)
  const name = isExact && !isWhole ? `${identifier}${starter.glue}${version}` : identifier
  const variables = listOf(environmentVariables).flatMap(requiredVariable)
  const passed = starter.command === 'docker' ? variables.flatMap((variable) => ['-e', variable]) : []
  const configuration = {
    command: starter.command,
    args: [...starter.args, ...passed, name],
    ...(variables.length > 0 && { env: Object.fromEntries(variables.map((variable) => [variable, ''])) }),
  }
  const fill = variables.length === 0 ? '' : ` It needs values for ${variables.join(', ')}.`
  return [
    {
      title: `Configuration of an MCP client, by the package (${registryType})`,
      text: JSON.stringify({ mcpServers: { [server]: configuration } }, null, 2),
      note: `This runs a program of the agent’s makers on your own machine.${fill}`,
    },
  ]
}

function requiredVariable(said: unknown): string[] {
  const { name, isRequired } = membersOf(said)
  return isRequired === true && typeof name === 'string' && /^[A-Z_a-z]\w*$/.test(name) ? [name] : []
}

type Members = Readonly<Record<string, unknown>>

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Cards are checked when they are taken in; one that is no JSON says nothing here.
    return null
  }
}
