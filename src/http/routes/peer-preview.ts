/** `GET /federation/peers/{id}/preview`: our records as a peer sees them, or would see them under another policy. */
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { NO_FILTER } from '../../domain/discovery.ts'
import type { Peer, PeerId } from '../../domain/peer.ts'
import { FEDERATED_SCOPE, PUBLIC_SCOPE, type Scope, scopeOfPeer } from '../../domain/principal.ts'
import { policyToWire, readSharePolicy } from '../../domain/read-share-policy.ts'
import { parseJson } from '../../security/json-guard.ts'
import { differenceOf, type ShareDifference } from '../../wire/share-difference.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { optional, strictObject } from '../json-schema.ts'
import { peerNotFound } from '../peer-admission.ts'
import { answer, answers, SHARE_POLICY, text, WIRE } from '../schemas.ts'
import { PAGE_ANSWER, PAGE_PARAMETERS, pageToJson, readPage } from '../shared-page.ts'
import { invalidParameters } from '../validation.ts'

const ID = strictObject({ id: text('The id of a peer.', 64) })
const MAX_POLICY_CHARS = 8_192
const QUERY = strictObject({
  ...PAGE_PARAMETERS,
  policy: optional(
    text(
      'A share policy as JSON, whole, or `null` for none, instead of the one the peer has.',
      MAX_POLICY_CHARS,
    ),
  ),
  against: optional(
    text('The policy to compare it with, as JSON; the one the peer has if not given.', MAX_POLICY_CHARS),
  ),
})
const MEMBERS = { type: 'array', items: WIRE.string } as const

export function registerPeerPreview(app: App, deps: HttpDeps): void {
  app.get('/api/v1/federation/peers/:id/preview', {
    schema: {
      operationId: 'previewAsPeer',
      summary: 'Our records as a peer sees them',
      description:
        'What this very peer gets of `GET /agents` with the same parameters. With `policy`, what it would get under that one, and in `diff` what would differ: federated records that appear, vanish, or come with other members.',
      tags: ['federation'],
      params: ID,
      querystring: QUERY,
      response: answers({
        200: answer('What the peer sees.', {
          peer_id: WIRE.string,
          policy: SHARE_POLICY,
          agent_count: { ...WIRE.integer, description: 'All that it sees, of this question or not.' },
          diff: answer('What differs between the two policies.', {
            before: SHARE_POLICY,
            appear: WIRE.integer,
            vanish: WIRE.integer,
            change: WIRE.integer,
            unchanged: {
              ...WIRE.integer,
              description: 'Federated records that it sees the same under both.',
            },
            records: {
              type: 'array',
              description: `Those that differ, newest first, at most ${MOST_RECORDS}.`,
              items: answer('A record that differs.', {
                id: WIRE.string,
                name: WIRE.string,
                change: { enum: ['appears', 'vanishes', 'changes'] },
                gained: { ...MEMBERS, description: 'Members that it would see.' },
                lost: { ...MEMBERS, description: 'Members that it would see no more.' },
              }),
            },
            more: { ...WIRE.boolean, description: 'There are more than those in `records`.' },
          }),
          ...PAGE_ANSWER,
        }),
      }),
    },
    async handler(request, reply) {
      const { policy: proposed, against, ...query } = request.query
      const peer = await getPeer(request.params.id, deps)
      const stored = await storedScope(peer.id, deps)
      const scope = proposed === undefined ? stored : scopeUnder(proposed, peer, '?policy')
      const before = against === undefined ? stored : scopeUnder(against, peer, '?against')
      const isCompared = proposed !== undefined || against !== undefined
      const asked = query.visibility === 'public' ? PUBLIC_SCOPE : scope
      const page = await readPage(query, { scope: asked }, deps)
      const members = {
        peer_id: peer.id,
        policy: policyOf(scope),
        agent_count: await deps.storage.agents.count(scope),
        ...(isCompared && { diff: await compare({ before, after: scope }, deps) }),
      }
      return reply.type('application/json; charset=utf-8').send(pageToJson(page, members))
    },
  })
}

async function getPeer(id: string, { storage }: HttpDeps): Promise<Peer> {
  const peer = await storage.peers.find(id)
  if (peer === undefined) throw peerNotFound()
  return peer
}

/** The scope of the peer's own requests, tags and cursors included. */
async function storedScope(id: PeerId, { storage }: HttpDeps): Promise<Scope> {
  const view = await storage.peerViews.read(id)
  if (view === undefined) throw peerNotFound()
  return scopeOfPeer(id, view)
}

/** @throws ProblemError for what is no policy. */
function scopeUnder(written: string, { id: peerId }: Peer, pointer: '?policy' | '?against'): Scope {
  const json = parseJson(Buffer.from(written), { maxDepth: 8 })
  if (!json.ok) throw invalidParameters([{ pointer, message: 'Takes a share policy as JSON, or null.' }])
  if (json.value === null) return FEDERATED_SCOPE
  const read = readSharePolicy(json.value)
  if (!read.ok) {
    throw invalidParameters(
      read.faults.map((fault) => ({ pointer, message: `${fault.pointer || 'policy'}: ${fault.message}` })),
    )
  }
  const { policy } = read
  // In the place of a revision: cursors made under this policy are not those of another one.
  const digest = createHash('sha256').update(JSON.stringify(policy)).digest('base64url').slice(0, 22)
  return { ...FEDERATED_SCOPE, share: { peerId, revision: `preview-${digest}`, policy } }
}

function policyOf({ share }: Scope) {
  return share === undefined ? null : policyToWire(share.policy)
}

const MOST_RECORDS = 1_000
const RECORDS_AT_ONCE = 500

/** Looks at every federated record; others are served meanwhile. */
async function compare(
  scopes: { readonly before: Scope; readonly after: Scope },
  { storage, self }: HttpDeps,
) {
  const counts = { appears: 0, vanishes: 0, changes: 0, unchanged: 0, unseen: 0 }
  const records: object[] = []
  let after = null
  for (;;) {
    const agents = await storage.agents.list(NO_FILTER, FEDERATED_SCOPE, { after, limit: RECORDS_AT_ONCE })
    for (const agent of agents) {
      if (agent.visibility === 'public') continue
      const difference = differenceOf(agent, scopes, self)
      counts[difference.kind] += 1
      const isTold = difference.kind !== 'unchanged' && difference.kind !== 'unseen'
      if (!isTold || records.length >= MOST_RECORDS) continue
      records.push({ id: agent.id, name: agent.name, ...differenceToWire(difference) })
    }
    const last = agents.at(-1)
    if (last === undefined || agents.length < RECORDS_AT_ONCE) break
    after = { createdAt: last.createdAt, did: last.did }
    await setImmediate()
  }
  const { appears: appear, vanishes: vanish, changes: change } = counts
  const isMore = appear + vanish + change > records.length
  return {
    before: policyOf(scopes.before),
    appear,
    vanish,
    change,
    unchanged: counts.unchanged,
    records,
    more: isMore,
  }
}

function differenceToWire(difference: ShareDifference): object {
  if (difference.kind !== 'changes') return { change: difference.kind }
  return { change: difference.kind, gained: difference.gained, lost: difference.lost }
}
