/** `POST /agents/fetch-card`: the card that an agent shows at its address, for its publisher to look at and publish. */
import { recognizeCard } from '../../cards/recognize.ts'
import { AGENT_LIMITS } from '../../domain/agent.ts'
import { ProblemError } from '../../problem.ts'
import { type FetchedCard, fetchCard } from '../../security/fetch-card.ts'
import { type App, waitSignal } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { strictObject, unknown } from '../json-schema.ts'
import { SERVER_LIMITS } from '../limits.ts'
import type { RateLimits } from '../rate-limits.ts'
import { keyHolder } from '../request-state.ts'
import { answers, text } from '../schemas.ts'
import type { Hurry } from '../shutdown.ts'
import { invalidBody } from '../validation.ts'

const LONGEST_MS = 8_000 // for all addresses that are tried

export function registerAgentFetchCard(
  app: App,
  { outbound, events }: Pick<HttpDeps, 'outbound' | 'events'>,
  { limits, hurry }: { readonly limits: Pick<RateLimits, 'spendCardFetch'>; readonly hurry: Hurry },
): void {
  app.post('/api/v1/agents/fetch-card', {
    config: { body: 'json' },
    schema: {
      operationId: 'fetchAgentCard',
      summary: 'Fetch the card that an agent shows at its address, without storing it',
      description:
        'Looks at the address itself and at the well-known places below it and at its host. The answer is the card byte for byte, to be checked and published as it is; `Content-Location` says where it was found. Only public addresses are contacted, over https, and what `REGISTRY_CARD_NETWORKS` opens.',
      tags: ['records'],
      querystring: strictObject({}),
      body: strictObject(
        { url: text('The address of an agent, or of its card.', SERVER_LIMITS.paramChars) },
        { examples: [{ url: 'https://agents.example/summarizer' }] },
      ),
      response: answers({
        200: { description: 'The card.', content: { 'application/json': { schema: unknown() } } },
      }),
    },
    async handler(request, reply) {
      const address = addressOf(request.body.url)
      const { refusal } = await limits.spendCardFetch(keyHolder(request).keyId)
      if (refusal !== null) {
        events.rateLimited(refusal.policy, request.id)
        throw refusal.problem
      }
      const found = await fetchCard(address, {
        outbound,
        signal: AbortSignal.any([waitSignal(reply, hurry), AbortSignal.timeout(LONGEST_MS)]),
        maxBytes: AGENT_LIMITS.cardBytes,
        maxDepth: AGENT_LIMITS.jsonDepth,
        isCard: (value) => recognizeCard(value).kind === 'recognized',
      })
      if (!found.ok) throw noCard(address, found)
      // A stranger's bytes under our address: never shown as a page of ours, nor kept.
      reply.header('content-disposition', 'attachment; filename="agent-card.json"')
      reply.header('cache-control', 'no-store').header('content-location', found.url)
      return reply.type(found.mediaType).send(Buffer.from(found.bytes))
    },
  })
}

function addressOf(text: string): URL {
  const address = URL.parse(text.trim())
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw invalidBody([{ pointer: '/url', message: 'Takes an address such as https://agents.example.' }])
  }
  if (address.username !== '' || address.password !== '') {
    const message = 'Takes no user name and no password: what an agent shows to all is fetched without.'
    throw invalidBody([{ pointer: '/url', message }])
  }
  address.hash = ''
  return address
}

function noCard({ host }: URL, { wasReached, tried }: Extract<FetchedCard, { ok: false }>): ProblemError {
  const [only] = tried
  const none =
    tried.length === 1
      ? `There is none at ${only?.url}.`
      : `There is none in any of the ${tried.length} places where agents of ${host} show theirs.`
  const detail = wasReached
    ? `${none} Give the address of the card itself, or send the card.`
    : `${host} could not be asked whether it has one.`
  return new ProblemError('no-card-at-address', detail, {
    errors: tried.map(({ url, problem }) => ({ pointer: '/url', message: `${url}: ${problem}` })),
  })
}
