/** Stops the server in order: what is under way is finished, nothing new begins, and it does not take long. */
import type { FastifyInstance } from 'fastify'
import { PassingMap } from '../domain/passing-map.ts'
import { SERVER_LIMITS } from './limits.ts'

const SWEEP_MS = 100

export interface Shutdown {
  isStopping(): boolean
  /** When what is left has to come to its end: searches then answer with what they have. */
  readonly hurry: Hurry
}

/**
 * Ends what is waited for, all of it at one moment.
 *
 * A signal that all listen to says the same. But listeners stand in a chain: one that has left still points to the next,
 * and once V8's collector holds the first for old, it carries along everybody's request and answer until it looks
 * through all memory, which took a tenth of a second every quarter of a minute.
 */
export class Hurry {
  readonly #waits = new PassingMap<AbortController, null>()
  #hasBegun = false

  join(wait: AbortController): void {
    if (this.#hasBegun) wait.abort()
    else this.#waits.set(wait, null)
  }

  leave(wait: AbortController): void {
    this.#waits.delete(wait)
  }

  begin(): void {
    this.#hasBegun = true
    for (const [wait] of this.#waits) {
      this.#waits.delete(wait)
      wait.abort()
    }
  }
}

/** Hooks into `app.close()`. */
export function registerShutdown(app: FastifyInstance): Shutdown {
  let isStopping = false
  let sweeper: NodeJS.Timeout | undefined
  let cutter: NodeJS.Timeout | undefined
  let hurrying: NodeJS.Timeout | undefined
  const hurry = new Hurry()

  app.addHook('preClose', async () => {
    isStopping = true
    // Connections become idle one by one as their requests end.
    sweeper = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
    hurrying = setTimeout(() => hurry.begin(), SERVER_LIMITS.hurryMs)
    cutter = setTimeout(() => app.server.closeAllConnections(), SERVER_LIMITS.closeMs)
  })
  app.addHook('onClose', async () => {
    clearInterval(sweeper)
    clearTimeout(cutter)
    clearTimeout(hurrying)
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isStopping) reply.header('connection', 'close')
  })
  return { isStopping: () => isStopping, hurry }
}
