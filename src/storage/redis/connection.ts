/**
 * Redis as the registry sees it: it answers within `ANSWER_MS`, or it is down. While it is down nothing is asked, so
 * that nobody waits; connecting is tried again in the background, more and more rarely, and never by all replicas at
 * the same moment.
 */
import type { Clock } from '../../domain/ports.ts'
import type { SharingEvents, SharingFault, SharingOperation } from '../../domain/sharing.ts'
import { ANSWER_MS, connectRedis, type RedisClient, type Reply } from './client.ts'
import { inTime } from './in-time.ts'

export type ConnectionOptions = {
  readonly clock: Clock
  /** From 0 to 1: spreads the tries of many replicas. */
  readonly random: () => number
  readonly events: SharingEvents
}

export type Command = readonly (string | Buffer)[]

/** So many in a row without an answer in time, and it is down: one may be a hiccup, of the network or our own. */
const STRIKES = 3
const MIN_RETRY_MS = 100
const MAX_RETRY_MS = 5_000 // the longest that a Redis which is back goes unused
/** Up for so long, and the next loss is a new misfortune, not the old one going on. */
const STEADY_MS = 10_000

export class RedisConnection implements AsyncDisposable {
  readonly #url: string
  readonly #clock: Clock
  readonly #random: () => number
  readonly #events: SharingEvents
  readonly #closing = new AbortController()
  #connecting: Promise<void> = Promise.resolve()
  #callOffRetry = (): void => {}
  /** Undefined while it is down. */
  #client: RedisClient | undefined
  #isSaidDown = false
  /** Tries since it was last steady. */
  #tries = 0
  #upSince = 0
  #strikes = 0
  #struckAt = Number.NEGATIVE_INFINITY
  #promptAt = Number.NEGATIVE_INFINITY

  private constructor(url: string, { clock, random, events }: ConnectionOptions) {
    this.#url = url
    this.#clock = clock
    this.#random = random
    this.#events = events
  }

  /** Resolves when it is up, or known to be down: within a few seconds at most. Never rejects. */
  static async open(url: string, options: ConnectionOptions): Promise<RedisConnection> {
    const connection = new RedisConnection(url, options)
    connection.#connecting = connection.#connect()
    await connection.#connecting
    return connection
  }

  get isUp(): boolean {
    return this.#client !== undefined
  }

  /**
   * Sends a command and waits for its answer, `ANSWER_MS` at most. Undefined when there is none or Redis refused, and
   * while it is down. Never rejects.
   * @param limitMs who has less time learns nothing of Redis from its silence.
   */
  async ask(operation: SharingOperation, command: Command, limitMs: number = ANSWER_MS): Promise<unknown> {
    const client = this.#client
    if (client === undefined) return undefined
    const sentAt = this.#clock.monotonic()
    const reply = await inTime(client.send(command), limitMs, this.#clock)
    if (reply === undefined) {
      const error = new Error(`No answer within ${limitMs} ms.`)
      this.#events.sharingFailed(operation, 'timeout', error)
      if (limitMs >= ANSWER_MS) this.#strike(client, sentAt, error)
      return undefined
    }
    this.#promptAt = this.#clock.monotonic()
    this.#strikes = 0
    return this.#valueOf(reply, operation)
  }

  /** Sends a command for which nobody waits; resolves when it is done with, however long that takes. Never rejects. */
  async tell(operation: SharingOperation, command: Command): Promise<void> {
    const reply = await this.#client?.send(command)
    if (reply !== undefined) this.#valueOf(reply, operation)
  }

  /** Counts a failure that shows on this side. */
  noteFailure(operation: SharingOperation, fault: SharingFault, error: unknown): void {
    this.#events.sharingFailed(operation, fault, error)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#callOffRetry()
    this.#client?.close()
    this.#client = undefined
    await this.#connecting
  }

  #valueOf(reply: Reply, operation: SharingOperation): unknown {
    if (reply.kind === 'value') return reply.value
    if (reply.kind === 'lost') this.#events.sharingFailed(operation, 'unreachable', reply.error)
    else this.#events.sharingFailed(operation, reply.code === 'OOM' ? 'full' : 'refused', reply.error)
    return undefined
  }

  #strike(client: RedisClient, sentAt: number, error: Error): void {
    // Others were answered meanwhile: it is well, and busy. And those that waited together are one sign.
    if (this.#promptAt > sentAt || this.#struckAt > sentAt) return
    this.#struckAt = this.#clock.monotonic()
    this.#strikes += 1
    if (this.#strikes >= STRIKES) this.#lose(client, 'timeout', error)
  }

  async #connect(): Promise<void> {
    const { signal } = this.#closing
    const connected = await connectRedis(this.#url, { clock: this.#clock, signal })
    if (connected.kind === 'failed') {
      this.#fall(connected.fault, connected.error)
      return
    }
    const { client } = connected
    if (signal.aborted) {
      client.close()
      return
    }
    this.#client = client
    this.#isSaidDown = false
    this.#strikes = 0
    this.#upSince = this.#clock.monotonic()
    this.#events.sharingChanged({ kind: 'up' })
    void client.lost.then((error) => this.#lose(client, 'unreachable', error))
  }

  #lose(client: RedisClient, fault: SharingFault, error: unknown): void {
    client.close()
    if (client !== this.#client) return
    this.#client = undefined
    if (this.#clock.monotonic() - this.#upSince >= STEADY_MS) this.#tries = 0
    this.#fall(fault, error)
  }

  #fall(fault: SharingFault, error: unknown): void {
    if (this.#closing.signal.aborted) return
    this.#events.sharingFailed('connect', fault, error)
    if (!this.#isSaidDown) this.#events.sharingChanged({ kind: 'down', fault, error })
    this.#isSaidDown = true
    const longestMs = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** this.#tries)
    this.#tries += 1
    this.#callOffRetry = this.#clock.after(longestMs * (0.5 + this.#random() / 2), () => {
      this.#connecting = this.#connect()
    })
  }
}
