/** Runs misdeeds as servers on loopback, byte by byte: nothing stands between a misdeed and the socket. */
import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { respond } from './bytes.ts'
import type { Misdeed, Misdeeds, Question } from './misdeed.ts'

export type Zoo = {
  /** By the names of the misdeeds. */
  readonly urls: ReadonlyMap<string, string>
  /** What the canary was sent: nothing, or something was followed that is not to be. */
  readonly canarySongs: readonly string[]
  /** From now on health is answered as everything else is. */
  spoilHealth(): void
  /** Questions that a misdeed was asked, the newest last. */
  askedOf(name: string): readonly Pick<Question, 'target' | 'headers'>[]
  /** Open connections to all of them. */
  connections(): number
}

/** One server for each misdeed, gone with the test. */
export async function openZoo(t: Pick<TestContext, 'after'>, misdeeds: Misdeeds): Promise<Zoo> {
  let isHealthSpoilt = false
  const songs: string[] = []
  const canary = await listen(t, (socket) => {
    socket.on('data', (bytes) => songs.push(String(bytes)))
    songs.push('')
  })
  const asked = new Map<string, Pick<Question, 'target' | 'headers'>[]>()
  const urls = new Map<string, string>()
  const servers = await Promise.all(
    Object.entries(misdeeds).map(async ([name, misdeed]) => {
      const questions: Pick<Question, 'target' | 'headers'>[] = []
      asked.set(name, questions)
      const server = await listen(t, (socket) =>
        keep(socket, misdeed, {
          canary: canary.url,
          isHealthSpoilt: () => isHealthSpoilt,
          note: (question) => questions.push(question),
          urlOf: () => urls.get(name) ?? '',
        }),
      )
      return { name, server }
    }),
  )
  for (const { name, server } of servers) urls.set(name, server.url)
  return {
    urls,
    canarySongs: songs,
    spoilHealth: () => {
      isHealthSpoilt = true
    },
    askedOf: (name) => asked.get(name) ?? assert.fail(`no misdeed is called ${name}`),
    connections: () => servers.reduce((sum, { server }) => sum + server.sockets.size, 0),
  }
}

type Keeping = {
  readonly canary: string
  readonly isHealthSpoilt: () => boolean
  readonly note: (question: Pick<Question, 'target' | 'headers'>) => void
  readonly urlOf: () => string
}

/** Reads the questions of one connection and lets the misdeed answer them. Nobody sends it a body. */
function keep(socket: Socket, misdeed: Misdeed, { canary, isHealthSpoilt, note, urlOf }: Keeping): void {
  misdeed.greet?.(socket)
  let unread = ''
  let earlier = 0
  socket.on('data', (bytes) => {
    unread += bytes.toString('latin1')
    for (let end = unread.indexOf('\r\n\r\n'); end >= 0; end = unread.indexOf('\r\n\r\n')) {
      const question = readHead(unread.slice(0, end))
      unread = unread.slice(end + 4)
      if (question.target.endsWith('/health') && !isHealthSpoilt()) {
        respond(socket, JSON.stringify({ status: 'healthy', agent_count: 1 }))
        continue
      }
      note(question)
      misdeed.answer({ ...question, socket, canary, url: urlOf(), earlier })
      earlier += 1
    }
  })
}

function readHead(text: string): Pick<Question, 'target' | 'headers'> {
  const [first = '', ...lines] = text.split('\r\n')
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { target: first.split(' ')[1] ?? '', headers: new Map(pairs) }
}

async function listen(
  t: Pick<TestContext, 'after'>,
  onConnection: (socket: Socket) => void,
): Promise<{ readonly url: string; readonly sockets: ReadonlySet<Socket> }> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {}) // whoever misbehaves is hung up on
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets }
}
