/** Figures for Prometheus. */
import type { AnswerUses } from '../answer-uses.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { strictObject } from '../json-schema.ts'
import { answers } from '../schemas.ts'

export const METRICS_PATH = '/metrics'

export function registerMetrics(
  app: App,
  { metrics }: Pick<HttpDeps, 'metrics'>,
  { uses }: { readonly uses: Pick<AnswerUses, 'tell'> },
): void {
  app.get(METRICS_PATH, {
    schema: {
      operationId: 'getMetrics',
      summary: 'Figures of this process, for Prometheus',
      description:
        'With a key of any role. Without one, only on the machine of a registry whose public URL is on loopback.',
      tags: ['health'],
      querystring: strictObject({}),
      response: answers({
        200: {
          description: 'The figures in the text format of Prometheus.',
          content: { 'text/plain': { schema: { type: 'string' } } },
        },
      }),
    },
    async handler(_request, reply) {
      uses.tell()
      return reply.type(metrics.contentType).send(await metrics.render())
    },
  })
}
