/** A collector of OpenTelemetry for tests: takes OTLP in JSON over HTTP, and keeps what was sent, byte by byte. */
import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

type Value = { readonly stringValue?: string; readonly intValue?: number }
type Pairs = readonly { readonly key: string; readonly value: Value }[]

/** As OTLP writes it. */
type SentSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 2 is a server's, 3 a client's. */
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: Pairs
  /** 2 is a failure. */
  readonly status: { readonly code: number }
}

export type Span = Omit<SentSpan, 'attributes'> & {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly resource: Readonly<Record<string, unknown>>
}

type Post = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }

export interface Collector {
  readonly url: string
  readonly posts: readonly Post[]
  /** With what posts are answered from now on; null leaves them without an answer. */
  answer(status: number | null): void
  /** Resolves when so many posts came in all. */
  received(count: number): Promise<void>
  spans(): readonly Span[]
}

export async function startCollector(t: TestContext): Promise<Collector> {
  const posts: Post[] = []
  const news = new EventEmitter()
  let status: number | null = 200
  const server = createServer(async (request, response) => {
    posts.push({ path: request.url ?? '', headers: request.headers, body: await text(request) })
    news.emit('post')
    if (status !== null) response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    spans: () => posts.flatMap(({ body }) => readSpans(body)),
    answer(next) {
      status = next
    },
    async received(count) {
      while (posts.length < count) await once(news, 'post')
    },
  }
}

function readSpans(body: string): readonly Span[] {
  const sent = JSON.parse(body) as {
    readonly resourceSpans: readonly {
      readonly resource: { readonly attributes: Pairs }
      readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[]
    }[]
  }
  return sent.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: asRecord(span.attributes),
        resource: asRecord(resource.attributes),
      })),
    ),
  )
}

function asRecord(pairs: Pairs): Readonly<Record<string, unknown>> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))
}
