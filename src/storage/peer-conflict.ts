/** What a peer's name or address collides with, found after the database refused the change. */
import type { Kysely, Transaction } from 'kysely'
import type { PeerConflict } from '../domain/ports.ts'
import { toNameKey, toPeer } from './peer-row.ts'
import type { Tables } from './tables.ts'
import { isUniqueViolation } from './unique-violation.ts'

/** What a change wants to be unique; `id` is the changed peer itself. */
type Claims = { readonly name?: string; readonly registryUrl?: string; readonly id?: string | undefined }

/** How often a change is tried whose conflicting peer was gone again when looked for. */
const ATTEMPTS = 3

/** Runs `work` in a transaction; what a constraint refuses leaves nothing behind and is told as a conflict. */
export async function orConflict<T>(
  db: Kysely<Tables>,
  claims: Claims,
  work: (trx: Transaction<Tables>) => Promise<T>,
): Promise<T | PeerConflict> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      const conflict = await findConflict(db, claims)
      if (conflict) return conflict
      if (attempt === ATTEMPTS) throw error
    }
  }
}

/** The address comes first: whoever has it is the registry that was meant. */
async function findConflict(db: Kysely<Tables>, claims: Claims): Promise<PeerConflict | undefined> {
  const { id, name, registryUrl } = claims
  const others = db
    .selectFrom('federation_peers')
    .selectAll()
    .$if(id !== undefined, (query) => query.where('id', '<>', id ?? ''))
  const sameUrl =
    registryUrl !== undefined && (await others.where('registry_url', '=', registryUrl).executeTakeFirst())
  if (sameUrl) return { kind: 'url-taken', peer: toPeer(sameUrl) }
  const sameName =
    name !== undefined && (await others.where('name_key', '=', toNameKey(name)).executeTakeFirst())
  return sameName ? { kind: 'name-taken' } : undefined
}
