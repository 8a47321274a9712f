/** `audit verify`: recomputes every hash of the audit log, and compares it with heads that were kept elsewhere. */
import type { Command } from 'commander'
import type { ChainLink } from '../audit/chain.ts'
import { type ChainCheck, createChainCheck } from '../audit/chain-check.ts'
import { readExportLine } from '../audit/export-lines.ts'
import { createQueryLogCheck, type QueryLogCheck, type QueryLogVerdict } from '../audit/query-log-check.ts'
import { findFaultOfStart, readSignedHead, type SignedHead } from '../audit/signed-head.ts'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { openInput, readInput } from './input.ts'
import { describeNetworkFailure, type RegistryClient } from './registry-client.ts'
import { type CheckedAudit, printAuditVerdict } from './render-audit-verdict.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { readTextLines } from './text-lines.ts'
import { collect } from './values.ts'

type Options = {
  readonly head?: readonly string[]
  readonly file?: string
  readonly queryLog?: boolean
  readonly json?: boolean
}

export function addAuditVerifyCommand(group: Command, session: Session): void {
  group
    .command('verify')
    .description('recompute every hash of the log; ends with code 1 when it is not whole')
    .option(
      '--head <file>',
      'heads that "audit head" printed earlier, one or one a line; repeat it for several files',
      collect,
    )
    .option('--file <file>', 'check what "audit export" printed (- for standard input) instead of a registry')
    .option('--query-log', 'also check the log of questions against its digests')
    .option('--json', 'print what was found as JSON')
    .addHelpText('after', HELP)
    .action(async (options: Options, command: Command) => {
      if (options.file !== undefined && options.queryLog) {
        command.error("error: '--query-log' needs a registry and does not go with '--file'")
      }
      const { terminal } = session
      const heads = await readHeads(options.head ?? [], terminal)
      const queryLog = options.queryLog ? createQueryLogCheck() : null
      const client = options.file === undefined ? connect(command, session) : null
      const found = await checkLog(linesOf(client, options, terminal), { heads, queryLog })
      const questions = queryLog === null || client === null ? null : await checkQuestions(client, queryLog)
      const isWhole = printAuditVerdict(
        { ...found, heads, questions },
        { isJson: options.json === true, terminal },
      )
      if (!isWhole) session.finish(EXIT.failed)
    })
}

const HELP = `
Without a head that was kept elsewhere, rows that were cut off at the end, and a log that was written anew, cannot be
told from a whole one. Keep what "audit head" prints, or the log lines "audit head signed", on another machine.

Examples:
  $ agentvault-registry audit verify --head heads-of-the-registry.jsonl
  $ agentvault-registry audit verify --query-log
`

/** Heads from files of one or of several lines; lines of the registry's own log that hold one will do. */
async function readHeads(paths: readonly string[], terminal: Terminal): Promise<SignedHead[]> {
  const heads: SignedHead[] = []
  for (const path of paths) {
    const before = heads.length
    const text = Buffer.from(await readInput(path, terminal)).toString('utf8')
    for (const value of parseHeads(text)) {
      const read = readSignedHead(Object(value).head ?? value)
      if (!read.ok)
        throw new CliFailure(EXIT.failed, `${path} holds a head that proves nothing. ${read.problem}`)
      heads.push(read.head)
    }
    if (heads.length === before) {
      throw new CliFailure(EXIT.failed, `${path} holds no head as "audit head" prints it.`)
    }
  }
  return heads
}

function parseHeads(text: string): unknown[] {
  try {
    return [JSON.parse(text)]
  } catch {
    const lines = text.split('\n').filter((line) => line.includes('"signature"'))
    return lines.map(parseLine)
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null // no head, which its reader says
  }
}

async function* linesOf(
  client: RegistryClient | null,
  { file = '' }: Options,
  terminal: Terminal,
): AsyncGenerator<string> {
  if (client === null) return yield* readTextLines(await openInput(file, terminal))
  yield* streamLines(client, '/audit/export')
}

async function* streamLines(
  client: RegistryClient,
  path: string,
  query: Readonly<Record<string, string>> = {},
): AsyncGenerator<string> {
  const { body } = await client.stream('GET', path, { query, accept: '*/*' })
  if (body === null) return
  try {
    yield* readTextLines(body)
  } catch (error) {
    throw describeNetworkFailure(error, client.connection)
  }
}

/** @throws CliFailure when it is no audit log, or not all of one. */
async function checkLog(
  lines: AsyncIterable<string>,
  { heads, queryLog }: { readonly heads: readonly SignedHead[]; readonly queryLog: QueryLogCheck | null },
): Promise<CheckedAudit> {
  let check: ChainCheck | undefined
  let [registryUrl, start] = ['', undefined as ChainLink | undefined]
  for await (const line of lines) {
    const read = readExportLine(line)
    if (read.kind === 'start' && check === undefined) {
      ;({ registryUrl, start } = read)
      refuseOthers(heads, registryUrl)
      check = createChainCheck(start, heads)
    } else if (read.kind === 'row' && check !== undefined) {
      check.add(read.row)
      queryLog?.addAudit(read.row.text)
    } else if (read.kind === 'end' && check !== undefined && start !== undefined) {
      const verdict = check.finish(read.head)
      const proof = verdict.startStatement
      const startFault = start.seq === 0 || proof === null ? null : findFaultOfStart(start, proof)
      const { keyid: startKey = null } = Object(proof) as { readonly keyid?: string }
      const signed = readSignedHead(read.signed)
      return { registryUrl, verdict, startFault, startKey, key: signed.ok ? signed.head.keyid : null }
    } else break
  }
  throw new CliFailure(
    EXIT.failed,
    'This is no audit log as "audit export" prints it, or not all of one: the last line is missing or out of place. Try again.',
  )
}

function refuseOthers(heads: readonly SignedHead[], registryUrl: string): void {
  const other = heads.find((head) => head.registry_url !== registryUrl)
  if (other === undefined) return
  throw new CliFailure(EXIT.failed, `A head is of ${other.registry_url}, the log of ${registryUrl}.`)
}

async function checkQuestions(client: RegistryClient, check: QueryLogCheck): Promise<QueryLogVerdict> {
  const query = { after: String(check.firstToRead()) }
  for await (const text of streamLines(client, '/federation/query-log/export', query)) {
    const { id, created_at } = Object(parseLine(text)) as {
      readonly id?: number
      readonly created_at?: string
    }
    check.addLine({ id: Number(id), createdAt: String(created_at), text })
  }
  return check.finish()
}
