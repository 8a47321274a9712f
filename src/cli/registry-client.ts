/** Talks to a registry over HTTP as any user would, and turns whatever goes wrong into a sentence. */
import type { Connection } from './connection.ts'
import { KEY_VARIABLE } from './connection.ts'
import { EXIT, exitCodeForStatus } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { renderProblem } from './render-problem.ts'

/** A query parameter: lists are repeated, `undefined` is left out. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

export type RequestOptions = {
  readonly query?: Query
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, with its media type. */
  readonly body?: {
    readonly content: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
    readonly mediaType: string
  }
  readonly accept?: string
  /** For `stream`: how long all of it may take; without it there is no limit. */
  readonly timeoutMs?: number
}

export type Answer = {
  readonly status: number
  /** The body as it came. */
  readonly text: string
  /** The body parsed; `undefined` when there is none. */
  readonly value: unknown
}

export interface RegistryClient {
  readonly connection: Connection
  /**
   * Asks below `/api/v1`.
   * @throws CliFailure for every answer that is not a success, and when none comes.
   */
  request(method: string, path: string, options?: RequestOptions): Promise<Answer>
  /** The same without reading the body. */
  stream(method: string, path: string, options?: RequestOptions): Promise<Response>
}

export const TIMEOUT_MS = 30_000 // a registry answers within 15 s or gives up itself

export function createRegistryClient(connection: Connection): RegistryClient {
  const send = async (method: string, path: string, options: RequestOptions, signal?: AbortSignal) => {
    const url = `${connection.url}/api/v1${path}${queryString(options.query ?? {})}`
    const response = await fetch(url, {
      ...requestInit(method, options, connection),
      signal: signal ?? null,
    }).catch((error: unknown) => {
      throw describeNetworkFailure(error, connection)
    })
    if (!response.ok) throw await describeRefusal(response, connection)
    return response
  }
  return {
    connection,
    stream: (method, path, { timeoutMs, ...options } = {}) =>
      send(method, path, options, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)),
    request: async (method, path, options = {}) => {
      const response = await send(method, path, options, AbortSignal.timeout(TIMEOUT_MS))
      const text = await response.text().catch((error: unknown) => {
        throw describeNetworkFailure(error, connection)
      })
      return { status: response.status, text, value: parseAnswer(text, response, connection) }
    },
  }
}

/** Turns what `fetch` throws into the sentence for the person. Also for bodies that break off. */
export function describeNetworkFailure(error: unknown, { url }: Connection): CliFailure {
  const cause = error instanceof Error ? error : new Error(String(error))
  if (cause.name === 'TimeoutError') {
    const sentence = `The registry at ${url} did not answer within ${TIMEOUT_MS / 1_000} s.`
    return new CliFailure(EXIT.unreachable, sentence, { cause })
  }
  if (cause.message === 'terminated') {
    return new CliFailure(EXIT.failed, `The answer of ${url} broke off.`, { cause })
  }
  const code = codeOf(cause) ?? codeOf(cause.cause)
  const reason = code === undefined ? '' : ` (${code})`
  return new CliFailure(
    EXIT.unreachable,
    `No registry answers at ${url}${reason}: is it running? Start one with "agentvault-registry serve", or name another with --registry.`,
    { cause },
  )
}

function requestInit(
  method: string,
  { json, body, accept }: RequestOptions,
  { key }: Connection,
): RequestInit {
  const mediaType = json === undefined ? body?.mediaType : 'application/json'
  const content = json === undefined ? body?.content : JSON.stringify(json)
  return {
    method,
    headers: {
      accept: accept ?? 'application/json',
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(mediaType !== undefined && { 'content-type': mediaType }),
    },
    // The key goes to the registry that was named and nowhere else.
    redirect: 'manual',
    ...(content !== undefined && { body: content }),
    ...(content instanceof ReadableStream && { duplex: 'half' }),
  }
}

function queryString(query: Query): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) parameters.append(name, one)
  }
  return parameters.size === 0 ? '' : `?${parameters}`
}

async function describeRefusal(response: Response, connection: Connection): Promise<CliFailure> {
  const { status } = response
  const location = response.headers.get('location')
  if (status >= 300 && status < 400) {
    const target = location === null ? '' : ` to ${URL.parse(location, response.url)?.origin ?? 'nowhere'}`
    return new CliFailure(
      EXIT.failed,
      `${connection.url} redirects${target}: name the registry's own address.`,
    )
  }
  const text = await response.text().catch(() => '') // a refusal that breaks off is still a refusal
  const problem = renderProblem(parseJson(text))
  if (problem === undefined) return foreignAnswer(response, connection)
  const hint = status === 401 && connection.key === null ? `\n${KEY_HINT}` : ''
  return new CliFailure(exitCodeForStatus(status), problem + hint)
}

const KEY_HINT = [
  `Give a key with --key or in ${KEY_VARIABLE}.`,
  'The first start of a registry prints an admin key, or says in which file it is; "key create" makes more.',
].join(' ')

function parseAnswer(text: string, response: Response, connection: Connection): unknown {
  if (text === '') return undefined
  const value = parseJson(text)
  if (value === undefined) throw foreignAnswer(response, connection)
  return value
}

function foreignAnswer({ status }: Response, { url }: Connection): CliFailure {
  return new CliFailure(
    EXIT.failed,
    `${url} answered with status ${status}, but not as a registry does: is it the right address?`,
  )
}

/** `undefined` for text that is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the caller says what came instead
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
