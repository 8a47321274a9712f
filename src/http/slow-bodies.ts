/** Ends connections whose request was answered but whose body does not end. */
import type { FastifyRequest } from 'fastify'
import { SERVER_LIMITS } from './limits.ts'

/**
 * Bodies that a route reads are timed in `read-body.ts`. Of those nobody reads (the request was refused early, or is
 * a GET) node drops the rest as it comes; one that dribbles on would hold its connection for ever.
 */
export function endUnfinishedBody({ raw }: FastifyRequest): void {
  if (raw.complete !== false) return // requests that came through no socket have no such member
  const timer = setTimeout(() => raw.socket?.destroy(), SERVER_LIMITS.bodyTimeoutMs)
  timer.unref()
  const clear = () => clearTimeout(timer)
  raw.once('end', clear).once('close', clear)
}
