/**
 * A registry becomes a peer, in both directions and in one transaction: the invite is used up, its row is made or
 * completed, the token it gave is sealed and the one it gets is kept. All of it happens, or nothing.
 */
import type { Transaction } from 'kysely'
import type { EnrolledPeer, EnrolResult } from '../domain/invites.ts'
import type { Peer } from '../domain/peer.ts'
import type { PeerDraft } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import type { SharePolicy } from '../domain/share-policy.ts'
import { appendAudit } from './audit.ts'
import { takeRevisions } from './change-counter.ts'
import { toStoredTime } from './codec.ts'
import { isLive } from './credential-row.ts'
import type { Engine } from './engine.ts'
import { noteInvited, takeInvite } from './invites.ts'
import { createPeer, type PeerDeps, updatePeer } from './peer-changes.ts'
import { holdPeer } from './peer-lock.ts'
import { type PeerRow, toNameKey, toPeer } from './peer-row.ts'
import type { Tables } from './tables.ts'
import { insertToken } from './tokens.ts'
import { isUniqueViolation } from './unique-violation.ts'

type Deps = PeerDeps & { readonly engine: Engine; readonly actor: Actor }

/** How often it is tried while others take the same address or name in the same moment. */
const ATTEMPTS = 3

/** See `PeerStore.enrol`. */
export async function enrolPeer(enrolled: EnrolledPeer, deps: Deps): Promise<EnrolResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await deps.engine.db.transaction().execute((trx) => enrolWithin(trx, enrolled, deps))
    } catch (error) {
      if (error instanceof EnrolRefused) return error.result
      if (!isUniqueViolation(error) || attempt === ATTEMPTS) throw error
    }
  }
}

/** Locks are taken in one order: that of records (for share policies), the invite, the peer, the audit log's chain. */
async function enrolWithin(
  trx: Transaction<Tables>,
  enrolled: EnrolledPeer,
  deps: Deps,
): Promise<EnrolResult> {
  await takeRevisions(trx, 0)
  const taken = enrolled.inviteHash === null ? null : await takeInvite(trx, enrolled.inviteHash, deps.clock)
  if (taken !== null && taken.kind !== 'taken') return taken
  const invite = taken?.invite ?? null
  const known = await holdByUrl(trx, enrolled.registryUrl, deps.engine)
  const before = known === undefined ? null : toPeer(known)
  if (before !== null && before.publicKey !== null && before.publicKey !== enrolled.publicKey) {
    throw new EnrolRefused({ kind: 'another-key', peer: before })
  }
  // Who was confirmed under this very key needs no confirmation again.
  const isKnown = before !== null && before.publicKey !== null && !before.awaitsConfirmation
  const isPending = invite !== null && !invite.isAutoAccepting && !isKnown
  const sharePolicy = invite?.sharePolicy ?? enrolled.sharePolicy
  const directions = invite !== null && isKnown ? before : enrolled
  if (before !== null) await revokeTokensOf(trx, before, deps)
  const peer = await keepPeer(trx, enrolled, { ...deps, before, directions, sharePolicy, isPending })
  await insertToken(trx, { ...enrolled.token, peerId: peer.id, scheme: 'hmac-token', expiresAt: null }, deps)
  if (invite !== null) {
    await noteInvited(trx, invite, peer.id)
    const detail = { peer_id: peer.id }
    await appendAudit(trx, { action: 'invite.use', target: `invite:${invite.id}`, detail }, deps)
  }
  return { kind: 'enrolled', peer, isPending }
}

/** Ends the transaction with nothing done: the invite is not used up. */
class EnrolRefused extends Error {
  override readonly name = 'EnrolRefused'
  readonly result: EnrolResult

  constructor(result: EnrolResult) {
    super(`a registry was not enrolled: ${result.kind}`)
    this.result = result
  }
}

async function keepPeer(
  trx: Transaction<Tables>,
  enrolled: EnrolledPeer,
  deps: Deps & {
    readonly before: Peer | null
    readonly directions: Pick<Peer, 'isActive' | 'isInboundActive'>
    readonly sharePolicy: SharePolicy | null | undefined
    readonly isPending: boolean
  },
): Promise<Peer> {
  const { before, directions, sharePolicy, isPending } = deps
  const patch = {
    isActive: directions.isActive && !isPending,
    isInboundActive: directions.isInboundActive && !isPending,
    awaitsConfirmation: isPending,
    apiKey: enrolled.apiKey,
    signingSecret: null,
    publicKey: enrolled.publicKey,
    signatureScheme: enrolled.signatureScheme,
    ...(sharePolicy !== undefined && { sharePolicy }),
  }
  if (before !== null) {
    const updated = await updatePeer(trx, { id: before.id, patch }, deps)
    if (updated.kind === 'absent') throw new Error('a peer that was held is gone')
    return updated.peer
  }
  const name = await freeName(trx, enrolled)
  const { peer } = await createPeer(
    trx,
    { ...NEW_PEER, ...patch, name, registryUrl: enrolled.registryUrl },
    deps,
  )
  return peer
}

const NEW_PEER: Omit<PeerDraft, 'name' | 'registryUrl'> = {
  ...{ isActive: false, isInboundActive: false, apiKey: null, signingSecret: null, protocol: 'agentvault' },
  ...{
    timeoutMs: null,
    publicKey: null,
    signatureScheme: 'hmac-sha256',
    signatureTarget: 'path-and-query',
    requireSignature: null,
  },
  ...{ priority: 0, sharePolicy: null, quota: null, metadata: {} },
}

/** A registry calls itself what it likes; a name that another peer has gets the host behind it. */
async function freeName(trx: Transaction<Tables>, { name, registryUrl }: EnrolledPeer): Promise<string> {
  const taken = await trx
    .selectFrom('federation_peers')
    .select('id')
    .where('name_key', '=', toNameKey(name))
    .executeTakeFirst()
  return taken === undefined ? name : `${name.slice(0, 100)} (${registryUrl.slice(0, 150)})`
}

async function holdByUrl(
  trx: Transaction<Tables>,
  registryUrl: string,
  engine: Engine,
): Promise<PeerRow | undefined> {
  const row = await trx
    .selectFrom('federation_peers')
    .select('id')
    .where('registry_url', '=', registryUrl)
    .executeTakeFirst()
  return row && holdPeer(trx, row.id, engine)
}

/** What it got before it may have lost: only the new one counts. */
async function revokeTokensOf(trx: Transaction<Tables>, { id }: Peer, { clock }: Deps): Promise<void> {
  await trx
    .updateTable('federation_tokens')
    .set({ revoked_at: toStoredTime(clock.now()) })
    .where('peer_id', '=', id)
    .where(isLive(clock.now()))
    .execute()
}
