/** Requests over TLS made by hand: with this client certificate, from that address, and what came back. */
import { once } from 'node:events'
import { type Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Problem } from './registry.ts'

export type TlsAsk = {
  readonly ca: string
  readonly cert?: string
  readonly key?: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  readonly body?: unknown
  /** The address to come from, such as 127.0.0.2. */
  readonly from?: string
  /** A connection of its own if not given. */
  readonly agent?: Agent
}

export type TlsAnswer<T> = { readonly status: number; readonly body: T; readonly text: string }

export async function askOverTls<T = Problem>(url: string, ask: TlsAsk): Promise<TlsAnswer<T>> {
  const { ca, cert, key, token, headers = {}, method = 'GET', body, from, agent } = ask
  const asking = request(url, {
    ...{ method, ca, host: '127.0.0.1', servername: 'localhost', agent: agent ?? false },
    ...(cert !== undefined && { cert, key }),
    ...(from !== undefined && { localAddress: from }),
    headers: {
      host: new URL(url).host,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
  })
  asking.end(body === undefined ? undefined : JSON.stringify(body))
  const [answer] = await once(asking, 'response')
  const received = await text(answer)
  const isJson = /[/+]json\b/.test(String(answer.headers['content-type']))
  return { status: answer.statusCode, body: (isJson ? JSON.parse(received) : received) as T, text: received }
}
