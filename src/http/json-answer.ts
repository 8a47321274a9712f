/** The whole answer of a search as it is sent: its bytes, its validator, and what is told about where it came from. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DiscoveryAnswer } from '../domain/discovery.ts'
import type { Principal } from '../domain/principal.ts'
import { discoveryToWire, findingToWire } from '../wire/discovery.ts'
import { writeRecord } from '../wire/written-record.ts'
import { answerTag } from './answer-tag.ts'
import { type PeersShown, peersShown } from './answer-uses.ts'
import { isKnownTag } from './entity-tags.ts'
import { keptByItsAsker } from './response-headers.ts'

/** An answer as it is sent, and may be sent again. */
export type JsonAnswer = {
  readonly body: Buffer
  readonly tag: string
  readonly shown: PeersShown
}

/**
 * Writes an answer: the text is that of `discoveryToWire`, put together from records that were written before.
 *
 * @param now Unix ms.
 */
export function makeJsonAnswer(answer: DiscoveryAnswer, now: number): JsonAnswer {
  const results = answer.agents.map((found) => ({
    record: writeRecord(found),
    finding: findingToWire(found),
  }))
  const rest = discoveryToWire({ ...answer, agents: [] })
  const texts = results.map(({ record, finding }) => `${record.text},${JSON.stringify(finding).slice(1)}`)
  const text = `{"agents":[${texts.join()}${JSON.stringify(rest).slice(WITHOUT_RESULTS.length)}`
  return { body: Buffer.from(text), tag: answerTag(results, rest, now), shown: peersShown(answer.stats) }
}

const WITHOUT_RESULTS = '{"agents":['

/** What is said of an answer beside its bytes. */
export type AnswerSource = { readonly cacheStatus: string; readonly serverTiming: string | null }

/** An answer with what is said of it this time. */
export type WholeAnswer = { readonly answer: JsonAnswer; readonly source: AnswerSource }

/** Headers of an answer and of the 304 in its place. */
export function answerHeaders(
  { tag }: Pick<JsonAnswer, 'tag'>,
  principal: Principal,
  { cacheStatus, serverTiming }: AnswerSource,
): Record<string, string> {
  return {
    etag: tag,
    'cache-control': keptByItsAsker(principal),
    'cache-status': cacheStatus,
    ...(serverTiming !== null && { 'server-timing': serverTiming }),
  }
}

/** What is said of the bytes, where they are sent. */
export function contentHeaders({ body }: Pick<JsonAnswer, 'body'>): Record<string, string> {
  return { 'content-type': 'application/json; charset=utf-8', 'content-length': String(body.length) }
}

/** Sends it, or 304 to who has an equal one. */
export function sendJsonAnswer(
  answer: JsonAnswer,
  source: AnswerSource,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): FastifyReply {
  reply.headers(answerHeaders(answer, request.principal, source))
  if (isKnownTag(request.headers['if-none-match'], answer.tag)) return reply.code(304).send()
  return reply.headers(contentHeaders(answer)).send(answer.body)
}
