/** What a look at a peer's keys found, noted for its operators here. */
import type { Transaction } from 'kysely'
import type { Clock, PeerStore } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import { appendAudit } from './audit.ts'
import { toStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { holdPeer } from './peer-lock.ts'
import { toPeer } from './peer-row.ts'
import type { Tables } from './tables.ts'

const SYSTEM: Actor = { id: 'system', requestId: null }

type Seen = Parameters<PeerStore['recordKeys']>[1]

/** A key that is new to us goes into the audit log: from then on the operators could know of it. */
export async function recordKeys(
  trx: Transaction<Tables>,
  { id, seen }: { readonly id: string; readonly seen: Seen },
  { engine, clock }: { readonly engine: Engine; readonly clock: Clock },
): Promise<void> {
  const row = await holdPeer(trx, id, engine)
  if (row === undefined) return
  const peer = toPeer(row)
  if (peer.publicKey !== seen.publicKey) return
  const isOfferKnown =
    peer.offeredKey?.publicKey === seen.offered?.publicKey &&
    peer.offeredKey?.isAnnounced === seen.offered?.isAnnounced
  const isPreviousKnown = seen.isPreviousShown || peer.previousPublicKey === null
  if (isOfferKnown && isPreviousKnown) return
  const now = toStoredTime(clock.now())
  await trx
    .updateTable('federation_peers')
    .set({
      ...(isPreviousKnown ? {} : { previous_public_key: null }),
      ...(isOfferKnown
        ? {}
        : {
            offered_public_key: seen.offered?.publicKey ?? null,
            offered_is_announced: seen.offered?.isAnnounced ?? null,
            offered_at: seen.offered === null ? null : now,
          }),
    })
    .where('id', '=', row.id)
    .execute()
  if (isOfferKnown || seen.offered === null) return
  const detail = { public_key: seen.offered.publicKey, announced: seen.offered.isAnnounced }
  const target = `peer:${row.id}`
  await appendAudit(trx, { action: 'peer.key-offered', target, detail }, { actor: SYSTEM, clock })
}
