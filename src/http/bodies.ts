/** How bodies are read: their media types, sizes and times, before any route sees them. */
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { assertNever, ProblemError } from '../problem.ts'
import { parseJson } from '../security/json-guard.ts'
import { SERVER_LIMITS } from './limits.ts'
import { readBody } from './read-body.ts'

/**
 * `json`: a JSON object the route's schema describes. `record`: JSON or a card under its own media type, given to the
 * route as bytes. `ndjson`: the route reads the stream itself.
 */
export type BodyKind = 'json' | 'record' | 'ndjson'

const JSON_TYPES: readonly string[] = ['application/json', 'application/merge-patch+json']
const NDJSON_TYPES: readonly string[] = ['application/x-ndjson', 'application/ndjson', 'application/jsonl']

/** Puts our way of reading in the place of the framework's. */
export function registerBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: IncomingMessage) =>
    request.is404 ? undefined : parseBody(request, payload),
  )
}

async function parseBody(request: FastifyRequest, payload: IncomingMessage): Promise<unknown> {
  const kind = request.routeOptions.config.body
  const mediaType = mediaTypeOf(request)
  refuseEncodings(request)
  switch (kind) {
    case 'ndjson':
      if (!NDJSON_TYPES.includes(mediaType)) throw unsupported(mediaType, 'application/x-ndjson')
      return payload
    case 'record': {
      const isCard = !JSON_TYPES.includes(mediaType)
      if (isCard && !isJsonType(mediaType))
        throw unsupported(mediaType, 'application/json or a media type of cards')
      const limit = isCard ? SERVER_LIMITS.cardBytes : SERVER_LIMITS.bodyBytes
      request.rawBody = await readBody(payload, { maxBytes: limit, timeoutMs: SERVER_LIMITS.bodyTimeoutMs })
      return undefined
    }
    case 'json': {
      const bytes = await readSmallBody(payload, request.routeOptions.config.maxBodyBytes)
      if (!JSON_TYPES.includes(mediaType)) throw unsupported(mediaType, 'application/json')
      return parseJsonBody(bytes)
    }
    case undefined: {
      const bytes = await readSmallBody(payload)
      if (bytes.length > 0) throw new ProblemError('invalid-body', 'This request takes no body.')
      return undefined
    }
    default:
      return assertNever(kind)
  }
}

/** The media type without its parameters, in lower case. */
export function mediaTypeOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  return type.trim().toLowerCase()
}

/** @throws ProblemError `malformed-json` with line and column, or `invalid-body` for what goes beyond our limits. */
export function parseJsonBody(bytes: Uint8Array): unknown {
  const json = parseJson(bytes, { maxDepth: SERVER_LIMITS.jsonDepth, forbiddenKeys: 'refuse' })
  if (json.ok) return json.value
  switch (json.problem) {
    case 'malformed':
    case 'not-utf8':
      throw new ProblemError('malformed-json', json.detail)
    case 'too-deep':
    case 'too-many-values':
    case 'forbidden-key':
      throw new ProblemError('invalid-body', json.detail, { errors: [{ pointer: '', message: json.detail }] })
  }
}

function isJsonType(mediaType: string): boolean {
  return /^[a-z]+\/[\w.+-]+\+json$/.test(mediaType)
}

function readSmallBody(
  payload: IncomingMessage,
  maxBytes: number = SERVER_LIMITS.bodyBytes,
): Promise<Uint8Array> {
  return readBody(payload, { maxBytes, timeoutMs: SERVER_LIMITS.bodyTimeoutMs })
}

function refuseEncodings({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding']
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return
  throw new ProblemError(
    'unsupported-media-type',
    'Bodies are read uncompressed only; send this one without Content-Encoding.',
  )
}

function unsupported(seen: string, takes: string): ProblemError {
  const sent = seen === '' ? 'The body has no Content-Type' : `The body is ${seen}`
  return new ProblemError('unsupported-media-type', `${sent}; this request takes ${takes}.`)
}
