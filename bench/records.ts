/**
 * The records benches run over: NDJSON files of real MCP servers in the folder `BENCH_DATA`, one object a line with
 * `source`, `name`, `description`, `category`, `url`, `canonical` and `tools`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AGENT_LIMITS } from '../src/domain/agent.ts'

export type RealRecord = {
  readonly source: string
  readonly name: string
  readonly description: string
  readonly category: string | null
  readonly url: string
  /** Normalised repository address: equal in two sources for the same server. */
  readonly canonical: string
  readonly tools: readonly { readonly name: string; readonly description: string }[]
}

/** Ends the bench with a sentence when there is no data. */
export function loadRecords(): RealRecord[] {
  const folder = process.env.BENCH_DATA ?? ''
  if (!existsSync(folder)) {
    console.error(
      `No records at "${folder}": set BENCH_DATA to a folder of NDJSON files (see bench/records.ts).`,
    )
    process.exit(1)
  }
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .sort()
    .flatMap((name) =>
      readFileSync(join(folder, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => readRecord(JSON.parse(line) as Record<string, unknown>)),
    )
}

function readRecord(line: Record<string, unknown>): RealRecord {
  const tools = Array.isArray(line.tools) ? (line.tools as Record<string, unknown>[]) : []
  return {
    source: String(line.source),
    name: String(line.name),
    description: String(line.description ?? ''),
    category: typeof line.category === 'string' ? line.category : null,
    url: String(line.url),
    canonical: String(line.canonical ?? line.url),
    tools: tools.map((tool) => ({
      name: String(tool.name),
      description: String(tool.description ?? ''),
    })),
  }
}

/** A record as one line of an import, cut to what a record may hold. */
export function toImportLine(record: RealRecord): Record<string, unknown> {
  const cut = (text: string, chars: number): string => [...text].slice(0, chars).join('')
  return {
    name: cut(record.name, AGENT_LIMITS.nameChars),
    description: cut(record.description, AGENT_LIMITS.descriptionChars),
    agent_type: 'mcp-server',
    visibility: 'public',
    tags: record.category === null ? [] : [cut(record.category, AGENT_LIMITS.tagChars)],
    skills: record.tools.slice(0, AGENT_LIMITS.skills).map((tool, index) => ({
      id: String(index),
      name: cut(tool.name === '' ? `tool ${index}` : tool.name, AGENT_LIMITS.nameChars),
      description: cut(tool.description, AGENT_LIMITS.descriptionChars),
    })),
    endpoints: [{ url: record.url, protocol: 'mcp' }],
  }
}

/** Mulberry32: small, fast, and the same queries for the same seed everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What users type: names (4 of 10), categories (2 of 10), names whose last word is cut off (4 of 10). */
export function makeQueries(records: readonly RealRecord[], count: number, seed: number): string[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => {
    const record = records[Math.floor(random() * records.length)]
    if (!record) throw new Error('there are no records to make queries of')
    const kind = random()
    if (kind < 0.4) return record.name.slice(0, 200)
    if (kind < 0.6) return record.category ?? record.name.slice(0, 200)
    const words = record.name.slice(0, 200).split(/\s+/)
    const last = words.pop() ?? ''
    const kept = Math.max(2, Math.ceil(last.length * random()))
    return [...words, last.slice(0, kept)].join(' ')
  })
}
