/** Requests as a peer sends them, made by hand; and sockets that send any bytes at all. */
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { signHmac } from '../../src/security/signature-hmac.ts'
import type { Problem } from './registry.ts'

export type Signer = {
  /** Public URL of the registry that asks. */
  readonly registry: string
  readonly secret: string
  /** Unix ms; now if not given. */
  readonly at?: number
}

/** The headers of a peer's request for `target`, its token left aside. */
export function signedBy(
  { registry, secret, at = Date.now() }: Signer,
  target: string,
  method = 'GET',
): Record<string, string> {
  const request = { method, target, body: new Uint8Array(0), secret, now: at / 1000 }
  return { 'x-federation-registry': registry, 'x-federation-signature': signHmac(request) }
}

export type RawAnswer = {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Sends these bytes over a connection of their own; the answer ends with it. */
export async function sendRaw(url: string, bytes: string | Uint8Array): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {}) // a server that refuses early may close while we still send
  socket.write(bytes)
  return parseAnswer(await text(socket))
}

export function parseAnswer(received: string): RawAnswer {
  const end = received.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  return { status: Number(statusLine.split(' ')[1]), headers, text: received.slice(end + 4) }
}

/** The problem document of a raw answer. */
export function problemIn({ text: body }: RawAnswer): Problem {
  return JSON.parse(body) as Problem
}
