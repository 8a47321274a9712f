/** What a peer calls each of its records: it tells of their end by that name. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    'alter table federated_agents_cache add column agent_id text',
    'create index federated_agents_cache_agent on federated_agents_cache (peer_id, agent_id)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
