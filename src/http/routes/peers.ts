/** The registries this one federates with. */

import type { Peer } from '../../domain/peer.ts'
import type { PeerDraft, PeerPatch } from '../../domain/ports.ts'
import type { Checked } from '../../federation/health-monitor.ts'
import { ProblemError } from '../../problem.ts'
import type { WirePeer } from '../../wire/peer.ts'
import type { App } from '../app.ts'
import type { CredentialLookup } from '../credentials.ts'
import type { HttpDeps } from '../deps.ts'
import { strictObject } from '../json-schema.ts'
import { admitAddress, peerConflict, peerNotFound } from '../peer-admission.ts'
import {
  PEER_BODY,
  PEER_CHANGE_BODY,
  type PeerChange,
  readPeerChange,
  requireKeyForScheme,
} from '../peer-input.ts'
import { NO_TLS, requireSensibleTls, type TlsRule } from '../peer-tls-input.ts'
import { actorOf, keyHolder } from '../request-state.ts'
import { answer, answers, listOf, refTo, text, WIRE, widened } from '../schemas.ts'
import { peerToWire } from '../wire-admin.ts'

const ID = strictObject({ id: text('The id of a peer.', 64) })
const NO_QUERY = strictObject({})
const CREATION_PROBE_MS = 3_000
const TAGS = ['federation']
const NEVER = new AbortController().signal

export function registerPeers(app: App, deps: HttpDeps, credentials: Pick<CredentialLookup, 'forget'>): void {
  const { storage, healthMonitor, keyWatch } = deps
  const { peers } = storage

  app.get('/api/v1/federation/peers', {
    schema: {
      operationId: 'listPeers',
      summary: 'All peers',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({ 200: answer('The peers.', { peers: listOf('Peer') }) }),
    },
    handler: async () => ({ peers: (await peers.list()).map(peerToWire) }),
  })

  app.get('/api/v1/federation/peers/:id', {
    schema: {
      operationId: 'getPeer',
      summary: 'One peer',
      tags: TAGS,
      params: ID,
      querystring: NO_QUERY,
      response: answers({ 200: { ...refTo('Peer'), description: 'The peer.' } }),
    },
    handler: async (request) => peerToWire(await getPeer(request.params.id, deps)),
  })

  app.post('/api/v1/federation/peers', {
    config: { body: 'json' },
    schema: {
      operationId: 'createPeer',
      summary: 'Add a peer to ask',
      description:
        'It is asked for its health, for at most 3 s, and stored whatever that found; `probe` says what. A peer known only because it asks us is completed.',
      tags: TAGS,
      querystring: NO_QUERY,
      body: PEER_BODY,
      response: answers({
        201: widened('Peer', 'The peer and what the probe found.', { probe: { type: 'object' } }),
      }),
    },
    async handler(request, reply) {
      const draft = draftOfPeer(request.body)
      requireKeyForScheme({}, draft)
      requireSensibleTls(draft, { ...NO_TLS, registryUrl: draft.registryUrl }, tlsRule(deps))
      await admitAddress(draft.registryUrl, deps)
      const peer = await createOrComplete(draft, request.body, { deps, actor: actorOf(request) })
      credentials.forget()
      deps.forgetPeer(peer.id)
      await deps.refreshPeerTls()
      const checked = peer.isActive
        ? await healthMonitor.probeOnce(peer, { timeoutMs: CREATION_PROBE_MS })
        : null
      reply.code(201).header('location', `${deps.self.url}/api/v1/federation/peers/${peer.id}`)
      return checked === null ? peerToWire(peer) : checkedToWire(peer, checked)
    },
  })

  app.put('/api/v1/federation/peers/:id', {
    config: { body: 'json' },
    schema: {
      operationId: 'updatePeer',
      summary: 'Change a peer',
      description:
        'A merge patch (RFC 7396). `{"is_active": false}` takes effect at once: it is not asked, and what is cached of it is not shown. Keys of the role operator may disable, no more.',
      tags: TAGS,
      params: ID,
      querystring: NO_QUERY,
      body: PEER_CHANGE_BODY,
      response: answers({ 200: { ...refTo('Peer'), description: 'The changed peer.' } }),
    },
    async handler(request) {
      if (keyHolder(request).role === 'operator') refuseAllButDisabling(request.body)
      const current = await getPeer(request.params.id, deps)
      const patch = readPeerChange(request.body, current)
      requireKeyForScheme(patch, current)
      requireSensibleTls(patch, current, tlsRule(deps))
      const { registryUrl, isActive, isInboundActive } = patch
      const isLetIn = isActive === true || isInboundActive === true
      if (registryUrl !== undefined && registryUrl !== current.registryUrl)
        await admitAddress(registryUrl, deps)
      const letIn = isLetIn ? { ...patch, awaitsConfirmation: false } : patch
      const updated = await peers.update(current.id, letIn, actorOf(request))
      if (updated.kind === 'absent') throw peerNotFound()
      if (updated.kind !== 'updated') throw peerConflict(updated)
      forget(current)
      await deps.refreshPeerTls()
      return peerToWire(updated.peer)
    },
  })

  app.delete('/api/v1/federation/peers/:id', {
    schema: {
      operationId: 'deletePeer',
      summary: 'Remove a peer, its tokens and what is cached of it',
      tags: TAGS,
      params: ID,
      querystring: NO_QUERY,
      response: answers({
        200: answer('What went with it.', { revoked_tokens: WIRE.integer, purged_agents: WIRE.integer }),
      }),
    },
    async handler(request) {
      const peer = await getPeer(request.params.id, deps)
      const deleted = await peers.delete(peer.id, actorOf(request))
      if (deleted === undefined) throw peerNotFound()
      forget(peer)
      await deps.refreshPeerTls()
      return { revoked_tokens: deleted.revokedTokens, purged_agents: deleted.purgedAgents }
    },
  })

  app.post('/api/v1/federation/peers/:id/check', {
    schema: {
      operationId: 'checkPeer',
      summary: 'Probe a peer now',
      tags: TAGS,
      params: ID,
      querystring: NO_QUERY,
      response: answers({
        200: widened('Peer', 'The peer and what the probe found.', { probe: { type: 'object' } }),
      }),
    },
    async handler(request) {
      const peer = await getPeer(request.params.id, deps)
      const [checked] = await Promise.all([healthMonitor.probeOnce(peer), keyWatch.look(peer, NEVER)])
      return checkedToWire(await getPeer(peer.id, deps), checked)
    },
  })

  function forget(peer: Peer): void {
    credentials.forget()
    deps.forgetPeer(peer.id)
    deps.forgetConnections(peer.registryUrl)
  }
}

async function getPeer(id: string, { storage }: HttpDeps): Promise<Peer> {
  const peer = await storage.peers.find(id)
  if (peer === undefined) throw peerNotFound()
  return peer
}

function tlsRule({ tls, clock }: HttpDeps): TlsRule {
  return { hasAuthorities: tls.current().clientAuthorities.length > 0, now: clock.now() }
}

function draftOfPeer(body: PeerChange): PeerDraft {
  const { name = '', registryUrl = '', ...given } = readPeerChange(body)
  return { ...NEW_PEER, ...given, name, registryUrl }
}

/** A peer as it is before anything is said of it. */
export const NEW_PEER: Omit<PeerDraft, 'name' | 'registryUrl'> = {
  isActive: true,
  isInboundActive: false,
  apiKey: null,
  signingSecret: null,
  protocol: 'agentvault',
  timeoutMs: null,
  publicKey: null,
  signatureScheme: 'hmac-sha256',
  signatureTarget: 'path-and-query',
  requireSignature: null,
  priority: 0,
  metadata: {},
  sharePolicy: null,
  quota: null,
}

/** A row that only lets the peer ask us becomes one for both directions; any other one is a conflict. */
async function createOrComplete(
  draft: PeerDraft,
  body: PeerChange,
  { deps, actor }: { readonly deps: HttpDeps; readonly actor: ReturnType<typeof actorOf> },
): Promise<Peer> {
  const { peers } = deps.storage
  const created = await peers.create(draft, actor)
  if (created.kind === 'created') return created.peer
  if (created.kind === 'name-taken' || !isInboundOnly(created.peer)) throw peerConflict(created)
  const patch: PeerPatch = { isActive: true, ...readPeerChange(body, created.peer) }
  requireSensibleTls(patch, created.peer, tlsRule(deps))
  const completed = await peers.update(created.peer.id, patch, actor)
  if (completed.kind === 'updated') return completed.peer
  throw completed.kind === 'absent' ? peerNotFound() : peerConflict(completed)
}

function isInboundOnly({ isActive, isInboundActive, hasApiKey }: Peer): boolean {
  return !isActive && isInboundActive && !hasApiKey
}

function refuseAllButDisabling(body: PeerChange): void {
  const { is_active: isActive, inbound_active: isInboundActive, ...rest } = body
  if (isActive !== true && isInboundActive !== true && Object.keys(rest).length === 0) return
  throw new ProblemError(
    'forbidden',
    'A key of the role operator may set is_active or inbound_active to false; the rest needs the role federation-admin or admin.',
  )
}

/** A peer, and what a look at it just now found. */
export function checkedToWire(
  peer: Peer,
  { probe, health }: Checked,
): WirePeer & { readonly probe: Readonly<Record<string, unknown>> } {
  return {
    ...peerToWire({ ...peer, health }),
    probe: {
      protocol: peer.protocol,
      ...(probe.kind === 'answered' && probe.agentCount !== null && { agent_count: probe.agentCount }),
      ...(probe.responseTimeMs !== null && { response_time_ms: probe.responseTimeMs }),
      ...(probe.clockSkewSeconds !== null && { clock_skew_seconds: probe.clockSkewSeconds }),
      ...(probe.kind === 'failed' && { problem: probe.error }),
    },
  }
}
