/** What misdeeds are made of: heads, pages and ways to write them. */
import type { Socket } from 'node:net'
import type { WireAgent } from '../../src/wire/agent.ts'
import { wireAgent } from '../support/federation.ts'
import type { Misdeed, Question } from './misdeed.ts'

export const JSON_TYPE: string = 'content-type: application/json'

/** The head of an answer, its lines as given. */
export function head(status: string, ...lines: readonly string[]): string {
  return `${[`HTTP/1.1 ${status}`, ...lines].join('\r\n')}\r\n\r\n`
}

/** A whole answer with a body of JSON, and with whatever lines beside. */
export function respond(
  socket: Socket,
  body: string | Uint8Array,
  { status = '200 OK', lines = [JSON_TYPE] }: { status?: string; lines?: readonly string[] } = {},
): void {
  const bytes = Buffer.from(body)
  socket.write(Buffer.concat([Buffer.from(head(status, ...lines, `content-length: ${bytes.length}`)), bytes]))
}

/** A misdeed that is an answer: its status, header lines and body. */
export function answering(
  status: string,
  lines: readonly string[],
  body: string | Uint8Array = '',
): Misdeed['answer'] {
  return ({ socket }) => respond(socket, body, { status, lines })
}

/** A record that every search of these tests finds. */
export function buoy({ url }: Pick<Question, 'url'>, id: string, more: object = {}): WireAgent {
  return { ...wireAgent(url, id, { name: `Buoy ${id}` }), ...more }
}

/** A page as an honest registry sends it. */
export function page(agents: readonly unknown[], more: object = {}): string {
  return JSON.stringify({ agents, next_cursor: null, ...more })
}

/** One good record. */
export function goodPage(question: Pick<Question, 'url'>): string {
  return page([buoy(question, 'one')])
}

/** A good page in a head of its own making. */
export function goodPageUnder(...lines: readonly string[]): Misdeed['answer'] {
  return (question) => respond(question.socket, goodPage(question), { lines: [JSON_TYPE, ...lines] })
}

/** Repeats until the connection is gone, or says that it is enough. */
export function again(socket: Socket, everyMs: number, step: () => void): void {
  const timer = setInterval(step, everyMs)
  socket.once('close', () => clearInterval(timer))
}

/** Writes the same without end, as fast as it is read. */
export function pour(socket: Socket, bytes: string | Uint8Array): void {
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes)) {
      // until its buffer is full
    }
  }
  socket.on('drain', more)
  more()
}
