/** One connection to Redis, over node-redis. The package is loaded with the first connection: most registries have none. */
import type { Clock } from '../../domain/ports.ts'
import type { SharingFault } from '../../domain/sharing.ts'
import { inTime } from './in-time.ts'

/** What came of one command. */
export type Reply =
  | { readonly kind: 'value'; readonly value: unknown }
  /** Redis said no; `code` is the first word of it, such as `OOM` or `WRONGTYPE`. */
  | { readonly kind: 'refused'; readonly code: string; readonly error: Error }
  /** The connection ended before. */
  | { readonly kind: 'lost'; readonly error: unknown }

export interface RedisClient {
  /** Never rejects, and waits as long as the connection lasts. Strings in replies are buffers. */
  send(command: readonly (string | Buffer)[]): Promise<Reply>
  /** Resolves when the connection ends without `close`, with the reason. */
  readonly lost: Promise<unknown>
  /** Ends the connection at once. */
  close(): void
}

export type Connected =
  | { readonly kind: 'connected'; readonly client: RedisClient }
  | { readonly kind: 'failed'; readonly fault: SharingFault; readonly error: unknown }

/**
 * How long an answer may take. A healthy Redis needs less than a millisecond; whoever has waited 25 has lost more than
 * sharing saves.
 */
export const ANSWER_MS = 25
/** For each of the two: to reach it, and to have it greet us. */
const CONNECT_MS = 1_000
const PINGS = 3 // the first meets code that was never run

/**
 * Connects once. What breaks is not mended: a lost connection stays lost.
 * @param options.signal gives up, within `CONNECT_MS`.
 */
export async function connectRedis(url: string, options: ConnectOptions): Promise<Connected> {
  const redis = await import('redis')
  const client = createClient(redis, url)
  const lost = new Promise<unknown>((resolve) => client.on('error', resolve))
  const failure = await greet(client, options)
  if (failure === undefined) return { kind: 'connected', client: asRedisClient(client, redis, lost) }
  client.destroy()
  const isRefused = failure.error instanceof redis.ErrorReply
  return { kind: 'failed', ...failure, ...(isRefused && { fault: 'refused' }) }
}

type ConnectOptions = { readonly clock: Clock; readonly signal: AbortSignal }
type NodeRedis = typeof import('redis')
type NodeRedisClient = ReturnType<typeof createClient>

/** A client that does nothing twice and keeps nothing for better times: who asks has something else to do. */
function createClient({ createClient: create }: NodeRedis, url: string) {
  return create({
    url,
    RESP: 2, // has all we use, and whatever speaks Redis speaks it
    clientInfoTag: 'agentvault-registry',
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    commandOptions: { timeout: 0 },
    socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false },
  })
}

/** Connects and finds out whether answers come in time. */
async function greet(
  client: NodeRedisClient,
  { clock, signal }: ConnectOptions,
): Promise<{ readonly fault: SharingFault; readonly error: unknown } | undefined> {
  const giveUp = () => client.destroy()
  let isLate = false
  let callOff = () => {}
  client.once('connect', () => {
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp)
    // The system accepts connections for a server that hangs; nobody greets us then.
    callOff = clock.after(CONNECT_MS, () => {
      isLate = true
      giveUp()
    })
  })
  try {
    await client.connect()
    const isPrompt = await answersInTime(client, clock)
    return isPrompt ? undefined : { fault: 'timeout', error: new Error(`No answer within ${ANSWER_MS} ms.`) }
  } catch (error) {
    if (isLate) return { fault: 'timeout', error: new Error(`No answer within ${CONNECT_MS} ms.`) }
    return { fault: 'unreachable', error }
  } finally {
    callOff()
    signal.removeEventListener('abort', giveUp)
  }
}

async function answersInTime(client: NodeRedisClient, clock: Clock): Promise<boolean> {
  for (let ping = 0; ping < PINGS; ping += 1) {
    const answer = client.sendCommand(['PING'])
    if ((await inTime(answer, ANSWER_MS, clock)) !== undefined) return true
    await answer
  }
  return false
}

function asRedisClient(
  client: NodeRedisClient,
  { ErrorReply, RESP_TYPES }: NodeRedis,
  lost: Promise<unknown>,
): RedisClient {
  const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer }
  return {
    lost,
    async send(command) {
      try {
        return { kind: 'value', value: await client.sendCommand<unknown>(command, { typeMapping }) }
      } catch (error) {
        if (!(error instanceof ErrorReply)) return { kind: 'lost', error }
        return { kind: 'refused', code: error.message.split(' ', 1)[0] ?? '', error }
      }
    },
    close: () => client.destroy(),
  }
}
