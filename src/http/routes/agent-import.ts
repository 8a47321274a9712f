/** `POST /agents/import`: many records in one request, as newline-delimited JSON. */

import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { AgentStore } from '../../domain/ports.ts'
import { ProblemError } from '../../problem.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { type ImportCounts, type ImportEvent, importLines, NO_COUNTS } from '../import-stream.ts'
import { boolean, optional, strictObject } from '../json-schema.ts'
import { SERVER_LIMITS } from '../limits.ts'
import { readLines } from '../lines.ts'
import { problemOf, problemToWire } from '../problem-answers.ts'
import { chunksWithin } from '../read-body.ts'
import { actorOf, keyHolder } from '../request-state.ts'
import { answer, answers, WIRE } from '../schemas.ts'
import { READ_BY_ROUTE } from '../validation.ts'

/** Beyond these, rejected lines are counted and no longer listed. */
const MAX_LISTED = 10_000

const NDJSON = 'application/x-ndjson'

export function registerAgentImport(app: App, { self, storage, events, heavyWorkEnded }: HttpDeps): void {
  app.post('/api/v1/agents/import', {
    config: { body: 'ndjson' },
    schema: {
      operationId: 'importAgents',
      summary: 'Publish many records, one JSON object a line',
      description:
        'A line is a record, a record with a `card`, a card alone or a line of an export. It is matched to one of your records by `id`, else by type, name and first endpoint, and replaces it. Of a line with `explicit_fields` only these members count, the rest comes from its card. With `Accept: application/x-ndjson` the answer is a stream of events.',
      tags: ['records'],
      consumes: [NDJSON],
      querystring: strictObject({
        dry_run: optional(boolean({ description: 'Tell what would happen and store nothing.' })),
      }),
      body: { type: 'string', description: 'Lines of JSON.', [READ_BY_ROUTE]: true },
      response: answers({
        200: answer('What became of the lines.', {
          dry_run: WIRE.boolean,
          created: WIRE.integer,
          updated: WIRE.integer,
          unchanged: WIRE.integer,
          rejected: WIRE.integer,
          lines: {
            type: 'array',
            description: 'The rejected lines, the first 10,000 of them.',
            items: { type: 'object', properties: { line: WIRE.integer, reason: WIRE.string } },
          },
        }),
      }),
    },
    async handler(request, reply) {
      const isDryRun = request.query.dry_run ?? false
      const imported = noteEnd(importFrom(request, storage.agents, isDryRun), heavyWorkEnded)
      if (!acceptsNdjson(request)) return summarize(imported, isDryRun)
      const lines = tellOutcome(imported, (error) => {
        const problem = problemOf(error)
        if (problem.status >= 500) events.requestFailed(error, request.id)
        return JSON.stringify({
          event: 'failed',
          problem: problemToWire(problem, { requestId: request.id, registryUrl: self.url }),
        })
      })
      return reply.type(NDJSON).send(Readable.from(lines))
    },
  })
}

function importFrom(
  request: FastifyRequest,
  agents: AgentStore,
  isDryRun: boolean,
): AsyncGenerator<ImportEvent> {
  const { body } = request
  if (!(body instanceof Readable)) {
    throw new ProblemError('unsupported-media-type', `An import has a body of lines, ${NDJSON}.`)
  }
  const chunks = chunksWithin(body, () => SERVER_LIMITS.bodyTimeoutMs)
  const lines = readLines(chunks, SERVER_LIMITS.bodyBytes)
  return importLines(lines, agents, {
    ownerId: keyHolder(request).ownerId,
    actor: actorOf(request),
    isDryRun,
  })
}

/** Imports of fewer lines leave no more behind than other requests do. */
const HEAVY_LINES = 1_000

async function* noteEnd(
  imported: AsyncGenerator<ImportEvent>,
  heavyWorkEnded: () => void,
): AsyncGenerator<ImportEvent> {
  let lines = 0
  try {
    for await (const event of imported) {
      if (event.event === 'progress') lines = event.lines
      yield event
    }
  } finally {
    if (lines >= HEAVY_LINES) heavyWorkEnded()
  }
}

function acceptsNdjson({ headers }: FastifyRequest): boolean {
  return (headers.accept ?? '').toLowerCase().includes(NDJSON)
}

type Summary = ImportCounts & {
  readonly dry_run: boolean
  readonly lines: readonly { readonly line: number; readonly reason: string }[]
}

/** @throws ProblemError that says how far the import got, when it ends early. */
async function summarize(imported: AsyncGenerator<ImportEvent>, isDryRun: boolean): Promise<Summary> {
  const lines: { line: number; reason: string }[] = []
  let counts = NO_COUNTS
  try {
    for await (const { event, ...told } of imported) {
      if ('reason' in told) {
        if (lines.length < MAX_LISTED) lines.push(told)
      } else {
        const { created, updated, unchanged, rejected } = told
        counts = { created, updated, unchanged, rejected }
      }
    }
  } catch (error) {
    throw endedEarly(error, counts, isDryRun)
  }
  return { dry_run: isDryRun, ...counts, lines }
}

/** What was stored stays, so the importer must know of it. */
function endedEarly(error: unknown, counts: ImportCounts, isDryRun: boolean): unknown {
  const problem = problemOf(error)
  if (isDryRun || problem.status === 500) return error
  const { created, updated } = counts
  const stored = `${created} created and ${updated} updated records before that are stored; sending the file again is safe`
  return new ProblemError(problem.code, `${problem.message} The import ended early: ${stored}.`, {
    headers: problem.headers,
    cause: error,
  })
}

async function* tellOutcome(
  imported: AsyncGenerator<ImportEvent>,
  tellFailure: (error: unknown) => string,
): AsyncGenerator<string> {
  try {
    for await (const event of imported) yield `${JSON.stringify(event)}\n`
  } catch (error) {
    yield `${tellFailure(error)}\n`
  }
}
