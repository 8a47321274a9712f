/** How much is blocked, withheld and reported. */
import { sql } from 'kysely'
import type { ModerationFigures } from '../domain/moderation.ts'
import type { Engine } from './engine.ts'

/** In one statement: it is read whenever metrics are. */
export async function readModerationFigures({ db }: Engine): Promise<ModerationFigures> {
  const { rows } = await sql<Record<'did' | 'origin' | 'endpoint' | 'withheld' | 'reports', number>>`select
    (select count(*) from blocks where kind = 'did') as did,
    (select count(*) from blocks where kind = 'origin') as origin,
    (select count(*) from blocks where kind = 'endpoint') as endpoint,
    (select count(*) from agents where withheld is not null) as withheld,
    (select count(*) from agent_reports where resolution is null) as reports`.execute(db)
  const { did = 0, origin = 0, endpoint = 0, withheld = 0, reports = 0 } = rows[0] ?? {}
  return { blocks: { did, origin, endpoint }, withheldAgents: withheld, openReports: reports }
}
