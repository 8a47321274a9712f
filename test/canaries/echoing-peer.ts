/** A peer that gives back what it was sent, in every way an answer can: in vain, if our answers and log stay clean. */
import type { RequestListener, ServerResponse } from 'node:http'
import { sendJson, serve, type TestServer } from '../support/federation.ts'

type Echo = (sent: string, response: ServerResponse) => void

const ECHOES: readonly Echo[] = [
  (_sent, response) => sendJson(response, { agents: [], next_cursor: null }),
  (sent, response) => sendJson(response, { title: sent, detail: `You sent ${sent}` }, 500),
  (sent, response) => sendJson(response, { detail: sent }, 401),
  (sent, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`{"agents": ${sent}`)
  },
  (sent, response) => {
    response.writeHead(302, { location: `https://elsewhere.example/?${encodeURIComponent(sent)}` }).end()
  },
  (sent, response) => {
    const header = sent.replaceAll(/[^\x20-\x7e]/g, ' ')
    response.writeHead(503, { 'retry-after': header, 'x-echo': header, 'content-type': header }).end(sent)
  },
  (sent, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write(`{"detail":"${sent}`)
    response.destroy()
  },
]

/** Registries by path, `/0`, `/1` …: each echoes in the way of its number. */
export function startEchoingPeers(): Promise<TestServer> {
  const listener: RequestListener = (request, response) => {
    const number = Number(request.url?.split('/')[1])
    const echo = ECHOES[number % ECHOES.length]
    echo?.(JSON.stringify(request.rawHeaders), response)
  }
  return serve(listener)
}
