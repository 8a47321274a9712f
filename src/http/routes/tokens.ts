/** Tokens this registry gives to peers, so that they may ask it. */

import { randomBytes } from 'node:crypto'
import { type Peer, TOKEN_SCHEMES } from '../../domain/peer.ts'
import type { Actor, TokenId } from '../../domain/principal.ts'
import { ProblemError } from '../../problem.ts'
import { normalizeRegistryUrl } from '../../security/peer-url.ts'
import { cleanLine } from '../../security/text.ts'
import { hashToken, mintToken, tokenHint } from '../../security/tokens.ts'
import type { App } from '../app.ts'
import { overlapMsOf, ROTATION_BODY, rotated } from '../credential-rotation.ts'
import type { CredentialLookup } from '../credentials.ts'
import type { HttpDeps } from '../deps.ts'
import { oneOf, optional, type Static, strictObject } from '../json-schema.ts'
import { admitAddress, peerConflict, peerNotFound } from '../peer-admission.ts'
import { actorOf } from '../request-state.ts'
import { answer, answers, count, listOf, text, WIRE, widened } from '../schemas.ts'
import { invalidBody } from '../validation.ts'
import { optionalTime, tokenToWire } from '../wire-admin.ts'
import { NEW_PEER } from './peers.ts'

const NO_QUERY = strictObject({})
const ID = strictObject({ id: text('The id of a token.', 64) })
const TAGS = ['federation']
const YEAR_SECONDS = 366 * 86_400

const BODY = strictObject(
  {
    peer_id: optional(text('A peer that is known already.', 64)),
    name: optional(text('Or the name of a new one, which may then ask us but is not asked;', 200)),
    registry_url: optional(text('and its public address.', 500)),
    scheme: optional(
      oneOf([...TOKEN_SCHEMES], {
        description: '`hmac`: a signing secret is made as well. `hmac-token`: the token itself signs.',
      }),
    ),
    expires_in: optional(
      count('Seconds until it expires; never, if not given.', { minimum: 60, maximum: 10 * YEAR_SECONDS }),
    ),
  },
  { examples: [{ name: 'Partner Registry', registry_url: 'https://partner.example' }] },
)

type Body = Static<typeof BODY>

export function registerTokens(
  app: App,
  deps: HttpDeps,
  credentials: Pick<CredentialLookup, 'forget'>,
): void {
  const { storage, clock } = deps
  const { tokens } = storage

  app.get('/api/v1/federation/tokens', {
    schema: {
      operationId: 'listTokens',
      summary: 'All tokens given to peers',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({ 200: answer('The tokens.', { tokens: listOf('FederationToken') }) }),
    },
    handler: async () => ({ tokens: (await tokens.list()).map(tokenToWire) }),
  })

  app.post('/api/v1/federation/tokens', {
    config: { body: 'json' },
    schema: {
      operationId: 'createToken',
      summary: 'Make a token for a peer',
      description: 'The token and the signing secret are shown this once. The peer may ask us from now on.',
      tags: TAGS,
      querystring: NO_QUERY,
      body: BODY,
      response: answers({
        201: widened('FederationToken', 'The token.', {
          ...{ peer_name: WIRE.string, token: WIRE.string, signing_secret: WIRE.nullableString },
        }),
      }),
    },
    async handler(request, reply) {
      const { body } = request
      const actor = actorOf(request)
      const peer = await letAsk(await peerFor(body, actor, deps), actor, deps)
      const token = mintToken('avf')
      const scheme = body.scheme ?? 'hmac'
      const signingSecret = scheme === 'hmac' ? mintSigningSecret() : null
      const created = await tokens.create(
        {
          peerId: peer.id,
          scheme,
          tokenHash: hashToken(token),
          hint: tokenHint(token),
          hmacSecret: signingSecret ?? token,
          expiresAt: body.expires_in === undefined ? null : clock.now() + body.expires_in * 1000,
        },
        actor,
      )
      credentials.forget()
      reply.code(201)
      return { ...tokenToWire(created), peer_name: peer.name, token, signing_secret: signingSecret }
    },
  })

  app.post('/api/v1/federation/tokens/:id/rotate', {
    config: { body: 'json' },
    schema: {
      operationId: 'rotateToken',
      summary: 'Make a token in the place of another',
      description:
        'For the same peer and as long-lived. Both are good during the overlap. The new token and its signing secret are shown this once.',
      tags: TAGS,
      params: ID,
      querystring: NO_QUERY,
      body: ROTATION_BODY,
      response: answers({
        201: widened('FederationToken', 'The new token.', {
          ...{ token: WIRE.string, signing_secret: WIRE.nullableString },
          ...{ replaces: WIRE.string, replaced_ends_at: WIRE.time },
        }),
      }),
    },
    async handler(request, reply) {
      const token = mintToken('avf')
      const signingSecret = mintSigningSecret()
      const draft = {
        tokenHash: hashToken(token),
        hint: tokenHint(token),
        hmacSecrets: { hmac: signingSecret, 'hmac-token': token },
        overlapMs: overlapMsOf(request.body),
      }
      const outcome = await tokens.rotate(request.params.id as TokenId, draft, actorOf(request))
      const { made, replaced } = rotated(outcome, tokenNotFound())
      credentials.forget()
      reply.code(201)
      return {
        ...tokenToWire(made),
        ...{ token, signing_secret: made.scheme === 'hmac' ? signingSecret : null },
        ...{ replaces: replaced.id, replaced_ends_at: optionalTime(replaced.expiresAt) },
      }
    },
  })

  app.delete('/api/v1/federation/tokens/:id', {
    schema: {
      operationId: 'revokeToken',
      summary: 'Revoke a token',
      description: 'Here at once, on all replicas within 5 s.',
      tags: TAGS,
      params: ID,
      querystring: NO_QUERY,
      response: answers({ 204: { type: 'null', description: 'It is revoked.' } }),
    },
    async handler(request, reply) {
      const wasLive = await tokens.revoke(request.params.id as TokenId, actorOf(request))
      if (!wasLive) throw tokenNotFound()
      credentials.forget()
      return reply.code(204).send()
    },
  })
}

function mintSigningSecret(): string {
  return randomBytes(32).toString('base64url')
}

function tokenNotFound(): ProblemError {
  return new ProblemError('token-not-found', 'No live token has this id.')
}

async function peerFor(body: Body, actor: Actor, deps: HttpDeps): Promise<Peer> {
  const { peers } = deps.storage
  const { peer_id: id, name, registry_url: url } = body
  if (id !== undefined && name === undefined && url === undefined) {
    const peer = await peers.find(id)
    if (peer === undefined) throw peerNotFound()
    return peer
  }
  if (id !== undefined || name === undefined || url === undefined) {
    throw invalidBody([{ pointer: '', message: 'Takes either peer_id, or name and registry_url together.' }])
  }
  return peerByUrl({ name: cleanLine(name), url }, actor, deps)
}

/** The peer with this address, made if there is none: it may ask us, and we do not ask it. */
async function peerByUrl(
  { name, url }: { readonly name: string; readonly url: string },
  actor: Actor,
  deps: HttpDeps,
): Promise<Peer> {
  const { peers } = deps.storage
  const normalized = normalizeRegistryUrl(url)
  if (!normalized.ok) throw invalidBody([{ pointer: '/registry_url', message: normalized.problem }])
  if (name === '') throw invalidBody([{ pointer: '/name', message: 'Takes a name that can be seen.' }])
  const known = await peers.findByUrl(normalized.url)
  if (known !== undefined) return known
  await admitAddress(normalized.url, deps)
  const draft = { ...NEW_PEER, name, registryUrl: normalized.url, isActive: false, isInboundActive: true }
  const created = await peers.create(draft, actor)
  if (created.kind === 'created') return created.peer
  throw peerConflict(created)
}

async function letAsk(peer: Peer, actor: Actor, { storage }: HttpDeps): Promise<Peer> {
  if (peer.isInboundActive) return peer
  const updated = await storage.peers.update(peer.id, { isInboundActive: true }, actor)
  if (updated.kind === 'updated') return updated.peer
  throw updated.kind === 'absent' ? peerNotFound() : peerConflict(updated)
}
