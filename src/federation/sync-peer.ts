/**
 * Brings what is kept of a peer up to its changes, so that what it deleted, disabled or no longer shares is gone here
 * within one interval, whoever cached it.
 *
 * Where a record is gone, or one has changed of which there is a copy here (it may now be meant for fewer eyes), all
 * that is kept of the peer is void: its epoch is raised, which all replicas see. Other changes make answers stale; those
 * are shown while they are fetched anew.
 */

import type { FederatedAgentStore } from '../domain/federation-ports.ts'
import type { Peer } from '../domain/peer.ts'
import type { Clock, PeerStore } from '../domain/ports.ts'
import type { PeerChange, PeerChanges, PeerProtocol, ProtocolContext } from './protocols/protocol.ts'

export type SyncDeps = {
  readonly peers: Pick<PeerStore, 'recordSync' | 'markStale' | 'raiseEpoch'>
  readonly copies: Pick<FederatedAgentStore, 'forget' | 'forgetPeer'>
  readonly clock: Clock
  /** Told when nothing that this process keeps of the peer counts any more. */
  readonly onVoided: (peer: Peer) => void
}

export type Synced =
  | { readonly kind: 'synced'; readonly changed: number; readonly deleted: number }
  | { readonly kind: 'unsupported' }
  | Extract<PeerChanges, { kind: 'failed' }>

/** In one go; a feed that is longer goes on at the next check. */
const MOST_PAGES = 20

/** @throws for faults of our own storage. */
export async function syncPeer(
  peer: Peer,
  { protocol, context }: { readonly protocol: PeerProtocol; readonly context: ProtocolContext },
  deps: SyncDeps,
): Promise<Synced> {
  let { position, epoch } = peer.sync
  let [changed, deleted] = [0, 0]
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const told = await protocol.changes(peer, position, context)
    if (told.kind === 'failed' || told.kind === 'unsupported') return told
    // What was fetched before there was a position may have changed unnoticed.
    const isBroken = told.kind === 'restart' || position === null || told.epoch !== epoch
    // Another sequence, or one that goes no longer back to where we were, tells nothing of what is kept.
    if (isBroken) await voidCopies(peer, deps)
    else if (told.kind === 'changes') {
      await apply(peer, told.changes, deps)
      changed += told.changes.filter(({ op }) => op === 'upsert').length
      deleted += told.changes.filter(({ op }) => op === 'delete').length
    }
    position = told.next
    epoch = told.epoch
    await deps.peers.recordSync(peer.id, { position, epoch, syncedAt: deps.clock.now() })
    if (isBroken || told.kind !== 'changes' || !told.hasMore) break
  }
  return { kind: 'synced', changed, deleted }
}

/** Nothing that is kept of the peer, by whichever replica, counts any more. */
export async function voidCopies(
  peer: Peer,
  {
    peers,
    copies,
    onVoided,
  }: {
    readonly peers: Pick<PeerStore, 'raiseEpoch'>
    readonly copies: Pick<FederatedAgentStore, 'forgetPeer'>
    readonly onVoided: SyncDeps['onVoided']
  },
): Promise<void> {
  await peers.raiseEpoch(peer.id)
  await copies.forgetPeer(peer.id)
  onVoided(peer)
}

async function apply(
  peer: Peer,
  changes: readonly PeerChange[],
  { peers, copies, clock, onVoided }: SyncDeps,
): Promise<void> {
  if (changes.length === 0) return
  const named = { agentIds: changes.map(({ id }) => id), dids: changes.map(({ did }) => did) }
  const isAnyGone = changes.some(({ op }) => op === 'delete')
  // A record that changed may have been withdrawn from some of its readers, so a copy of it counts no longer either.
  if (!isAnyGone && (await copies.forget(peer.id, named)) === 0) return peers.markStale(peer.id, clock.now())
  // The epoch first: an answer that is still on its way could bring back what is forgotten.
  await peers.raiseEpoch(peer.id)
  await copies.forget(peer.id, named)
  onVoided(peer)
}
