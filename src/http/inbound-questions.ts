/** Notes what peers asked of this registry. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LoggedQuestion } from '../federation/query-log-writer.ts'
import type { HttpDeps } from './deps.ts'

export type InboundQuestion = {
  readonly outcome: 'answered' | 'unchanged' | 'absent'
  readonly results: number | null
  readonly question: LoggedQuestion
}

/** Anybody else's requests are not noted. */
export function noteQuestion(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { outcome, results, question }: InboundQuestion,
  { queryLogWriter }: Pick<HttpDeps, 'queryLogWriter'>,
): void {
  const { principal, id: requestId } = request
  if (principal.kind !== 'peer') return
  const { peerId, name: peerName } = principal
  const responseTimeMs = Math.round(reply.elapsedTime)
  queryLogWriter.add(
    { direction: 'inbound', peerId, peerName, outcome, responseTimeMs, results, cache: null, requestId },
    question,
  )
}
