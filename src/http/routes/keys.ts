/** Keys for people and programs. */

import { validate as isUuid } from 'uuid'
import type { OwnerId } from '../../domain/agent.ts'
import { type KeyId, ROLES } from '../../domain/principal.ts'
import { ProblemError } from '../../problem.ts'
import { cleanLine } from '../../security/text.ts'
import { hashToken, mintToken, tokenHint } from '../../security/tokens.ts'
import type { App } from '../app.ts'
import { overlapMsOf, ROTATION_BODY, rotated } from '../credential-rotation.ts'
import type { CredentialLookup } from '../credentials.ts'
import type { HttpDeps } from '../deps.ts'
import { oneOf, optional, strictObject } from '../json-schema.ts'
import { actorOf } from '../request-state.ts'
import { answer, answers, count, listOf, text, WIRE, widened } from '../schemas.ts'
import { invalidBody } from '../validation.ts'
import { keyToWire, optionalTime } from '../wire-admin.ts'

const NO_QUERY = strictObject({})
const ID = strictObject({ id: text('The id of a key.', 64) })
const TAGS = ['keys']
const YEAR_SECONDS = 366 * 86_400

const BODY = strictObject(
  {
    name: text('What it is for.', 200),
    role: oneOf([...ROLES], { description: 'What it may do.' }),
    owner_id: optional(text('An owner that exists, to give it another key; a new one, if not given.', 64)),
    expires_in: optional(
      count('Seconds until it expires; never, if not given.', { minimum: 60, maximum: 10 * YEAR_SECONDS }),
    ),
  },
  { examples: [{ name: 'nightly import', role: 'publisher' }] },
)

export function registerKeys(
  app: App,
  { storage, clock }: HttpDeps,
  credentials: Pick<CredentialLookup, 'forget'>,
): void {
  const { keys } = storage

  app.get('/api/v1/keys', {
    schema: {
      operationId: 'listKeys',
      summary: 'All keys',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({ 200: answer('The keys.', { keys: listOf('ApiKey') }) }),
    },
    handler: async () => ({ keys: (await keys.list()).map(keyToWire) }),
  })

  app.post('/api/v1/keys', {
    config: { body: 'json' },
    schema: {
      operationId: 'createKey',
      summary: 'Make a key',
      description: 'The key is shown this once.',
      tags: TAGS,
      querystring: NO_QUERY,
      body: BODY,
      response: answers({ 201: widened('ApiKey', 'The key.', { key: WIRE.string }) }),
    },
    async handler(request, reply) {
      const { name, role, owner_id: ownerId, expires_in: expiresIn } = request.body
      const cleaned = cleanLine(name)
      if (cleaned === '') throw invalidBody([{ pointer: '/name', message: 'Takes a name that can be seen.' }])
      const key = mintToken('ava')
      const created = await keys.create(
        {
          name: cleaned,
          role,
          tokenHash: hashToken(key),
          hint: tokenHint(key),
          ownerId: ownerId === undefined ? null : await knownOwner(ownerId),
          expiresAt: expiresIn === undefined ? null : clock.now() + expiresIn * 1000,
        },
        actorOf(request),
      )
      reply.code(201)
      return { ...keyToWire(created), key }
    },
  })

  app.post('/api/v1/keys/:id/rotate', {
    config: { body: 'json' },
    schema: {
      operationId: 'rotateKey',
      summary: 'Make a key in the place of another',
      description:
        'Of the same owner and role, and as long-lived. Both are good during the overlap. The new key is shown this once.',
      tags: TAGS,
      params: ID,
      querystring: NO_QUERY,
      body: ROTATION_BODY,
      response: answers({
        201: widened('ApiKey', 'The new key.', {
          ...{ key: WIRE.string, replaces: WIRE.string, replaced_ends_at: WIRE.time },
        }),
      }),
    },
    async handler(request, reply) {
      const key = mintToken('ava')
      const overlapMs = overlapMsOf(request.body)
      const draft = { tokenHash: hashToken(key), hint: tokenHint(key), overlapMs }
      const outcome = await keys.rotate(request.params.id as KeyId, draft, actorOf(request))
      const { made, replaced } = rotated(outcome, keyNotFound())
      credentials.forget()
      reply.code(201)
      const replacement = { replaces: replaced.id, replaced_ends_at: optionalTime(replaced.expiresAt) }
      return { ...keyToWire(made), key, ...replacement }
    },
  })

  app.delete('/api/v1/keys/:id', {
    schema: {
      operationId: 'revokeKey',
      summary: 'Revoke a key',
      description: 'Here at once, on all replicas within 5 s.',
      tags: TAGS,
      params: ID,
      querystring: NO_QUERY,
      response: answers({ 204: { type: 'null', description: 'It is revoked.' } }),
    },
    async handler(request, reply) {
      const wasLive = await keys.revoke(request.params.id as KeyId, actorOf(request))
      if (!wasLive) throw keyNotFound()
      credentials.forget()
      return reply.code(204).send()
    },
  })

  /** A mistyped owner would be a new one that nobody meant. */
  async function knownOwner(ownerId: string): Promise<OwnerId> {
    const owner = isUuid(ownerId)
      ? (await keys.list()).find((key) => key.ownerId === ownerId.toLowerCase())
      : undefined
    if (owner !== undefined) return owner.ownerId
    throw invalidBody([{ pointer: '/owner_id', message: 'No key here has this owner.' }])
  }
}

function keyNotFound(): ProblemError {
  return new ProblemError('key-not-found', 'No live key has this id.')
}
