/** Changing what operators decide of records, and nothing else of them. */
import { type Selectable, sql, type Transaction } from 'kysely'
import type { OwnAgent } from '../domain/agent.ts'
import { agentFromRow } from './agent-rows.ts'
import type { AgentWriter } from './agent-writer.ts'
import { takeRevisions } from './change-counter.ts'
import { parseUuid } from './stored-text.ts'
import type { AgentsTable, Tables } from './tables.ts'

export type RewriteDeps = {
  readonly writer: AgentWriter
  /** Unix ms. */
  readonly now: number
}

/**
 * Writes each of these records as `change` has it, with a revision of its own; one that it returns as it is stays so.
 * Needs the write lock.
 * @returns the records as they are now.
 */
export async function rewriteAgents(
  trx: Transaction<Tables>,
  rows: readonly Selectable<AgentsTable>[],
  change: (agent: OwnAgent) => OwnAgent,
  { writer, now }: RewriteDeps,
): Promise<OwnAgent[]> {
  const changes = rows.map((row) => {
    const before = agentFromRow(row)
    const after = change(before)
    const stored = { ordinal: row.ordinal, audienceId: row.audience_id, agent: before }
    return { stored, after, isChanged: after !== before }
  })
  const changed = changes.filter(({ isChanged }) => isChanged)
  if (changed.length === 0) return changes.map(({ after }) => after)
  const first = await takeRevisions(trx, changed.length)
  const written = new Map(
    changed.map(({ after, stored }, place) => {
      const agent: OwnAgent = { ...after, updatedAt: now, revision: first + place }
      return [after.id, { agent, card: 'keep' as const, stored }] as const
    }),
  )
  await writer.write(trx, [...written.values()])
  return changes.map(({ after }) => written.get(after.id)?.agent ?? after)
}

/** The row of one record; needs the write lock to be current. */
export async function readAgentRow(
  trx: Transaction<Tables>,
  id: string,
): Promise<Selectable<AgentsTable> | undefined> {
  const uuid = parseUuid(id)
  if (uuid === undefined) return undefined
  return trx.selectFrom('agents').selectAll().where('id', '=', uuid).executeTakeFirst()
}

/** All records of an owner, as ids of their keys name it. */
export async function readAgentsOf(
  trx: Transaction<Tables>,
  ownerId: string,
): Promise<Selectable<AgentsTable>[]> {
  return trx
    .selectFrom('agents')
    .selectAll()
    .where(sql<boolean>`owner_id = ${ownerId}`)
    .orderBy('ordinal')
    .execute()
}
