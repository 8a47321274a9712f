/** The server as its routes see it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, RawServerDefault } from 'fastify'
import type { SchemaTypes } from './validation.ts'

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  SchemaTypes
>

/** A signal that fires when the asker is gone before the answer is, and with `hurry`. */
export function waitSignal(reply: FastifyReply, hurry: AbortSignal): AbortSignal {
  const wait = new AbortController()
  const end = () => wait.abort()
  if (hurry.aborted) end()
  else hurry.addEventListener('abort', end, { once: true })
  reply.raw.once('close', () => {
    hurry.removeEventListener('abort', end)
    if (!reply.raw.writableFinished) end()
  })
  return wait.signal
}
