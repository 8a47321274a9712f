/** What is not to be shown here, whoever lists it. */
import type { Block, BlockDraft, BlockKind } from '../../domain/moderation.ts'
import { readBlockPattern } from '../../moderation/block-pattern.ts'
import { compileBlocks } from '../../moderation/blocked.ts'
import { type Fault, ProblemError } from '../../problem.ts'
import { cleanLine } from '../../security/text.ts'
import { timeToWire } from '../../wire/agent.ts'
import type { App } from '../app.ts'
import { endpointsOf } from '../block-endpoints.ts'
import type { HttpDeps } from '../deps.ts'
import { boolean, optional, strictObject } from '../json-schema.ts'
import { actorOf } from '../request-state.ts'
import { answer, answers, text, WIRE } from '../schemas.ts'
import { invalidBody } from '../validation.ts'

const TAGS = ['moderation']
const NO_QUERY = strictObject({})
const MOST_CHARS = 2_048

const BODY = strictObject(
  {
    did: optional(
      text('An agent by its DID, claimed or its own; `*` at the end for all that begin so.', MOST_CHARS),
    ),
    origin: optional(
      text(
        'A registry by its address, or by its host alone; `*.` before it for all hosts below.',
        MOST_CHARS,
      ),
    ),
    endpoint: optional(
      text(
        'Agents by where they are reached: a host, `*.host`, or an address with all below it.',
        MOST_CHARS,
      ),
    ),
    with_endpoints: optional(
      boolean({ description: 'With `did`: also where that agent is reached, as far as it is known here.' }),
    ),
    reason: optional(text('For the operators; it is not shown to others.', 500)),
  },
  { examples: [{ origin: 'https://spam.example', reason: 'Lists agents that do not exist.' }] },
)

const BLOCK = {
  id: WIRE.string,
  kind: { enum: ['did', 'origin', 'endpoint'] },
  pattern: { type: 'string', description: 'In its one spelling.' },
  reason: WIRE.nullableString,
  created_by: WIRE.string,
  created_at: WIRE.time,
  hidden_agents: { type: 'integer', description: 'Records of this registry that it hides.' },
}

export function registerBlocks(app: App, deps: HttpDeps): void {
  const { blocks } = deps.storage

  app.get('/api/v1/blocks', {
    schema: {
      operationId: 'listBlocks',
      summary: 'What is not shown here, whoever lists it',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({
        200: answer('The blocks.', { blocks: { type: 'array', items: answer('A block.', BLOCK) } }),
      }),
    },
    handler: async () => ({ blocks: (await blocks.list()).map(blockToWire) }),
  })

  app.post('/api/v1/blocks', {
    config: { body: 'json' },
    schema: {
      operationId: 'createBlock',
      summary: 'Keep an agent, a registry or an address from being shown here',
      description:
        'Takes one of `did`, `origin` and `endpoint`. At once here, within two seconds on all replicas: in searches, look-ups, `also_in` and further pages, whoever lists it and however it is spelt. Records of this registry are hidden as disabled ones are, from peers too. A blocked registry is not asked: its outcome is `blocked`. What is blocked already is answered with 200.',
      tags: TAGS,
      querystring: NO_QUERY,
      body: BODY,
      response: answers({
        200: answer('It was there.', BLOCK),
        201: answer('The block.', {
          ...BLOCK,
          endpoint_blocks: { type: 'array', items: answer('With `with_endpoints`.', BLOCK) },
        }),
      }),
    },
    async handler(request, reply) {
      const { with_endpoints: withEndpoints = false, reason, ...named } = request.body
      const draft = draftOf(named, reason, deps)
      const endpoints = withEndpoints ? await endpointsOf(draft, deps.storage) : []
      const created = await blocks.create(draft, actorOf(request))
      const also: Block[] = []
      for (const endpoint of endpoints) {
        const { block } = await blocks.create({ ...endpoint, reason: draft.reason }, actorOf(request))
        also.push(block)
      }
      reply.code(created.kind === 'created' ? 201 : 200)
      return {
        ...blockToWire(created.block),
        ...(withEndpoints && { endpoint_blocks: also.map(blockToWire) }),
      }
    },
  })

  app.delete('/api/v1/blocks/:id', {
    schema: {
      operationId: 'deleteBlock',
      summary: 'Show again what was blocked',
      tags: TAGS,
      params: strictObject({ id: text('The id of a block.', 64) }),
      querystring: NO_QUERY,
      response: answers({ 204: { type: 'null', description: 'It is lifted.' } }),
    },
    async handler(request, reply) {
      const block = await blocks.delete(request.params.id, actorOf(request))
      if (block === undefined) throw new ProblemError('block-not-found', 'No block has this id.')
      return reply.code(204).send()
    },
  })
}

type Named = Partial<Readonly<Record<BlockKind, string>>>

/** @throws ProblemError 422 */
function draftOf(named: Named, reason: string | undefined, { self }: HttpDeps): BlockDraft {
  const given = Object.entries(named) as [BlockKind, string][]
  const [first] = given
  if (first === undefined || given.length > 1) {
    throw refused({ pointer: '', message: 'Takes one of did, origin and endpoint.' })
  }
  const [kind, written] = first
  const read = readBlockPattern(kind, written)
  if (!read.ok) throw refused({ pointer: `/${kind}`, message: read.problem })
  if (compileBlocks([read.block]).findOrigin(self.url) !== undefined) {
    const message = 'That is this registry itself: take single records down instead.'
    throw refused({ pointer: `/${kind}`, message })
  }
  const cleaned = reason === undefined ? '' : cleanLine(reason)
  return { ...read.block, reason: cleaned === '' ? null : cleaned }
}

function refused(fault: Fault): ProblemError {
  return invalidBody([fault])
}

function blockToWire(block: Block): object {
  const { id, kind, pattern, reason, createdBy, createdAt, hiddenAgents } = block
  return {
    ...{ id, kind, pattern, reason, created_by: createdBy },
    ...{ created_at: timeToWire(createdAt), hidden_agents: hiddenAgents },
  }
}
