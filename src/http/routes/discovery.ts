/**
 * `GET /discovery/agents`: what users ask. Here and, if they wish, in every registry this one trusts; as one answer,
 * or told while it runs.
 */

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ProblemError } from '../../problem.ts'
import { chooseMediaType } from '../accept.ts'
import { type App, waitSignal } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { DISCOVERY_PARAMETERS, type DiscoveryQuestion, questionKey, questionOf } from '../discovery-query.ts'
import { DISCOVERY_RESPONSES } from '../discovery-schemas.ts'
import { checkSearch, runSearch } from '../discovery-search.ts'
import { DONE_ID, type StreamForm } from '../event-stream.ts'
import { sendJsonAnswer } from '../json-answer.ts'
import { problemOf, problemToWire } from '../problem-answers.ts'
import type { RateLimits } from '../rate-limits.ts'
import { scopeOfRequest } from '../request-state.ts'
import { keptByItsAsker } from '../response-headers.ts'
import type { Hurry } from '../shutdown.ts'
import { streamDiscovery } from '../stream-discovery.ts'
import type { WholeAnswers } from '../whole-answer.ts'

export const DISCOVERY_PATH = '/api/v1/discovery/agents'

/** The forms of an answer, the one for who does not choose first. */
const FORMS = ['application/json', 'text/event-stream', 'application/x-ndjson'] as const

export type DiscoveryTools = {
  readonly limits: Pick<RateLimits, 'spendForcedRefresh'>
  readonly hurry: Hurry
  readonly answers: WholeAnswers
  /** Told that a request was answered with what is ready, or may soon be, for this question. */
  readonly onAnswered: (request: FastifyRequest, question: string) => void
}

type Exchange = { readonly request: FastifyRequest; readonly reply: FastifyReply }

export function registerDiscovery(
  app: App,
  deps: HttpDeps,
  { limits, hurry, answers, onAnswered }: DiscoveryTools,
): void {
  app.get(DISCOVERY_PATH, {
    schema: {
      operationId: 'discoverAgents',
      summary: 'Search agents, here and across the federation',
      description:
        'One ranked answer. `federation_stats` accounts for every active peer: what it gave, or why it gave nothing. By `Accept` it comes as one answer, or as events while peers answer.',
      tags: ['discovery'],
      querystring: DISCOVERY_PARAMETERS,
      response: DISCOVERY_RESPONSES,
    },
    async handler(request, reply) {
      const form = formOf(request)
      const question = questionOf(request.query, deps.config.federation.queryTimeoutMs)
      await checkSearch(request, question, { deps, limits })
      if (form !== 'application/json') return answerAsEvents(question, form, { request, reply })
      return answerWhole(question, { request, reply })
    },
  })

  async function answerWhole(question: DiscoveryQuestion, exchange: Exchange): Promise<FastifyReply> {
    const { request, reply } = exchange
    const scope = scopeOfRequest(request)
    const { answer, source } = await answers.give(question, scope, waitSignal(reply, hurry))
    if (!question.forceRefresh) onAnswered(request, questionKey(question, scope))
    return sendJsonAnswer(answer, source, exchange)
  }

  async function answerAsEvents(
    question: DiscoveryQuestion,
    form: StreamForm,
    { request, reply }: Exchange,
  ): Promise<FastifyReply> {
    // A browser asks again when a stream ends; this is how it learns that there is no more (WHATWG HTML, 9.2.3).
    const isOver = form === 'text/event-stream' && request.headers['last-event-id'] === DONE_ID
    if (isOver) return reply.code(204).send()
    const signal = waitSignal(reply, hurry)
    const scope = scopeOfRequest(request)
    const isHead = request.method === 'HEAD' // the headers of a stream are known without its search
    const bytes = isHead
      ? Readable.from([])
      : await streamDiscovery({
          form,
          includeLocal: question.includeLocal,
          search: (onProgress) => runSearch(question, scope, { deps, signal, onProgress }),
          problemOf: (error) => problemFor(error, request),
          onStalled: () => reply.raw.destroy(),
        })
    // The last one tells nginx to pass events on as they come.
    reply
      .type(form)
      .headers({ 'cache-control': keptByItsAsker(request.principal), 'x-accel-buffering': 'no' })
    return reply.send(bytes)
  }

  function problemFor(error: unknown, { id: requestId }: FastifyRequest) {
    const problem = problemOf(error)
    if (problem.status >= 500) deps.events.requestFailed(error, requestId)
    return problemToWire(problem, { requestId, registryUrl: deps.self.url })
  }
}

function formOf({ headers }: FastifyRequest): (typeof FORMS)[number] {
  const form = chooseMediaType(headers.accept, FORMS)
  if (form !== null) return form
  throw new ProblemError('not-acceptable', `A search is answered as ${FORMS.join(', ')}.`)
}
