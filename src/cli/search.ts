/** `search`: finds agents here and, with `--federated`, in every registry this one trusts. */
import type { Command } from 'commander'
import { EXIT } from './exit-codes.ts'
import { followSearch } from './follow-search.ts'
import { printJson } from './print.ts'
import { isComplete, renderDiscovery } from './render-discovery.ts'
import { connect, type Session } from './session.ts'
import { readShownAnswer } from './shown-answer.ts'
import { collect, wholeNumber } from './values.ts'

type SearchOptions = {
  readonly federated?: boolean
  readonly peer?: readonly string[]
  readonly type?: string
  readonly tag?: readonly string[]
  readonly provider?: string
  readonly limit: number
  readonly timeout?: number
  readonly json?: boolean
}

export function addSearchCommand(program: Command, session: Session): void {
  program
    .command('search')
    .description('find agents, in this registry or in all that it federates with')
    .argument('<query...>', 'what the agent should do')
    .option('-f, --federated', 'ask the peers, too')
    .option(
      '--peer <peer>',
      'ask only this peer (id or name); repeat it for several; implies --federated',
      collect,
    )
    .option('--type <type>', 'only agents of this type, such as a2a or mcp-server')
    .option('--tag <tag>', 'only agents with this tag; repeat it for several that must all be there', collect)
    .option('--provider <name>', 'only agents of this provider')
    .option('--limit <number>', 'at most so many results, up to 100', wholeNumber(1, 100), 20)
    .option(
      '--timeout <ms>',
      'how long to wait for peers; the registry sets the most',
      wholeNumber(50, 60_000),
    )
    .option('--json', "print the registry's answer as it is")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', HELP)
    .action(async (words: readonly string[], options: SearchOptions, command: Command) => {
      const query = queryOf(words, options)
      const client = connect(command, session)
      const { terminal } = session
      // Only who waits for peers, and looks, has something to follow.
      const isFollowed = terminal.hasProgress && !options.json && query.include_federated !== undefined
      const answer = isFollowed
        ? { text: '', value: await followSearch(query, { client, terminal }) }
        : await client.request('GET', '/discovery/agents', { query })
      const shown = readShownAnswer(answer.value)
      if (!isComplete(shown)) session.finish(EXIT.partial)
      if (options.json) return printJson(answer.text, terminal)
      terminal.out(renderDiscovery(shown, { width: terminal.width, color: terminal.hasColor }))
    })
}

const HELP = `
When not every registry that was asked has answered, the results are shown and the exit code is 5.

Examples:
  $ agentvault-registry search translate contracts
  $ agentvault-registry search --federated --type mcp-server read invoices
  $ agentvault-registry search --federated --json weather | jq .federation_stats
`

function queryOf(words: readonly string[], options: SearchOptions) {
  const { federated, peer: peers, type: agent_type, tag: tags, provider, limit, timeout } = options
  const isFederated = federated === true || peers !== undefined
  return {
    search: words.join(' '),
    ...(isFederated && { include_federated: 'true' }),
    ...{ peers, agent_type, tags, provider },
    limit: String(limit),
    ...(timeout !== undefined && { timeout: String(timeout) }),
  }
}
