/** Becoming peers by one paste: one operator makes an invite, the other accepts it, the first confirms. */
import type { Invite } from '../../domain/invites.ts'
import { spentInvite } from '../../domain/invites.ts'
import type { Peer } from '../../domain/peer.ts'
import { policyToWire } from '../../domain/read-share-policy.ts'
import { acceptInvite } from '../../federation/accept-invite.ts'
import { type EnrolDeps, enrol } from '../../federation/enrol.ts'
import { ProblemError } from '../../problem.ts'
import { thumbprintOfJwk } from '../../security/ed25519-key.ts'
import { formatInvite, hashInviteSecret, mintInviteSecret } from '../../security/invites.ts'
import { timeToWire } from '../../wire/agent.ts'
import type { App } from '../app.ts'
import type { CredentialLookup } from '../credentials.ts'
import type { HttpDeps } from '../deps.ts'
import { boolean, optional, record, strictObject } from '../json-schema.ts'
import { SERVER_LIMITS } from '../limits.ts'
import { admitAddress, peerConflict, peerNotFound } from '../peer-admission.ts'
import { OPTIONS, type PeerChange, readPeerChange } from '../peer-input.ts'
import type { RateLimits } from '../rate-limits.ts'
import { actorOf } from '../request-state.ts'
import { answer, answers, count, SHARE_POLICY, text, WIRE, widened } from '../schemas.ts'
import { optionalTime, peerToWire } from '../wire-admin.ts'
import { checkedToWire } from './peers.ts'

const NO_QUERY = strictObject({})
const TAGS = ['federation']
/** Two operators at the telephone need no longer. */
const LIFETIME_SECONDS = 15 * 60
const MAX_PASTE_CHARS = 4_096
const PROBE_MS = 3_000

const CHOICE = {
  is_active: optional(boolean({ description: 'We ask it; true, if not given.' })),
  inbound_active: optional(boolean({ description: 'It may ask us; true, if not given.' })),
  share_policy: OPTIONS.share_policy,
}

const INVITE = {
  id: WIRE.string,
  state: { enum: ['open', 'used', 'expired', 'revoked'] },
  auto_accept: WIRE.boolean,
  share_policy: SHARE_POLICY,
  created_by: WIRE.string,
  created_at: WIRE.time,
  expires_at: WIRE.time,
  used_at: WIRE.time,
  peer_id: { ...WIRE.nullableString, description: 'The peer that used it.' },
}

const MESSAGE = {
  enrolment: { type: 'object', description: 'Who it is for, who it is from, and its token: FEDERATION.md.' },
  proof: answer('A signature over it.', { keyid: WIRE.string, signature: WIRE.string }),
}

type Tools = {
  readonly credentials: Pick<CredentialLookup, 'forget'>
  readonly limits: Pick<RateLimits, 'spendEnrolment'>
}

export function registerInvites(app: App, deps: HttpDeps, { credentials, limits }: Tools): void {
  const { storage, identity, self, clock, events, healthMonitor } = deps
  const { invites, peers } = storage
  const enrolDeps: EnrolDeps = {
    ...{ self, identity, outbound: deps.outbound, invites, peers, clock },
    admitAddress: (registryUrl) => admitAddress(registryUrl, deps),
  }

  app.post('/api/v1/federation/invites', {
    config: { body: 'json' },
    schema: {
      operationId: 'createInvite',
      summary: 'Invite a registry to become a peer',
      description:
        'One line for its operator, good for one registry and 15 minutes, shown this once. Whoever uses it has to be confirmed here, unless `auto_accept`.',
      tags: TAGS,
      querystring: NO_QUERY,
      body: strictObject(
        {
          auto_accept: optional(
            boolean({ description: 'Whoever uses the invite needs no confirmation; false, if not given.' }),
          ),
          share_policy: OPTIONS.share_policy,
          expires_in: optional(
            count('Seconds it is good for; 15 minutes, if not given.', { minimum: 60, maximum: 86_400 }),
          ),
        },
        { examples: [{ auto_accept: false }] },
      ),
      response: answers({
        201: answer('The invite.', {
          ...INVITE,
          invite: { type: 'string', description: 'What the other operator pastes.' },
          registry_url: WIRE.string,
          key_thumbprint: { type: 'string', description: 'Our fingerprint, which the other side is shown.' },
        }),
      }),
    },
    async handler(request, reply) {
      const { auto_accept: isAutoAccepting = false, expires_in: seconds = LIFETIME_SECONDS } = request.body
      refuseWithoutFederation(deps)
      const secret = mintInviteSecret()
      const { thumbprint: keyThumbprint } = await identity.current()
      const expiresAt = clock.now() + seconds * 1000
      const { sharePolicy = null } = readPeerChange(pick(request.body))
      const draft = { secretHash: hashInviteSecret(secret), expiresAt, isAutoAccepting, sharePolicy }
      const invite = await invites.create(draft, actorOf(request))
      reply.code(201)
      return {
        ...inviteToWire(invite, clock.now()),
        invite: formatInvite({ registryUrl: self.url, keyThumbprint, secret, expiresAt }),
        registry_url: self.url,
        key_thumbprint: keyThumbprint,
      }
    },
  })

  app.get('/api/v1/federation/invites', {
    schema: {
      operationId: 'listInvites',
      summary: 'The invites made here, newest first',
      tags: TAGS,
      querystring: NO_QUERY,
      response: answers({
        200: answer('The invites.', { invites: { type: 'array', items: answer('An invite.', INVITE) } }),
      }),
    },
    handler: async () => ({
      invites: (await invites.list()).map((invite) => inviteToWire(invite, clock.now())),
    }),
  })

  app.delete('/api/v1/federation/invites/:id', {
    schema: {
      operationId: 'revokeInvite',
      summary: 'Revoke an invite that was not used yet',
      tags: TAGS,
      params: strictObject({ id: text('The id of an invite.', 64) }),
      querystring: NO_QUERY,
      response: answers({ 204: { type: 'null', description: 'It is revoked.' } }),
    },
    async handler(request, reply) {
      const wasOpen = await invites.revoke(request.params.id, actorOf(request))
      if (!wasOpen)
        throw new ProblemError('invite-not-found', 'No invite that could still be used has this id.')
      return reply.code(204).send()
    },
  })

  app.post('/api/v1/federation/invites/accept', {
    config: { body: 'json' },
    schema: {
      operationId: 'acceptInvite',
      summary: "Use another registry's invite",
      description:
        'Makes sure that the registry at the address is the one that made it, enrols with it, and keeps it as a peer in both directions. `state` is `pending` while its operator has to confirm us.',
      tags: TAGS,
      querystring: NO_QUERY,
      body: strictObject(
        {
          invite: text('The line its operator gave you.', MAX_PASTE_CHARS),
          name: optional(text('What to call it here; what it calls itself, if not given.', 200)),
          ...CHOICE,
        },
        { examples: [{ invite: 'avp_…' }] },
      ),
      response: answers({
        201: widened('Peer', 'The peer, and what the two operators compare.', {
          ...{ state: { enum: ['active', 'pending'] }, probe: { type: 'object' } },
          ...{ key_thumbprint: WIRE.string, own_key_thumbprint: WIRE.string },
        }),
      }),
    },
    async handler(request, reply) {
      const {
        invite,
        name,
        is_active: isActive = true,
        inbound_active: isInboundActive = true,
      } = request.body
      refuseWithoutFederation(deps)
      const choice = {
        ...{ isActive, isInboundActive, ...readPeerChange(pick(request.body)) },
        ...(name !== undefined && { name }),
      }
      const accepted = await acceptInvite(invite, choice, { ...enrolDeps, actor: actorOf(request) })
      forget(accepted.peer)
      const isAsked = accepted.state === 'active' && isActive
      const shown = isAsked ? await probed(accepted.peer) : peerToWire(accepted.peer)
      reply.code(201).header('location', `${self.url}/api/v1/federation/peers/${accepted.peer.id}`)
      const { thumbprint } = await identity.current()
      return {
        ...shown,
        ...{ state: accepted.state, key_thumbprint: accepted.keyThumbprint, own_key_thumbprint: thumbprint },
      }
    },
  })

  app.post('/api/v1/federation/enroll', {
    config: { body: 'json', maxBodyBytes: SERVER_LIMITS.enrolmentBytes },
    schema: {
      operationId: 'enroll',
      summary: 'Become a peer, by an invite',
      description:
        'From registry to registry: FEDERATION.md has the messages. Five attempts an hour and address.',
      tags: TAGS,
      querystring: NO_QUERY,
      body: strictObject(
        {
          enrolment: record({ description: 'Who it is for, who it is from, the secret, its token.' }),
          proof: strictObject({ keyid: text('Its key.', 64), signature: text('Over the enrolment.', 128) }),
        },
        { examples: [{ enrolment: { v: 1 }, proof: { keyid: 'kPrK_…', signature: '…' } }] },
      ),
      response: answers({ 201: answer('Our side of it.', MESSAGE) }),
    },
    async handler(request, reply) {
      refuseWithoutFederation(deps)
      const { headers, refusal } = await limits.spendEnrolment(request.callerAddress)
      reply.headers(headers)
      if (refusal !== null) {
        events.rateLimited(refusal.policy, request.id)
        throw refusal.problem
      }
      const enrolled = await enrol(request.body, request.id, enrolDeps)
      forget(enrolled.peer)
      reply.code(201)
      return enrolled.answer
    },
  })

  app.post('/api/v1/federation/peers/:id/confirm', {
    config: { body: 'json' },
    schema: {
      operationId: 'confirmPeer',
      summary: 'Let a registry in that used an invite',
      description:
        'From now on it may ask us and is asked, as chosen. With `key_thumbprint`, only if that is its key: compare it with its operator.',
      tags: TAGS,
      params: strictObject({ id: text('The id of a peer.', 64) }),
      querystring: NO_QUERY,
      body: strictObject(
        {
          key_thumbprint: optional(text('The fingerprint its operator told you.', 64)),
          ...CHOICE,
        },
        { examples: [{ key_thumbprint: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k' }] },
      ),
      response: answers({
        200: widened('Peer', 'The peer and what the probe found.', { probe: { type: 'object' } }),
      }),
    },
    async handler(request) {
      const { key_thumbprint: expected, is_active: isActive = true, inbound_active = true } = request.body
      const peer = await peers.find(request.params.id)
      if (peer === undefined) throw peerNotFound()
      if (expected !== undefined && expected !== thumbprintOfPeer(peer)) {
        throw new ProblemError(
          'enrolment-refused',
          `The key of ${peer.name} is ${thumbprintOfPeer(peer) ?? 'not known'}, not the one you were told: it stays out. Remove it, and find out who used your invite.`,
        )
      }
      if (!peer.awaitsConfirmation) return peerToWire(peer)
      const patch = {
        ...readPeerChange(pick(request.body), peer),
        ...{ awaitsConfirmation: false, isActive, isInboundActive: inbound_active },
      }
      const updated = await peers.update(peer.id, patch, actorOf(request))
      if (updated.kind === 'absent') throw peerNotFound()
      if (updated.kind !== 'updated') throw peerConflict(updated)
      forget(updated.peer)
      return isActive ? probed(updated.peer) : peerToWire(updated.peer)
    },
  })

  async function probed(peer: Peer) {
    return checkedToWire(peer, await healthMonitor.probeOnce(peer, { timeoutMs: PROBE_MS }))
  }

  function forget(peer: Peer): void {
    credentials.forget()
    deps.forgetPeer(peer.id)
  }
}

function refuseWithoutFederation({ config }: HttpDeps): void {
  if (config.federation.enabled) return
  throw new ProblemError('federation-disabled', 'Federation is switched off on this registry.')
}

/** The one member that is read as for any peer. */
function pick({ share_policy }: Pick<PeerChange, 'share_policy'>): PeerChange {
  return share_policy === undefined ? {} : { share_policy }
}

function thumbprintOfPeer({ publicKey }: Peer): string | null {
  return publicKey === null ? null : thumbprintOfJwk(publicKey)
}

const STATES = {
  'invite-unknown': 'expired',
  'invite-used': 'used',
  'invite-expired': 'expired',
  'invite-revoked': 'revoked',
} as const

function inviteToWire(invite: Invite, now: number) {
  const spent = spentInvite(invite, now)
  return {
    id: invite.id,
    state: spent === null ? 'open' : STATES[spent.kind],
    auto_accept: invite.isAutoAccepting,
    share_policy: invite.sharePolicy === null ? null : policyToWire(invite.sharePolicy),
    created_by: invite.createdBy,
    created_at: timeToWire(invite.createdAt),
    expires_at: timeToWire(invite.expiresAt),
    used_at: optionalTime(invite.usedAt),
    peer_id: invite.peerId,
  }
}
