/** The native protocol: a registry like this one, asked at `GET /api/v1/agents`. */
import { isObject } from '../../cards/place.ts'
import type { Peer } from '../../domain/peer.ts'
import { writeTraceparent } from '../../domain/trace-context.ts'
import type { OutboundResponse, OutboundResult } from '../../security/outbound.ts'
import { maskSecrets, REDACTED } from '../../security/redact.ts'
import { signHmac } from '../../security/signature-hmac.ts'
import { cleanLine } from '../../security/text.ts'
import { readChanges } from './agentvault-changes.ts'
import { failed, type Json, parseBody, readPage } from './agentvault-page.ts'
import { askSigned } from './agentvault-signed.ts'
import type {
  PeerChanges,
  PeerProtocol,
  PeerRequest,
  ProbeResult,
  ProtocolContext,
  ProtocolFailure,
  Received,
} from './protocol.ts'

export const agentvault: PeerProtocol = {
  name: 'agentvault',
  version: 1,
  search,
  read: readPage,
  probe,
  changes,
}

const MAX_PAGE_BYTES = 4 * 1024 * 1024
const MAX_HEALTH_BYTES = 1024 * 1024

async function search(
  peer: Peer,
  request: PeerRequest,
  context: ProtocolContext & { readonly knownEtag: string | null },
): Promise<Received> {
  const { knownEtag } = context
  const url = addressOf(peer, request)
  const result = await get(peer, url, { maxBodyBytes: MAX_PAGE_BYTES, knownEtag, context })
  if (result.kind === 'response' && result.status === 304 && knownEtag !== null)
    return { kind: 'not-modified' }
  if (request.reference !== null && isAbsent(result))
    return { kind: 'received', body: EMPTY_PAGE, etag: null }
  const body = bodyOf(result, context)
  if (body.kind === 'failed') return body
  const page = request.reference === null ? body.bytes : Buffer.concat([PAGE_START, body.bytes, PAGE_END])
  return { kind: 'received', body: page, etag: etagOf(body.headers) }
}

function addressOf({ registryUrl }: Peer, request: PeerRequest): string {
  const { reference } = request
  const agents = `${registryUrl}/api/v1/agents`
  return reference === null ? `${agents}?${queryOf(request)}` : `${agents}/${encodeURIComponent(reference)}`
}

// One record is a page of one, so that it is kept, read and accounted for like any page.
const PAGE_START = Buffer.from('{"agents":[')
const PAGE_END = Buffer.from(']}')
const EMPTY_PAGE: Uint8Array = Buffer.concat([PAGE_START, PAGE_END])

/** There is no such record, or none for us; 410: there was; 451: it may not be shown (RFC 7725). */
function isAbsent(result: OutboundResult): boolean {
  return result.kind === 'response' && ABSENT.includes(result.status)
}

const ABSENT: readonly number[] = [404, 410, 451]

const MAX_ETAG_CHARS = 256

/** @see RFC 9110, section 8.8.3 */
function etagOf({ etag }: OutboundResponse['headers']): string | null {
  return etag !== undefined && etag.length <= MAX_ETAG_CHARS && /^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(etag)
    ? etag
    : null
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
  const body = readJson(bodyOf(result, context))
  if (body.kind === 'failed') {
    return { ...body, responseTimeMs: hasAnswered ? responseTimeMs : null, clockSkewSeconds }
  }
  const { value } = body
  if (!isObject(value) || typeof value.status !== 'string') {
    const error = 'It answers, but not as a registry does: its health has no `status`.'
    return { ...failed('bad-response', error), responseTimeMs, clockSkewSeconds }
  }
  const count = value.agent_count
  const agentCount = typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null
  return { kind: 'answered', responseTimeMs, agentCount, clockSkewSeconds }
}

const CHANGES_PER_PAGE = 1_000

async function changes(peer: Peer, since: number | null, context: ProtocolContext): Promise<PeerChanges> {
  const query = since === null ? '' : `?since=${since}&limit=${CHANGES_PER_PAGE}`
  const url = `${peer.registryUrl}/api/v1/changes${query}`
  const result = await get(peer, url, { maxBodyBytes: MAX_HEALTH_BYTES, context })
  if (result.kind === 'response' && result.status === 404) return { kind: 'unsupported' }
  const isTooOld = result.kind === 'response' && result.status === 410 && hasJson(result)
  const body = isTooOld ? parseBody(result.body) : readJson(bodyOf(result, context))
  if (body.kind === 'failed') return body
  return readChanges(body.value, { isTooOld, pageSize: CHANGES_PER_PAGE })
}

/** All peers are asked the same: written once. */
const writtenQueries = new WeakMap<PeerRequest, string>()

function queryOf(request: PeerRequest): string {
  const known = writtenQueries.get(request)
  if (known !== undefined) return known
  const query = String(writeQuery(request))
  writtenQueries.set(request, query)
  return query
}

function writeQuery({ search, filter, limit, visibility, cursor }: PeerRequest): URLSearchParams {
  const query = new URLSearchParams()
  if (search !== null) query.set('search', search)
  if (filter.agentType !== null) query.set('agent_type', filter.agentType)
  for (const tag of filter.tags) query.append('tags', tag)
  if (filter.status !== null) query.set('status', filter.status)
  if (filter.provider !== null) query.set('provider', filter.provider)
  if (visibility === 'public') query.set('visibility', 'public')
  query.set('limit', String(limit))
  if (cursor !== null) query.set('cursor', cursor)
  return query
}

type Get = {
  readonly maxBodyBytes: number
  readonly knownEtag?: string | null
  readonly context: ProtocolContext
}

function get(
  peer: Peer,
  url: string,
  { maxBodyBytes, knownEtag = null, context }: Get,
): Promise<OutboundResult> {
  const headers = headersFor(context)
  if (knownEtag !== null) headers['if-none-match'] = knownEtag
  const send = (sent: Readonly<Record<string, string>>): Promise<OutboundResult> =>
    context.outbound.request({
      purpose: 'peer',
      peerOrigin: peer.registryUrl,
      url,
      method: 'GET',
      headers: sent,
      signal: context.signal,
      maxBodyBytes,
    })
  if (peer.signatureScheme === 'rfc9421-ed25519') {
    const sendSigned = (signature: Readonly<Record<string, string>>) => send({ ...headers, ...signature })
    return askSigned(peer, { url: new URL(url), headers }, { context, send: sendSigned })
  }
  const signature = signWithSecret(peer, url, context)
  if (signature !== null) headers['x-federation-signature'] = signature
  return send(headers)
}

function headersFor({
  credentials,
  publicUrl,
  traceId,
  deadlineMs,
}: ProtocolContext): Record<string, string> {
  const headers: Record<string, string> = {
    accept: 'application/json',
    'x-federation-registry': publicUrl,
    'x-deadline-ms': String(Math.floor(deadlineMs)),
    traceparent: writeTraceparent(traceId),
  }
  if (credentials.apiKey !== null) headers.authorization = `Bearer ${credentials.apiKey}`
  return headers
}

/** Null for a peer that gave us no secret. */
function signWithSecret(
  { signatureTarget }: Peer,
  address: string,
  { credentials, clock }: ProtocolContext,
): string | null {
  const secret = credentials.signingSecret ?? credentials.apiKey
  if (secret === null) return null
  const url = new URL(address)
  const target = signatureTarget === 'path' ? url.pathname : url.pathname + url.search
  return signHmac({ method: 'GET', target, body: NO_BODY, secret, now: clock.now() / 1000 })
}

const NO_BODY = new Uint8Array(0)

type Body =
  | { readonly kind: 'body'; readonly bytes: Uint8Array; readonly headers: OutboundResponse['headers'] }
  | ProtocolFailure

/** The body of a good answer; everything else is a failure with a reason. */
function bodyOf(result: OutboundResult, context: ProtocolContext): Body {
  if (result.kind === 'failed') {
    return { ...failed(result.reason, result.detail), mayRetry: result.reason === 'unreachable' }
  }
  if (result.status !== 200) return refusalOf(result, context)
  if (!hasJson(result)) return failed('bad-response', 'Its answer is not JSON: the content type is another.')
  return { kind: 'body', bytes: result.body, headers: result.headers }
}

function readJson(body: Body): Json {
  return body.kind === 'failed' ? body : parseBody(body.bytes)
}

function refusalOf(response: OutboundResponse, context: ProtocolContext): ProtocolFailure {
  const { status } = response
  const said = explanationOf(response, context)
  switch (status) {
    case 401:
    case 403:
    case 409: // federation is switched off there
      return failed('refused', `It refused our request (${status})${said === '' ? '.' : `: ${said}`}`)
    case 429:
      return {
        ...failed('rate-limited', 'It has had too many requests from us (429).'),
        ...retryAfterOf(response, context),
      }
    default: {
      const failure = failed('bad-response', `It answered ${status}${said === '' ? '.' : `: ${said}`}`)
      // Of these statuses, a gateway that found nobody behind it says so with the first two.
      if (status !== 502 && status !== 503) return failure
      const advice = retryAfterOf(response, context)
      return { ...failure, mayRetry: advice.retryAfterMs === undefined, ...advice }
    }
  }
}

/** @see RFC 9110, section 10.2.3 */
function retryAfterOf(
  { headers }: OutboundResponse,
  { clock }: ProtocolContext,
): Pick<ProtocolFailure, 'retryAfterMs'> {
  const told = headers['retry-after']?.trim() ?? ''
  const ms = /^\d{1,9}$/.test(told) ? Number(told) * 1000 : Date.parse(told) - clock.now()
  return Number.isNaN(ms) ? {} : { retryAfterMs: Math.max(0, ms) }
}

const MAX_EXPLANATION_CHARS = 200
/** A problem document is a few hundred bytes; who sends a megabyte explains nothing. */
const MAX_EXPLANATION_BYTES = 16 * 1024

/** The peer's own `detail` (RFC 9457), which tells its caller's operator what to mend; our secrets never echo. */
function explanationOf(response: OutboundResponse, { credentials }: ProtocolContext): string {
  if (!hasJson(response) || response.body.length > MAX_EXPLANATION_BYTES) return ''
  const json = parseBody(response.body)
  if (json.kind === 'failed' || !isObject(json.value) || typeof json.value.detail !== 'string') return ''
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

/** `Date` has whole seconds (RFC 9110, section 5.6.7), so half of one is added on average. */
function skewOf(date: string | undefined, ourTimeMs: number): number | null {
  const theirs = Date.parse(date ?? '')
  return Number.isNaN(theirs) ? null : Math.round((theirs + 500 - ourTimeMs) / 1000)
}
