/** What operators do to a peer, each within the transaction that also writes its audit row. */
import { isDeepStrictEqual } from 'node:util'
import { sql, type Transaction } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { Peer } from '../domain/peer.ts'
import type { Clock, PeerDraft, PeerPatch } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import type { SealContext, SecretBox } from '../domain/secrets.ts'
import { appendAudit } from './audit.ts'
import { takeRevisions } from './change-counter.ts'
import { toStoredTime } from './codec.ts'
import { isLive } from './credential-row.ts'
import type { Engine } from './engine.ts'
import { deleteCopiesOf } from './federated-agents.ts'
import { holdPeer } from './peer-lock.ts'
import { toPeer, toPlainColumns } from './peer-row.ts'
import { forgetWithdrawals } from './share-withdrawals.ts'
import type { Tables } from './tables.ts'

export type PeerDeps = { readonly secretBox: SecretBox; readonly clock: Clock }
type By = { readonly actor: Actor }
type On = { readonly engine: Engine }

type SecretColumn = 'api_key' | 'signing_secret' | 'client_key'

/** Where a peer's secret lives, and so the only place its sealed form opens. */
export function placeOf(id: string, column: SecretColumn): SealContext {
  return { table: 'federation_peers', id, column }
}

/** @throws the driver's unique violation when the name or address is taken. */
export async function createPeer(
  trx: Transaction<Tables>,
  draft: PeerDraft,
  deps: PeerDeps & By,
): Promise<{ readonly kind: 'created'; readonly peer: Peer }> {
  // As with a change of it: whoever writes records knows of the policy, or is done before it holds.
  if (draft.sharePolicy !== null) await takeRevisions(trx, 0)
  const id = uuidv7()
  const now = toStoredTime(deps.clock.now())
  const row = await trx
    .insertInto('federation_peers')
    .values({
      ...toPlainColumns(draft),
      ...sealedColumns(id, draft, deps.secretBox),
      ...NEVER_PROBED,
      id,
      epoch: 0,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  const detail = { name: draft.name, registry_url: draft.registryUrl }
  await appendAudit(trx, { action: 'peer.create', target: `peer:${id}`, detail }, deps)
  return { kind: 'created', peer: toPeer(row) }
}

const NEVER_PROBED = {
  health_status: 'unknown',
  consecutive_failures: 0,
  consecutive_successes: 0,
  agent_count: 0,
} as const

/**
 * A patch that changes nothing writes nothing.
 * @throws the driver's unique violation when the name or address is taken.
 */
export async function updatePeer(
  trx: Transaction<Tables>,
  { id, patch }: { readonly id: string; readonly patch: PeerPatch },
  deps: PeerDeps & By & On,
): Promise<{ readonly kind: 'updated'; readonly peer: Peer } | { readonly kind: 'absent' }> {
  // The write lock first, as whoever writes records takes it: each sees the other's policy or records whole.
  if (patch.sharePolicy !== undefined) await takeRevisions(trx, 0)
  const before = await holdPeer(trx, id, deps.engine)
  if (before === undefined) return { kind: 'absent' }
  const current = toPeer(before)
  const changed = listChangedNames(current, patch)
  if (changed.length === 0) return { kind: 'updated', peer: current }
  // Who answers at another address may be another: its changes and records are not those that are known here.
  const hasMoved = changed.includes('registry_url')
  if (hasMoved) await deleteCopiesOf(trx, before.id)
  const isSharedOtherwise = changed.includes('share_policy')
  // What was lost under another policy is told by its new revision: its follower begins anew.
  if (isSharedOtherwise) await forgetWithdrawals(trx, before.id)
  const row = await trx
    .updateTable('federation_peers')
    .set({
      ...toPlainColumns({ ...current, ...patch }),
      ...sealedColumns(before.id, patch, deps.secretBox),
      ...(hasMoved ? { sync_position: null, sync_epoch: null } : {}),
      ...(changed.includes('public_key') ? keysAfter(current, patch) : {}),
      epoch: changed.some((name) => ANSWERS_DEPEND_ON.includes(name)) ? before.epoch + 1 : before.epoch,
      share_revision: before.share_revision + (isSharedOtherwise ? 1 : 0),
      updated_at: toStoredTime(deps.clock.now()),
    })
    .where('id', '=', before.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  const audit = { action: 'peer.update', target: `peer:${before.id}`, detail: { changed } }
  await appendAudit(trx, audit, deps)
  return { kind: 'updated', peer: toPeer(row) }
}

/**
 * The key before stays good beside a successor that it has itself announced: the peer may sign with either until its
 * own overlap ends. Beside any other it may be what was stolen, and goes.
 */
function keysAfter({ publicKey, offeredKey }: Peer, patch: PeerPatch) {
  const isSuccessor = offeredKey?.isAnnounced === true && offeredKey.publicKey === patch.publicKey
  return {
    previous_public_key: isSuccessor ? publicKey : null,
    offered_public_key: null,
    offered_is_announced: null,
    offered_at: null,
  }
}

/** Takes the peer's tokens and cached records with it and counts them; `undefined` when there is no such peer. */
export async function deletePeer(
  trx: Transaction<Tables>,
  id: string,
  deps: { readonly clock: Clock } & By & On,
): Promise<{ readonly revokedTokens: number; readonly purgedAgents: number } | undefined> {
  const row = await holdPeer(trx, id, deps.engine)
  if (row === undefined) return undefined
  const count = sql<number>`count(*)`.as('count')
  const [tokens, cached] = [
    trx.selectFrom('federation_tokens').select(count).where('peer_id', '=', row.id),
    trx.selectFrom('federated_agents_cache').select(count).where('peer_id', '=', row.id),
  ]
  const { count: revokedTokens } = await tokens.where(isLive(deps.clock.now())).executeTakeFirstOrThrow()
  const { count: purgedAgents } = await cached.executeTakeFirstOrThrow()
  await forgetWithdrawals(trx, row.id)
  await trx.deleteFrom('peer_usage').where('peer_id', '=', row.id).execute()
  // The foreign keys of tokens and cached records cascade.
  await trx.deleteFrom('federation_peers').where('id', '=', row.id).execute()
  const detail = { name: row.name, revoked_tokens: revokedTokens, purged_agents: purgedAgents }
  await appendAudit(trx, { action: 'peer.delete', target: `peer:${row.id}`, detail }, deps)
  return { revokedTokens, purgedAgents }
}

/** Absent members have no column; `null` clears. */
function sealedColumns(id: string, { apiKey, signingSecret, clientKey }: PeerPatch, secretBox: SecretBox) {
  const seal = (plain: string | null | undefined, column: SecretColumn) =>
    typeof plain === 'string' ? secretBox.seal(plain, placeOf(id, column)) : plain
  return {
    api_key: seal(apiKey, 'api_key'),
    signing_secret: seal(signingSecret, 'signing_secret'),
    client_key: seal(clientKey, 'client_key'),
  }
}

/** Members as operators and the audit log name them. */
const MEMBER_NAMES: readonly (readonly [keyof PeerDraft, string])[] = [
  ['name', 'name'],
  ['registryUrl', 'registry_url'],
  ['isActive', 'is_active'],
  ['isInboundActive', 'inbound_active'],
  ['apiKey', 'api_key'],
  ['signingSecret', 'signing_secret'],
  ['protocol', 'protocol'],
  ['timeoutMs', 'timeout_ms'],
  ['publicKey', 'public_key'],
  ['signatureScheme', 'signature_scheme'],
  ['signatureTarget', 'signature_target'],
  ['requireSignature', 'require_signature'],
  ['priority', 'priority'],
  ['isSizeConfirmed', 'size_confirmed'],
  ['awaitsConfirmation', 'awaits_confirmation'],
  ['requireMtls', 'require_mtls'],
  ['clientPins', 'client_pins'],
  ['serverPins', 'server_pins'],
  ['serverCa', 'server_ca'],
  ['clientCertificate', 'client_certificate'],
  ['clientKey', 'client_key'],
  ['metadata', 'metadata'],
  ['sharePolicy', 'share_policy'],
  ['quota', 'quota'],
]

function listChangedNames(before: Peer, patch: PeerPatch): string[] {
  const current: PeerPatch = {
    ...before,
    // A secret that is given counts as changed: the stored one is not opened, its key may be what was lost.
    ...(before.hasApiKey ? {} : { apiKey: null }),
    ...(before.hasSigningSecret ? {} : { signingSecret: null }),
    ...(before.clientCertificate === null && { clientKey: null }),
  }
  const changed = MEMBER_NAMES.filter(
    ([member]) => patch[member] !== undefined && !isDeepStrictEqual(patch[member], current[member]),
  )
  return changed.map(([, name]) => name)
}

/** Another address or other credentials may give other answers: with them, what is cached of the peer is void. */
const ANSWERS_DEPEND_ON: readonly string[] = ['registry_url', 'api_key', 'signing_secret']
