/** Stops the server in order: what is under way is finished, nothing new begins, and it does not take long. */
import type { FastifyInstance } from 'fastify'
import { SERVER_LIMITS } from './limits.ts'

const SWEEP_MS = 100

export interface Shutdown {
  isStopping(): boolean
  /** Fires when what is left has to come to its end: searches then answer with what they have. */
  readonly hurry: AbortSignal
}

/** Hooks into `app.close()`. */
export function registerShutdown(app: FastifyInstance): Shutdown {
  let isStopping = false
  let sweeper: NodeJS.Timeout | undefined
  let cutter: NodeJS.Timeout | undefined
  let hurrying: NodeJS.Timeout | undefined
  const hurry = new AbortController()

  app.addHook('preClose', async () => {
    isStopping = true
    // Connections become idle one by one as their requests end.
    sweeper = setInterval(() => app.server.closeIdleConnections(), SWEEP_MS)
    hurrying = setTimeout(() => hurry.abort(), SERVER_LIMITS.hurryMs)
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
  return { isStopping: () => isStopping, hurry: hurry.signal }
}
