/**
 * The public URL stands in every record's DID. A registry started under another one would break the identity of
 * all its records in silence; so it is refused, or all DIDs are minted anew on purpose.
 */
import type { Transaction } from 'kysely'
import type { AgentId, Did } from '../domain/agent.ts'
import type { Clock } from '../domain/ports.ts'
import { SYSTEM_ACTOR } from '../domain/principal.ts'
import { StorageError } from '../domain/storage-error.ts'
import { appendAudit } from './audit.ts'
import { takeRevisions } from './change-counter.ts'
import type { Engine } from './engine.ts'
import type { Tables } from './tables.ts'

/** @throws StorageError `unusable` when the URL has changed and nobody asked for new DIDs. */
export async function checkPublicUrl(
  engine: Engine,
  options: {
    readonly publicUrl: string
    readonly didOf: (id: AgentId) => Did
    readonly isRebasing: boolean
    readonly clock: Clock
  },
): Promise<void> {
  const { publicUrl, isRebasing } = options
  await engine.db.transaction().execute(async (trx) => {
    const stored = await trx
      .selectFrom('registry_meta')
      .select('value')
      .where('name', '=', 'public_url')
      .executeTakeFirst()
    if (stored?.value === publicUrl) return
    if (!stored) {
      await trx
        .insertInto('registry_meta')
        .values({ name: 'public_url', value: publicUrl })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute()
      return
    }
    const isEmpty = !(await trx.selectFrom('agents').select('id').limit(1).executeTakeFirst())
    if (!isRebasing && !isEmpty) {
      throw new StorageError(
        'unusable',
        `The records of this database belong to ${stored.value}, but REGISTRY_PUBLIC_URL is ${publicUrl}. Start with the old URL, or with --rebase-dids to give every record a new DID.`,
      )
    }
    await trx
      .updateTable('registry_meta')
      .set({ value: publicUrl })
      .where('name', '=', 'public_url')
      .execute()
    const rebased = await rebaseDids(trx, options.didOf)
    await appendAudit(
      trx,
      {
        action: 'registry.rebase',
        target: 'registry',
        detail: { from: stored.value, to: publicUrl, rebased },
      },
      { actor: SYSTEM_ACTOR, clock: options.clock },
    )
  })
}

const CHUNK = 1_000

/** Every record's DID minted anew, each change numbered so that peers learn of it. */
async function rebaseDids(trx: Transaction<Tables>, didOf: (id: AgentId) => Did): Promise<number> {
  let rebased = 0
  for (let last = 0; ; ) {
    const rows = await trx
      .selectFrom('agents')
      .select(['ordinal', 'id'])
      .where('ordinal', '>', last)
      .orderBy('ordinal')
      .limit(CHUNK)
      .execute()
    if (rows.length === 0) return rebased
    const first = await takeRevisions(trx, rows.length)
    for (const [place, { ordinal, id }] of rows.entries()) {
      await trx
        .updateTable('agents')
        .set({ did: didOf(id as AgentId), seq: first + place })
        .where('ordinal', '=', ordinal)
        .execute()
      last = ordinal
    }
    rebased += rows.length
  }
}
