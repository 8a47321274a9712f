/** A small HTTP server that stands where a registry would: answers as told, keeps what it was asked. */
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

export type Asked = {
  readonly method: string
  /** Path and query below `/api/v1`. */
  readonly target: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export type Told = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is, anything else as JSON. */
  readonly body?: unknown
}

export type ScriptedRegistry = AsyncDisposable & { readonly url: string; readonly asked: readonly Asked[] }

export async function startScriptedRegistry(answer: (asked: Asked) => Told): Promise<ScriptedRegistry> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    const question = { method, target: url.replace(/^\/api\/v1/, ''), headers, body: await text(request) }
    asked.push(question)
    const { status = 200, headers: told = {}, body } = answer(question)
    response.writeHead(status, told)
    response.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
