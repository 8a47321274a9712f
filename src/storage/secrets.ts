/**
 * Every sealed secret of the database, wherever it lives: counted by the key it needs, and brought under a new one.
 *
 * A new key reaches a secret by wrapping its small data key anew; the sealed text itself stays. Each batch is one
 * transaction and what is left to do is told by the secrets themselves, so a rotation can be killed at any moment and
 * run again.
 */
import { sql } from 'kysely'
import type { Clock } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import {
  type KeyUse,
  type SealContext,
  type SecretBox,
  SecretBoxError,
  type SecretStore,
  type UnreadableReason,
  type UnreadableSecret,
} from '../domain/secrets.ts'
import { appendAudit } from './audit.ts'
import type { Engine } from './engine.ts'
import { checkKeyRing } from './key-check.ts'
import type { Tables } from './tables.ts'

export type SealedColumn = {
  readonly table: keyof Tables
  readonly column: string
  /** The column that names the row, as the seal has it. */
  readonly key: string
}

/** Where sealed secrets are. A secret that lives elsewhere would be lost with its key: a test looks for such. */
export const SEALED_COLUMNS: readonly SealedColumn[] = [
  { table: 'federation_peers', column: 'api_key', key: 'id' },
  { table: 'federation_peers', column: 'signing_secret', key: 'id' },
  { table: 'federation_peers', column: 'client_key', key: 'id' },
  { table: 'federation_tokens', column: 'hmac_secret', key: 'id' },
  { table: 'identity_keys', column: 'private_key', key: 'thumbprint' },
]

const BATCH = 100 // a batch holds its rows for a few milliseconds

export function createSecretStore(
  engine: Engine,
  deps: { readonly secretBox: SecretBox; readonly clock: Clock },
): SecretStore {
  const { secretBox } = deps
  return {
    async hasAny() {
      for (const column of SEALED_COLUMNS) {
        const [first] = await readBatch(engine.db, column, { after: null, limit: 1 })
        if (first !== undefined) return true
      }
      return false
    },
    async checkRing() {
      const counts = await countByKey(engine, secretBox)
      await checkKeyRing(engine, secretBox, {
        counts,
        opensAny: async (kid) => {
          for await (const { sealed, context } of listSecrets(engine)) {
            if (secretBox.kidOf(sealed) === kid && whyUnreadable(secretBox, sealed, context) === null)
              return true
          }
          return false
        },
      })
    },
    async survey() {
      const unreadable: UnreadableSecret[] = []
      for await (const { sealed, context } of listSecrets(engine)) {
        const reason = whyUnreadable(secretBox, sealed, context)
        if (reason !== null) unreadable.push({ ...context, reason })
      }
      return { keys: usesOf(secretBox, await countByKey(engine, secretBox)), unreadable }
    },
    async rewrap(actor, onBatch = () => {}) {
      const unreadable: UnreadableSecret[] = []
      let rewrapped = 0
      for (const column of SEALED_COLUMNS) {
        for (let after: string | null = null; ; ) {
          const done = await rewrapBatch(engine, { column, after }, { ...deps, actor })
          unreadable.push(...done.unreadable)
          rewrapped += done.rewrapped
          if (done.rewrapped > 0) onBatch(rewrapped)
          if (done.last === null) break
          after = done.last
        }
      }
      return { rewrapped, unreadable }
    },
  }
}

type BatchDone = {
  readonly rewrapped: number
  readonly unreadable: readonly UnreadableSecret[]
  /** The row to go on behind; null at the end. */
  readonly last: string | null
}

async function rewrapBatch(
  engine: Engine,
  { column, after }: { readonly column: SealedColumn; readonly after: string | null },
  {
    secretBox,
    clock,
    actor,
  }: { readonly secretBox: SecretBox; readonly clock: Clock; readonly actor: Actor },
): Promise<BatchDone> {
  return engine.db.transaction().execute(async (trx) => {
    const rows = await readBatch(trx, column, { after, limit: BATCH, exceptKey: secretBox.kids[0] })
    const unreadable: UnreadableSecret[] = []
    let rewrapped = 0
    for (const { sealed, context } of rows) {
      const reason = whyUnreadable(secretBox, sealed, context)
      if (reason !== null) unreadable.push({ ...context, reason })
      else
        rewrapped += await replaceSealed(trx, column, {
          context,
          sealed,
          by: secretBox.rewrap(sealed, context),
        })
    }
    if (rewrapped > 0) {
      const detail = { key: secretBox.kids[0], secrets: rewrapped }
      const target = `secrets:${column.table}.${column.column}`
      await appendAudit(trx, { action: 'secrets.rotate', target, detail }, { actor, clock })
    }
    return { rewrapped, unreadable, last: rows.length < BATCH ? null : (rows.at(-1)?.context.id ?? null) }
  })
}

type Sealed = { readonly sealed: string; readonly context: SealContext }

/** One that was changed meanwhile is left: what an operator has just entered is under the new key already. */
async function replaceSealed(
  db: Engine['db'],
  { table, column, key }: SealedColumn,
  { context, sealed, by }: Sealed & { readonly by: string },
): Promise<number> {
  const { numAffectedRows } = await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${by}
    where ${sql.ref(key)} = ${context.id} and ${sql.ref(column)} = ${sealed}`.execute(db)
  return Number(numAffectedRows ?? 0)
}

async function* listSecrets(engine: Engine): AsyncGenerator<Sealed> {
  for (const column of SEALED_COLUMNS) {
    for (let after: string | null = null; ; ) {
      const batch: Sealed[] = await readBatch(engine.db, column, { after, limit: BATCH })
      yield* batch
      after = batch.at(-1)?.context.id ?? null
      if (batch.length < BATCH) break
    }
  }
}

/** In the order of the rows' keys, from behind `after`; without those that the key `exceptKey` seals. */
async function readBatch(
  db: Engine['db'],
  { table, column, key }: SealedColumn,
  options: { readonly after: string | null; readonly limit: number; readonly exceptKey?: string },
): Promise<Sealed[]> {
  const { after, limit, exceptKey } = options
  const prefix = exceptKey === undefined ? null : `v1.${exceptKey}.`
  const behind = after === null ? sql`` : sql`and ${sql.ref(key)} > ${after}`
  const others =
    prefix === null ? sql`` : sql`and substr(${sql.ref(column)}, 1, ${prefix.length}) <> ${prefix}`
  const { rows } = await sql<{ id: string; sealed: string }>`
    select ${sql.ref(key)} as id, ${sql.ref(column)} as sealed from ${sql.table(table)}
    where ${sql.ref(column)} is not null ${behind} ${others} order by ${sql.ref(key)} limit ${limit}`.execute(
    db,
  )
  return rows.map(({ id, sealed }) => ({ sealed, context: { table, id, column } }))
}

/** Values that are no sealed secrets need no key and are not counted. */
async function countByKey(engine: Engine, secretBox: SecretBox): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for await (const { sealed } of listSecrets(engine)) {
    const kid = secretBox.kidOf(sealed)
    if (kid !== undefined) counts.set(kid, (counts.get(kid) ?? 0) + 1)
  }
  return counts
}

function usesOf({ kids }: SecretBox, counts: ReadonlyMap<string, number>): KeyUse[] {
  const missing = [...counts.keys()].filter((kid) => !kids.includes(kid)).sort()
  return [...kids, ...missing].map((kid) => ({
    kid,
    secrets: counts.get(kid) ?? 0,
    isInRing: kids.includes(kid),
  }))
}

function whyUnreadable(secretBox: SecretBox, sealed: string, context: SealContext): UnreadableReason | null {
  try {
    secretBox.open(sealed, context)
    return null
  } catch (error) {
    if (error instanceof SecretBoxError) return error.reason
    throw error
  }
}
