/** The server as its routes see it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RawServerDefault } from 'fastify'
import type { Hurry } from './shutdown.ts'
import type { SchemaTypes } from './validation.ts'

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  SchemaTypes
>

/** A signal that fires when the asker is gone before the answer is, and when all are to hurry. */
export function waitSignal(reply: FastifyReply, hurry: Hurry): AbortSignal {
  const wait = new AbortController()
  if (reply.raw.closed) {
    wait.abort()
    return wait.signal
  }
  hurry.join(wait)
  reply.raw.once('close', () => {
    hurry.leave(wait)
    if (!reply.raw.writableFinished) wait.abort()
  })
  return wait.signal
}
