/** `agent …`: the records of one registry. */
import { type Command, Option } from 'commander'
import { AGENT_STATUSES, VISIBILITIES } from '../domain/agent.ts'
import { type ImportOptions, importAgents } from './agent-import.ts'
import { addAgentModerationCommands } from './agent-moderation.ts'
import { readInput } from './input.ts'
import { printFields, printJson, printTable } from './print.ts'
import { listOf, memberOf, textOf, textsOf, timeOf } from './read-answer.ts'
import { describeNetworkFailure, type RegistryClient, TIMEOUT_MS } from './registry-client.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { collect, wholeNumber } from './values.ts'

export function addAgentCommands(program: Command, session: Session): void {
  const group = program
    .command('agent')
    .description('add, import, list, show, transfer, take down and remove agents')
    .configureHelp({ showGlobalOptions: true })
  addAddCommand(group, session)
  addImportCommand(group, session)
  addListCommand(group, session)
  addShowCommand(group, session)
  addRemoveCommand(group, session)
  addAgentModerationCommands(group, session)
}

type JsonOption = { readonly json?: boolean }

const JSON_TYPE = 'application/json'

type AddOptions = JsonOption & {
  readonly mediaType: string
  readonly visibility?: string
  readonly shareCard?: boolean
}

function addAddCommand(group: Command, session: Session): void {
  group
    .command('add')
    .description(
      'add one agent: from a file of its fields or its agent card, or by the card that it shows at its address',
    )
    .argument('<source>', 'a JSON file, - for standard input, or an address: https://…')
    .option(
      '--media-type <type>',
      "with a file: the card's own type; plain JSON that looks like a card is taken for one",
      JSON_TYPE,
    )
    .addOption(
      new Option(
        '--visibility <visibility>',
        'with a bare card: who may see the agent (default local)',
      ).choices(VISIBILITIES),
    )
    .option('--share-card', 'with a bare card: share it even if it holds personal data')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', ADD_HELP)
    .action(async (source: string, options: AddOptions, command: Command) => {
      const { mediaType, visibility, shareCard } = options
      const client = connect(command, session)
      const body = isAddress(source)
        ? await fetchCard(client, source)
        : { content: await readInput(source, session.terminal), mediaType }
      const query = { visibility, share_card: shareCard ? 'true' : undefined }
      const answer = await client.request('POST', '/agents', { body, query })
      if (options.json) return printJson(answer.text, session.terminal)
      printAgent(answer.value, session.terminal)
    })
}

function isAddress(source: string): boolean {
  return /^https?:\/\//i.test(source)
}

/** The registry looks for it, by its own rules of what may be contacted; as it came, it is published. */
async function fetchCard(
  client: RegistryClient,
  url: string,
): Promise<{ content: Uint8Array<ArrayBuffer>; mediaType: string }> {
  const response = await client.stream('POST', '/agents/fetch-card', { json: { url }, timeoutMs: TIMEOUT_MS })
  const mediaType = response.headers.get('content-type') ?? JSON_TYPE
  const content = await response.arrayBuffer().catch((error: unknown) => {
    throw describeNetworkFailure(error, client.connection)
  })
  return { content: new Uint8Array(content), mediaType }
}

const ADD_HELP = `
A card is kept byte for byte. Of an address, the registry looks at the address itself and at the well-known places
below it and at its host.

Examples:
  $ agentvault-registry agent add fields.json
  $ agentvault-registry agent add agent-card.json --visibility federated
  $ agentvault-registry agent add https://agent.example
  $ my-agent --print-card | agentvault-registry agent add -
`

function addImportCommand(group: Command, session: Session): void {
  group
    .command('import')
    .description('add or update many agents: one a line (NDJSON); a bad line never loses the others')
    .argument('<file>', 'a file of lines of JSON, - for standard input')
    .option('--dry-run', 'only tell what would happen')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', IMPORT_HELP)
    .action(async (file: string, options: ImportOptions, command: Command) => {
      await importAgents(file, options, { client: connect(command, session), session })
    })
}

const IMPORT_HELP = `
Importing the same file again changes nothing. With rejected lines, the exit code is 5.

Examples:
  $ agentvault-registry agent import agents.ndjson --dry-run
  $ gunzip -c agents.ndjson.gz | agentvault-registry agent import -
`

type ListOptions = JsonOption & {
  readonly search?: string
  readonly type?: string
  readonly tag?: readonly string[]
  readonly status?: string
  readonly provider?: string
  readonly limit: number
  readonly cursor?: string
}

function addListCommand(group: Command, session: Session): void {
  group
    .command('list')
    .description("list this registry's own agents that you may see, newest first")
    .option('--search <text>', 'only those that match, best first')
    .option('--type <type>', 'only agents of this type, such as a2a or mcp-server')
    .option('--tag <tag>', 'only agents with this tag; repeat it for several that must all be there', collect)
    .addOption(new Option('--status <status>', 'only agents of this status').choices(AGENT_STATUSES))
    .option('--provider <name>', 'only agents of this provider')
    .option('--limit <number>', 'at most so many, up to 100', wholeNumber(1, 100), 50)
    .option('--cursor <cursor>', 'go on where a list ended')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry agent list --type mcp-server --tag files\n')
    .action(async (options: ListOptions, command: Command) => {
      const { search, type: agent_type, tag: tags, status, provider, limit, cursor } = options
      const query = { search, agent_type, tags, status, provider, limit: String(limit), cursor }
      const answer = await connect(command, session).request('GET', '/agents', { query })
      if (options.json) return printJson(answer.text, session.terminal)
      printList(answer.value, session.terminal)
    })
}

const LIST_COLUMNS = [
  { title: 'NAME', canShrink: true },
  { title: 'TYPE' },
  { title: 'VERSION', canShrink: true },
  { title: 'STATUS' },
  { title: 'VISIBILITY' },
  { title: 'UPDATED' },
  { title: 'ID' },
]

function printList(value: unknown, terminal: Terminal): void {
  const agents = listOf(value, 'agents')
  const rows = agents.map((agent) => [
    ...['name', 'agent_type', 'version', 'status', 'visibility'].map((name) => textOf(agent, name)),
    timeOf(agent, 'updated_at').slice(0, 10),
    textOf(agent, 'id'),
  ])
  printTable(rows, { columns: LIST_COLUMNS, none: 'No agents.' }, terminal)
  const cursor = textOf(value, 'next_cursor')
  if (cursor !== '') terminal.err(`More: --cursor ${cursor.replace(/[^\w.~-]/g, '')}\n`)
}

function addShowCommand(group: Command, session: Session): void {
  group
    .command('show')
    .description('show one agent, or its card exactly as its publisher gave it')
    .argument('<agent>', 'id or DID')
    .option('--card', 'print the card, byte for byte')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry agent show 0199… --card > agent-card.json\n')
    .action(async (agent: string, options: JsonOption & { readonly card?: boolean }, command: Command) => {
      const { terminal } = session
      const client = connect(command, session)
      const path = `/agents/${encodeURIComponent(agent)}`
      if (options.card) {
        const card = await client.stream('GET', `${path}/card`, { accept: '*/*' })
        if (terminal.isInteractive) return printJson(await card.text(), terminal)
        return terminal.out(await card.bytes())
      }
      const answer = await client.request('GET', path)
      if (options.json) return printJson(answer.text, terminal)
      printAgent(answer.value, terminal)
    })
}

function printAgent(agent: unknown, terminal: Terminal): void {
  const skills = listOf(agent, 'skills').map((skill) => textOf(skill, 'name'))
  const endpoints = listOf(agent, 'endpoints').map(
    (one) => `${textOf(one, 'url')} (${textOf(one, 'protocol')})`,
  )
  printFields(
    [
      ['Name', textOf(agent, 'name')],
      ['Id', textOf(agent, 'id')],
      ['DID', textOf(agent, 'did')],
      ['Claimed DID', textOf(agent, 'claimed_did')],
      ['Type', textOf(agent, 'agent_type')],
      ['Version', textOf(agent, 'version')],
      ['Status', [textOf(agent, 'status'), textOf(agent, 'status_message')].filter(Boolean).join(': ')],
      ['Visibility', textOf(agent, 'visibility')],
      ['Provider', textOf(memberOf(agent, 'provider'), 'organization')],
      ['Tags', textsOf(agent, 'tags').join(', ')],
      ['Skills', skills.join(', ')],
      ['Endpoints', endpoints.join(', ')],
      ['Card', [textOf(agent, 'card_format'), textOf(agent, 'card_url')].filter(Boolean).join(', ')],
      ['Updated', timeOf(agent, 'updated_at')],
      ['Description', textOf(agent, 'description')],
      ...textsOf(agent, 'warnings').map((warning) => ['Note', warning] as const),
    ],
    terminal,
  )
}

function addRemoveCommand(group: Command, session: Session): void {
  group
    .command('remove')
    .description('remove one agent; those who could see it are told that it is gone, and why')
    .argument('<agent>', 'id or DID')
    .option('--reason <text>', 'why')
    .addHelpText(
      'after',
      '\nExamples:\n  $ agentvault-registry agent remove 0199… --reason "Replaced by version 2"\n',
    )
    .action(async (agent: string, { reason }: { readonly reason?: string }, command: Command) => {
      await connect(command, session).request('DELETE', `/agents/${encodeURIComponent(agent)}`, {
        query: { reason },
      })
      session.terminal.out('Removed.\n')
    })
}
