/** Pages of records as a registry like this one sends them. */
import { isObject } from '../../cards/place.ts'
import type { Agent } from '../../domain/agent.ts'
import type { Peer } from '../../domain/peer.ts'
import { parseQuery } from '../../search/tokenize.ts'
import { parseJson } from '../../security/json-guard.ts'
import { sliceArray } from '../../security/json-slices.ts'
import { agentFromPeer, type ReadAgent, type RecordSource } from '../../wire/agent-from-peer.ts'
import { statisticsFromPeer } from '../../wire/search-stats.ts'
import type { RecordMemory } from '../record-memory.ts'
import type { PeerRequest, ProtocolFailure, ProtocolResult, ReceivedAgent } from './protocol.ts'

const MAX_DEPTH = 32
const MAX_TOKENS = 500_000 // fifty records at all their limits have fewer

/** Reads the body of an answer to a search. Record by record, so that those read before cost next to nothing. */
export function readPage(
  body: Uint8Array,
  peer: Peer,
  { request, records }: { readonly request: PeerRequest; readonly records: RecordMemory },
): ProtocolResult {
  const source = records.sourceOf(peer.registryUrl, request.visibility)
  const page = openPage(body, { source, records, limit: request.limit })
  if (page.kind === 'failed') return page
  const { envelope, read } = page
  const good = read.filter((record) => record.ok)
  const bad = read.filter((record) => !record.ok)
  if (bad.length > read.length / 2) {
    const [first] = bad
    const example = first === undefined ? '' : ` One of them: ${first.problem}`
    return failed('bad-response', `${bad.length} of its ${read.length} records are not usable.${example}`)
  }
  const kept = withoutRepeats(good).filter(({ agent }) => isAskedFor(agent, request))
  const query = request.search === null ? null : parseQuery(request.search)
  const cursor = envelope.next_cursor
  return {
    kind: 'answered',
    records: kept,
    statistics: query === null ? null : statisticsFromPeer(envelope.search_stats, query),
    hasMore: page.hasMore || typeof cursor === 'string',
    nextCursor: typeof cursor === 'string' && cursor.length <= MAX_CURSOR_CHARS ? cursor : null,
    droppedRecords: read.length - kept.length,
  }
}

const MAX_CURSOR_CHARS = 4_096 // what registries of this make take; it goes back as it came

type Page = {
  readonly kind: 'page'
  readonly envelope: Readonly<Record<string, unknown>>
  readonly read: readonly ReadAgent[]
  /** Whether the peer sent more records than were asked for; those are not read. */
  readonly hasMore: boolean
}
type PageRule = { readonly source: RecordSource; readonly records: RecordMemory; readonly limit: number }

function openPage(body: Uint8Array, rule: PageRule): Page | ProtocolFailure {
  const { source, records, limit } = rule
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  const memory = records.open(source, bytes)
  const sliced = sliceArray(bytes, 'agents', { mostElements: limit, recall: memory.recall })
  if (sliced === undefined) return readWholePage(body, rule)
  const envelope = parseBody(sliced.around)
  if (envelope.kind === 'failed') return envelope
  const read: ReadAgent[] = []
  for (const slice of sliced.elements) {
    if (slice.known !== undefined) {
      read.push(slice.known)
      continue
    }
    // It stands in a list, and that in an object.
    const json = parseBody(bytes.subarray(slice.start, slice.end), MAX_DEPTH - 2)
    if (json.kind === 'failed') return json
    const record = agentFromPeer(json.value, source)
    memory.keep(slice, record)
    read.push(record)
  }
  return {
    kind: 'page',
    envelope: isObject(envelope.value) ? envelope.value : {},
    read,
    hasMore: sliced.hasMore,
  }
}

function readWholePage(body: Uint8Array, { source, limit }: PageRule): Page | ProtocolFailure {
  const json = parseBody(body)
  if (json.kind === 'failed') return json
  const { value } = json
  if (!isObject(value) || !Array.isArray(value.agents)) {
    return failed('bad-response', 'Its answer has no list `agents`.')
  }
  const listed: readonly unknown[] = value.agents
  const read = listed.slice(0, limit).map((record) => agentFromPeer(record, source))
  return { kind: 'page', envelope: value, read, hasMore: listed.length > limit }
}

/** Whoever is asked for one record and answers with another is not believed. */
function isAskedFor({ did }: Agent, { reference }: PeerRequest): boolean {
  return reference === null || did === reference
}

/** The first of those with one identifier or one DID. */
function withoutRepeats(records: readonly ReceivedAgent[]): ReceivedAgent[] {
  const ids = new Set<string>()
  const dids = new Set<string>()
  return records.filter(({ agent: { id, did } }) => {
    if (ids.has(id) || dids.has(did)) return false
    ids.add(id)
    dids.add(did)
    return true
  })
}

export type Json = { readonly kind: 'json'; readonly value: unknown } | ProtocolFailure

/** The JSON of a body, within limits. */
export function parseBody(bytes: Uint8Array, maxDepth: number = MAX_DEPTH): Json {
  const json = parseJson(bytes, { maxDepth, maxTokens: MAX_TOKENS, isPlaceTold: false })
  return json.ok
    ? { kind: 'json', value: json.value }
    : failed('bad-response', 'Its answer is not usable JSON.')
}

export function failed(reason: ProtocolFailure['reason'], error: string): ProtocolFailure {
  return { kind: 'failed', reason, error }
}
