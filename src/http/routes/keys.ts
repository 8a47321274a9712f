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
import { boolean, oneOf, optional, strictObject } from '../json-schema.ts'
import { actorOf, keyHolder } from '../request-state.ts'
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

  app.post('/api/v1/keys/:id/suspend', {
    config: { body: 'json' },
    schema: {
      operationId: 'suspendKey',
      summary: 'Suspend a key until it is resumed',
      description:
        'Here at once, on all replicas within 5 s. The records of its owner stay as they are: they are seen, and nobody changes them by this key. With `hide_agents` all keys of the owner are suspended and the records withheld, as if they were disabled.',
      tags: TAGS,
      params: strictObject({ id: text('The id of a key.', 64) }),
      querystring: NO_QUERY,
      body: strictObject(
        {
          reason: text('For the operators.', 500),
          hide_agents: optional(boolean({ description: "Hide its owner's records, too." })),
        },
        { examples: [{ reason: 'Leaked on a forum' }] },
      ),
      response: answers({
        200: answer('It is suspended.', { keys: WIRE.integer, hidden_agents: WIRE.integer }),
      }),
    },
    async handler(request) {
      const { id } = request.params
      const reason = cleanLine(request.body.reason)
      if (reason === '')
        throw invalidBody([{ pointer: '/reason', message: 'Takes a reason that can be read.' }])
      const own = keyHolder(request)
      const hidesAgents = request.body.hide_agents ?? false
      const isOwn = own.keyId === id.toLowerCase() || (hidesAgents && (await ownerOf(id)) === own.ownerId)
      if (isOwn)
        throw new ProblemError('forbidden', 'A key does not suspend itself: use another one, or revoke it.')
      const done = await storage.moderation.suspendKey(id, { reason, hidesAgents }, actorOf(request))
      if (done === undefined) throw new ProblemError('key-not-found', 'No live key has this id.')
      credentials.forget()
      return { keys: done.keys, hidden_agents: done.hiddenAgents }
    },
  })

  app.post('/api/v1/keys/:id/resume', {
    schema: {
      operationId: 'resumeKey',
      summary: 'End the suspension of a key',
      description: "Of all keys of its owner, and of the owner's records, if those were hidden with it.",
      tags: TAGS,
      params: strictObject({ id: text('The id of a key.', 64) }),
      querystring: NO_QUERY,
      response: answers({
        200: answer('It opens again what it did.', { keys: WIRE.integer, shown_agents: WIRE.integer }),
      }),
    },
    async handler(request) {
      const done = await storage.moderation.resumeKey(request.params.id, actorOf(request))
      if (done === undefined) throw new ProblemError('key-not-found', 'No suspended key has this id.')
      credentials.forget()
      return { keys: done.keys, shown_agents: done.shownAgents }
    },
  })

  async function ownerOf(keyId: string): Promise<OwnerId | undefined> {
    return (await keys.list()).find(({ id }) => id === keyId.toLowerCase())?.ownerId
  }

  /** A mistyped owner would be a new one that nobody meant. */
  async function knownOwner(ownerId: string): Promise<OwnerId> {
    const theirs = isUuid(ownerId)
      ? (await keys.list()).filter((key) => key.ownerId === ownerId.toLowerCase())
      : []
    const [owner] = theirs
    if (owner === undefined) {
      throw invalidBody([{ pointer: '/owner_id', message: 'No key here has this owner.' }])
    }
    // Another key would lift the suspension.
    if (theirs.every((key) => key.suspendedAt !== null)) {
      throw invalidBody([
        { pointer: '/owner_id', message: 'This owner is suspended: resume a key of it first.' },
      ])
    }
    return owner.ownerId
  }
}

function keyNotFound(): ProblemError {
  return new ProblemError('key-not-found', 'No live key has this id.')
}
