/**
 * Our records' changes in the order they were committed.
 *
 * A transaction gets its numbers (`takeRevisions`) only when all with smaller ones have ended, and PostgreSQL shows
 * what a transaction did before it lets go of what it held: whoever sees a number sees all smaller ones, but those
 * that were undone. One statement reads the counter, the horizon and the changes; also at READ COMMITTED that is one
 * moment, so the counter is never ahead of the changes beside it.
 */
import { randomUUID } from 'node:crypto'
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { AgentId, Did } from '../domain/agent.ts'
import type { AgentChange, AgentChanges, ChangesFeed } from '../domain/federation-ports.ts'
import { PUBLIC_SCOPE, type Scope } from '../domain/principal.ts'
import { shareExtent, widestReader } from './audiences.ts'
import { fromStoredTime } from './codec.ts'
import type { Engine } from './engine.ts'
import { rawCondition } from './raw-condition.ts'
import type { StoredTime, Tables } from './tables.ts'

export function createChangesFeed({ db }: Engine): ChangesFeed {
  return {
    async listChanges(scope, { since, limit }) {
      // One more than asked tells whether there is more.
      return toChanges(await readChanges(db, scope, { since, limit: limit + 1 }), { since, limit })
    },
    async changesEpoch() {
      const known = await selectEpoch(db).executeTakeFirst()
      return known?.value ?? makeEpoch(db)
    },
  }
}

/**
 * One answer looks through so many numbers at most, some five milliseconds: an asker that sees few of very many
 * records must not hold up the process.
 */
const SPAN = 10_000

/** Each row has the counter and the horizon; without any change there is one row, with nothing else. */
type ChangeRow = { readonly latest: number; readonly forgotten: number } & (
  | {
      readonly seq: number
      readonly id: string
      readonly did: string
      readonly op: AgentChange['op']
      readonly updated_at: StoredTime
    }
  | { readonly seq: null }
)

async function readChanges(
  db: Kysely<Tables>,
  scope: Scope,
  { since, limit }: { readonly since: number; readonly limit: number },
): Promise<ChangeRow[]> {
  const { share } = scope
  // A peer with a policy is a class of readers by itself, but for public records.
  const lost = sql.table(share === undefined ? 'agent_withdrawals' : 'share_withdrawals')
  const rest = sql`seq > ${since} and seq <= ${since + SPAN} order by seq limit ${limit}`
  const { rows } = await sql<ChangeRow>`
    select latest.value as latest, horizon.value as forgotten, changes.*
    from counters as latest
    join counters as horizon on horizon.name = 'agent_changes_forgotten'
    left join (
      select * from (
        select seq, id, did, 'upsert' as op, updated_at from agents
        where ${isSeen(scope)} and ${isShared(scope)} and ${rest}) as upserts
      union all
      select * from (
        select seq, id, did, 'delete' as op, deleted_at from agent_tombstones
        where ${isSeen(share === undefined ? scope : PUBLIC_SCOPE)} and ${rest}) as deletes
      union all
      select * from (
        select seq, id, did, 'delete' as op, withdrawn_at from ${lost}
        where ${share === undefined ? isLost(scope) : sql<SqlBool>`peer_id = ${share.peerId}`}
          and ${rest}) as withdrawals
      order by seq limit ${limit}
    ) as changes on true
    where latest.name = 'agent_changes'
    order by changes.seq`.execute(db)
  return rows
}

/** The condition on records and tombstones that an asker sees, or saw, them. */
function isSeen({ widest, ownerId }: Scope): RawBuilder<SqlBool> {
  const reader = widestReader(widest)
  if (reader === null) return sql`true`
  const shared = sql<SqlBool>`audience_id <= ${sql.lit(reader)}`
  return ownerId === null ? shared : sql`(${shared} or owner_id = ${ownerId})`
}

function isShared({ share }: Scope): RawBuilder<SqlBool> {
  if (share === undefined) return sql`true`
  return rawCondition((mark) => shareExtent('agents', share.policy, mark))
}

/** The condition on withdrawals that an asker lost sight of the record; its owner and admins never do. */
function isLost({ widest, ownerId }: Scope): RawBuilder<SqlBool> {
  const reader = widestReader(widest)
  if (reader === null) return sql`false`
  const ofClass = sql<SqlBool>`audience_id = ${sql.lit(reader)}`
  return ownerId === null ? ofClass : sql`${ofClass} and owner_id <> ${ownerId}`
}

function toChanges(
  rows: readonly ChangeRow[],
  { since, limit }: { readonly since: number; readonly limit: number },
): AgentChanges {
  const { latest, forgotten } = rows[0] ?? { latest: 0, forgotten: 0 }
  // A number that was never reached is of a sequence that was set back: what followed it then is not what follows now.
  if (since < forgotten || since > latest) return { kind: 'horizon', next: latest }
  const found = rows.flatMap((row) => (row.seq === null ? [] : [toChange(row)]))
  const changes = found.slice(0, limit)
  const lookedThrough = found.length > limit ? changes.at(-1)?.seq : undefined
  const next = lookedThrough ?? Math.min(since + SPAN, latest)
  return { kind: 'changes', changes, next, isMore: next < latest }
}

function toChange(row: Exclude<ChangeRow, { readonly seq: null }>): AgentChange {
  return {
    seq: row.seq,
    id: row.id as AgentId,
    did: row.did as Did,
    op: row.op,
    updatedAt: fromStoredTime(row.updated_at),
  }
}

function selectEpoch(db: Kysely<Tables>) {
  return db.selectFrom('registry_meta').select('value').where('name', '=', 'changes_epoch')
}

/** Of several replicas that come here at once, the first makes it for all. */
async function makeEpoch(db: Kysely<Tables>): Promise<string> {
  await db
    .insertInto('registry_meta')
    .values({ name: 'changes_epoch', value: randomUUID() })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute()
  const { value } = await selectEpoch(db).executeTakeFirstOrThrow()
  return value
}
