/** The native protocol: a registry like this one, asked at `GET /api/v1/agents`. */
import { isObject } from '../../cards/place.ts'
import type { Peer } from '../../domain/peer.ts'
import { parseQuery } from '../../search/tokenize.ts'
import { parseJson } from '../../security/json-guard.ts'
import type { OutboundResponse, OutboundResult } from '../../security/outbound.ts'
import { maskSecrets, REDACTED } from '../../security/redact.ts'
import { signHmac } from '../../security/signature-hmac.ts'
import { cleanLine } from '../../security/text.ts'
import { agentFromPeer, recordSource } from '../../wire/agent-from-peer.ts'
import { statisticsFromPeer } from '../../wire/search-stats.ts'
import type {
  PeerProtocol,
  PeerRequest,
  ProbeResult,
  ProtocolContext,
  ProtocolFailure,
  ProtocolResult,
  ReceivedAgent,
} from './protocol.ts'

export const agentvault: PeerProtocol = { name: 'agentvault', version: 1, search, probe }

const MAX_PAGE_BYTES = 4 * 1024 * 1024
const MAX_HEALTH_BYTES = 1024 * 1024
const JSON_LIMITS = { maxDepth: 32, maxTokens: 500_000 } // fifty records at all their limits have fewer

async function search(peer: Peer, request: PeerRequest, context: ProtocolContext): Promise<ProtocolResult> {
  const url = `${peer.registryUrl}/api/v1/agents?${queryOf(request)}`
  const result = await get(peer, url, { maxBodyBytes: MAX_PAGE_BYTES, context })
  const body = readBody(result, context)
  return body.kind === 'failed' ? body : readPage(body.value, peer, request)
}

async function probe(peer: Peer, context: ProtocolContext): Promise<ProbeResult> {
  const { clock } = context
  const startedAt = clock.now()
  const started = clock.monotonic()
  const url = `${peer.registryUrl}/api/v1/health`
  const result = await get(peer, url, { maxBodyBytes: MAX_HEALTH_BYTES, context })
  const elapsedMs = clock.monotonic() - started
  const hasAnswered = result.kind === 'response'
  const clockSkewSeconds = hasAnswered ? skewOf(result.headers.date, startedAt + elapsedMs / 2) : null
  const responseTimeMs = Math.round(elapsedMs)
  const body = readBody(result, context)
  if (body.kind === 'failed') {
    return { ...body, responseTimeMs: hasAnswered ? responseTimeMs : null, clockSkewSeconds }
  }
  const { value } = body
  if (!isObject(value) || typeof value.status !== 'string') {
    const error = 'It answers, but not as a registry does: its health has no `status`.'
    return { kind: 'failed', reason: 'bad-response', error, responseTimeMs, clockSkewSeconds }
  }
  const count = value.agent_count
  const agentCount = typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null
  return { kind: 'answered', responseTimeMs, agentCount, clockSkewSeconds }
}

function queryOf({ search, filter, limit, visibility }: PeerRequest): URLSearchParams {
  const query = new URLSearchParams()
  if (search !== null) query.set('search', search)
  if (filter.agentType !== null) query.set('agent_type', filter.agentType)
  for (const tag of filter.tags) query.append('tags', tag)
  if (filter.status !== null) query.set('status', filter.status)
  if (filter.provider !== null) query.set('provider', filter.provider)
  if (visibility === 'public') query.set('visibility', 'public')
  query.set('limit', String(limit))
  return query
}

function get(
  peer: Peer,
  url: string,
  { maxBodyBytes, context }: { readonly maxBodyBytes: number; readonly context: ProtocolContext },
): Promise<OutboundResult> {
  return context.outbound.request({
    purpose: 'peer',
    peerOrigin: peer.registryUrl,
    url,
    method: 'GET',
    headers: headersFor(peer, new URL(url), context),
    signal: context.signal,
    maxBodyBytes,
  })
}

function headersFor(peer: Peer, url: URL, context: ProtocolContext): Record<string, string> {
  const { credentials, clock, publicUrl, deadlineMs } = context
  const headers: Record<string, string> = {
    accept: 'application/json',
    'x-federation-registry': publicUrl,
    'x-deadline-ms': String(Math.floor(deadlineMs)),
  }
  if (credentials.apiKey !== null) headers.authorization = `Bearer ${credentials.apiKey}`
  const secret = credentials.signingSecret ?? credentials.apiKey
  if (secret !== null) {
    const target = peer.signatureTarget === 'path' ? url.pathname : url.pathname + url.search
    const now = clock.now() / 1000
    headers['x-federation-signature'] = signHmac({ method: 'GET', target, body: NO_BODY, secret, now })
  }
  return headers
}

const NO_BODY = new Uint8Array(0)

type Body = { readonly kind: 'body'; readonly value: unknown } | ProtocolFailure

/** The parsed body of a good answer; everything else is a failure with a reason. */
function readBody(result: OutboundResult, context: ProtocolContext): Body {
  if (result.kind === 'failed') return failed(result.reason, result.detail)
  if (result.status !== 200) return refusalOf(result, context)
  if (!hasJson(result)) return failed('bad-response', 'Its answer is not JSON: the content type is another.')
  const json = parseJson(result.body, JSON_LIMITS)
  return json.ok
    ? { kind: 'body', value: json.value }
    : failed('bad-response', 'Its answer is not usable JSON.')
}

function refusalOf(response: OutboundResponse, context: ProtocolContext): ProtocolFailure {
  const { status } = response
  const said = explanationOf(response, context)
  switch (status) {
    case 401:
    case 403:
      return failed('refused', `It refused our request (${status})${said === '' ? '.' : `: ${said}`}`)
    case 429:
      return failed('rate-limited', 'It has had too many requests from us (429).')
    default:
      return failed('bad-response', `It answered ${status}${said === '' ? '.' : `: ${said}`}`)
  }
}

const MAX_EXPLANATION_CHARS = 200

/** The peer's own `detail` (RFC 9457), which tells its caller's operator what to mend; our secrets never echo. */
function explanationOf(response: OutboundResponse, { credentials }: ProtocolContext): string {
  if (!hasJson(response)) return ''
  const json = parseJson(response.body, JSON_LIMITS)
  if (!json.ok || !isObject(json.value) || typeof json.value.detail !== 'string') return ''
  // Whole secrets go first: a cut could leave a part that is not recognised. Cleaning first joins split ones.
  let text = cleanLine(json.value.detail)
  for (const secret of [credentials.apiKey, credentials.signingSecret]) {
    if (secret !== null && secret !== '') text = text.replaceAll(secret, REDACTED)
  }
  const characters = [...maskSecrets(text)]
  return characters.length <= MAX_EXPLANATION_CHARS
    ? characters.join('')
    : `${characters.slice(0, MAX_EXPLANATION_CHARS - 1).join('')}…`
}

function hasJson({ headers }: OutboundResponse): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(headers['content-type'] ?? '')
}

function readPage(value: unknown, peer: Peer, request: PeerRequest): ProtocolResult {
  if (!isObject(value) || !Array.isArray(value.agents)) {
    return failed('bad-response', 'Its answer has no list `agents`.')
  }
  const listed: readonly unknown[] = value.agents
  const source = recordSource(peer.registryUrl, request.visibility)
  const read = listed.slice(0, request.limit).map((record) => agentFromPeer(record, source))
  const good = read.filter((record) => record.ok)
  const bad = read.filter((record) => !record.ok)
  if (bad.length > read.length / 2) {
    const [first] = bad
    const example = first === undefined ? '' : ` One of them: ${first.problem}`
    return failed('bad-response', `${bad.length} of its ${read.length} records are not usable.${example}`)
  }
  const records = withoutRepeats(good)
  const query = request.search === null ? null : parseQuery(request.search)
  return {
    kind: 'answered',
    records,
    statistics: query === null ? null : statisticsFromPeer(value.search_stats, query),
    hasMore: listed.length > request.limit || typeof value.next_cursor === 'string',
    droppedRecords: read.length - records.length,
  }
}

/** The first of those with one identifier or one DID. */
function withoutRepeats(records: readonly ReceivedAgent[]): ReceivedAgent[] {
  const seen = new Set<string>()
  const kept: ReceivedAgent[] = []
  for (const { agent, received } of records) {
    const names = [`id ${agent.id}`, `did ${agent.did}`]
    if (names.some((name) => seen.has(name))) continue
    for (const name of names) seen.add(name)
    kept.push({ agent, received })
  }
  return kept
}

/** `Date` has whole seconds (RFC 9110, section 5.6.7), so half of one is added on average. */
function skewOf(date: string | undefined, ourTimeMs: number): number | null {
  const theirs = Date.parse(date ?? '')
  return Number.isNaN(theirs) ? null : Math.round((theirs + 500 - ourTimeMs) / 1000)
}

function failed(reason: ProtocolFailure['reason'], error: string): ProtocolFailure {
  return { kind: 'failed', reason, error }
}
