/** The search without JavaScript: one question, one answer, one page of HTML. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { PROBLEMS } from '../../problem.ts'
import { maskLikelySecrets } from '../../security/redact.ts'
import { discoveryToWire } from '../../wire/discovery.ts'
import type { PlainView } from '../../wire/plain-view.ts'
import { type App, waitSignal } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { questionOf } from '../discovery-query.ts'
import { checkSearch, runSearch } from '../discovery-search.ts'
import { PAGE_HEADERS } from '../page-answers.ts'
import { stylesheetsOf } from '../page-shell.ts'
import { apiParametersOf, type PlainQuestion, plainAddress, readPlainQuestion } from '../plain-question.ts'
import { problemOf } from '../problem-answers.ts'
import type { RateLimits } from '../rate-limits.ts'
import { scopeOfRequest } from '../request-state.ts'
import { sendNotBuilt } from '../sentence-page.ts'
import type { Hurry } from '../shutdown.ts'
import { SEARCH_SHELL } from './pages.ts'

type Told = Pick<PlainView, 'isFederated' | 'outcome'>

export function registerPlain(
  app: App,
  deps: HttpDeps,
  { limits, hurry }: { readonly limits: Pick<RateLimits, 'spendForcedRefresh'>; readonly hurry: Hurry },
): void {
  const { pages, self, config, events } = deps
  const basePath = new URL(self.url).pathname.replace(/\/*$/, '/')

  app.get('/plain', {
    schema: { hide: true },
    config: { isPage: true },
    async handler(request, reply) {
      const [render, shell] = await Promise.all([pages.findPlainRenderer(), pages.find(SEARCH_SHELL)])
      if (render === undefined || shell === undefined) return sendNotBuilt(reply)
      const question = readPlainQuestion(request.url)
      const told = await tell(question, request, reply)
      const view = { basePath, stylesheets: stylesheetsOf(shell), question, ...told }
      // No validator, so nothing is gained where a copy is kept: who signs out leaves none behind.
      return reply.headers(PAGE_HEADERS).send(render({ registry: self, ...view }))
    },
  })

  /** What came of it; a refusal is a page, too. */
  async function tell(question: PlainQuestion, request: FastifyRequest, reply: FastifyReply): Promise<Told> {
    const mayAskPeers = request.principal.kind !== 'anonymous' || config.anonymousFederated
    const parameters = apiParametersOf(question, { ownName: self.name, mayAskPeers })
    const asked = questionOf(parameters, config.federation.queryTimeoutMs)
    const { includeFederated: isFederated } = asked
    try {
      await checkSearch(request, asked, { deps, limits })
      const signal = waitSignal(reply, hurry)
      const answer = discoveryToWire(await runSearch(asked, scopeOfRequest(request), { deps, signal }))
      const { next_cursor: next } = answer
      const links = {
        firstPage: question.cursor === null ? null : plainAddress(question),
        nextPage: next === null ? null : plainAddress(question, next),
      }
      return { isFederated, outcome: { kind: 'answered', answer, ...links } }
    } catch (error) {
      const problem = problemOf(error)
      if (problem.status >= 500) events.requestFailed(error, request.id)
      reply.code(problem.status).headers(problem.headers)
      const { title } = PROBLEMS[problem.code]
      return { isFederated, outcome: { kind: 'refused', title, detail: maskLikelySecrets(problem.message) } }
    }
  }
}
