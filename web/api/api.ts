/**
 * The registry's own API, as its pages call it: the same addresses as for anyone else, with the session's cookie in
 * the place of a key. A request that is not served is an answer with a problem in it, never an exception.
 */
import { notARegistry, type Problem, problemOfResponse, unreachable } from './problem.ts'

/** What came of a request. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly etag: string | null }
  | { readonly ok: false; readonly problem: Problem }

/** Parameters of an address; undefined ones are left out, lists are repeated. */
export type Parameters = Readonly<
  Record<string, string | number | boolean | readonly string[] | null | undefined>
>

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

type Call = {
  readonly parameters?: Parameters
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as they are, with their media type. */
  readonly bytes?: { readonly content: Blob | string; readonly mediaType: string }
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

export interface Api {
  /** An answer in JSON; `path` is the address behind `api/v1/`. An answer without a body gives null. */
  call<T>(method: Method, path: string, call?: Call): Promise<Answer<T>>
  /** An answer that is read as it comes: a stream, or a file. */
  open(method: Method, path: string, call: Call & { readonly accept: string }): Promise<Answer<Response>>
}

type ApiOptions = {
  /** Told of every answer that asks for a key: the session has ended, or never began. */
  readonly onSessionEnd?: (problem: Problem) => void
  readonly fetch?: typeof fetch
  /** Told of every answer. */
  readonly onHeaders?: (headers: Headers) => void
}

export function createApi({
  onSessionEnd,
  onHeaders,
  fetch: ask = fetch.bind(globalThis),
}: ApiOptions = {}): Api {
  const request = async (
    method: Method,
    path: string,
    { call, accept }: { readonly call: Call; readonly accept: string },
  ): Promise<Answer<Response>> => {
    const { signal } = call
    try {
      const response = await ask(apiAddress(path, call.parameters), {
        method,
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        headers: { accept, ...headersOf(call), ...call.headers },
        ...bodyOf(call),
        ...(signal !== undefined && { signal }),
      })
      onHeaders?.(response.headers)
      if (response.ok) return { ok: true, value: response, etag: response.headers.get('etag') }
      const problem = await problemOfResponse(response)
      if (problem.status === 401) onSessionEnd?.(problem)
      return { ok: false, problem }
    } catch {
      // A cancelled request ends here too: whoever cancelled it does not look at what comes of it.
      return { ok: false, problem: unreachable() }
    }
  }

  return {
    async call<T>(method: Method, path: string, call: Call = {}): Promise<Answer<T>> {
      const answer = await request(method, path, { call, accept: 'application/json' })
      return answer.ok ? readJson<T>(answer.value) : answer
    },
    open: (method, path, { accept, ...call }) => request(method, path, { call, accept }),
  }
}

/** The address of a route, from wherever the registry is published. */
function apiAddress(path: string, parameters: Parameters = {}): string {
  const url = new URL(`api/v1/${path}`, document.baseURI)
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === null) continue
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(one))
  }
  return url.href
}

function headersOf({ body, bytes }: Call): Record<string, string> {
  if (bytes !== undefined) return { 'content-type': bytes.mediaType }
  return body === undefined ? {} : { 'content-type': 'application/json' }
}

function bodyOf({ body, bytes }: Call): { body?: Blob | string } {
  if (bytes !== undefined) return { body: bytes.content }
  return body === undefined ? {} : { body: JSON.stringify(body) }
}

async function readJson<T>(response: Response): Promise<Answer<T>> {
  const etag = response.headers.get('etag')
  try {
    const text = await response.text()
    // The registry's own answers hold to its own types: they are checked where they are made.
    return { ok: true, value: JSON.parse(text === '' ? 'null' : text), etag }
  } catch {
    return { ok: false, problem: notARegistry('The answer broke off, or is no JSON.') }
  }
}
