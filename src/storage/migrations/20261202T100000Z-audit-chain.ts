/**
 * The audit log becomes a chain: rows without gaps, each with a hash over itself and the hash before it, and one row
 * that says where the chain begins and ends. Rows of before are numbered anew, in their order, and chained.
 */
import { type Kysely, sql } from 'kysely'
import { BEFORE_ALL, type ChainLink, detailText, hashRow, rowText } from '../../audit/chain.ts'
import { fromStoredJson, fromStoredTime, toStoredTime } from '../codec.ts'
import type { ColumnTypes } from '../engine.ts'

export async function up(db: Kysely<unknown>, t: ColumnTypes): Promise<void> {
  await run(db, [
    'alter table audit_log rename to audit_log_unchained',
    `create table audit_log (
      seq ${t.bigint} primary key, at ${t.time} not null, actor text not null, action text not null,
      target text not null, detail text not null, request_id text, hash text not null)`,
    `create table audit_chain (
      id integer primary key check (id = 1), start_seq ${t.bigint} not null, start_hash text not null,
      head_seq ${t.bigint} not null, head_hash text not null)`,
  ])
  const { seq, hash } = await chainOldRows(db)
  await sql`insert into audit_chain (id, start_seq, start_hash, head_seq, head_hash)
    values (1, ${BEFORE_ALL.seq}, ${BEFORE_ALL.hash}, ${seq}, ${hash})`.execute(db)
  await run(db, [
    'drop table audit_log_unchained',
    'create index audit_log_at on audit_log (at)',
    'create index audit_log_action on audit_log (action, seq)',
    'create index audit_log_actor on audit_log (actor, seq)',
    'create index audit_log_target on audit_log (target, seq)',
    "insert into counters (name, value) values ('query_log_digested', 0)",
    ...(t.clustered ? SQLITE_GUARDS : POSTGRES_GUARDS),
  ])
}

async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db)
}

type OldRow = {
  readonly seq: number
  readonly at: unknown
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly detail: unknown
  readonly request_id: string | null
}

const CHUNK = 1_000

async function chainOldRows(db: Kysely<unknown>): Promise<ChainLink> {
  let link = BEFORE_ALL
  for (let last = -1; ; ) {
    const { rows } = await sql<OldRow>`select * from audit_log_unchained where seq > ${last}
      order by seq limit ${CHUNK}`.execute(db)
    for (const row of rows) {
      last = row.seq
      link = await chainRow(db, row, link)
    }
    if (rows.length < CHUNK) return link
  }
}

async function chainRow(db: Kysely<unknown>, row: OldRow, before: ChainLink): Promise<ChainLink> {
  const { actor, action, target, request_id: requestId } = row
  const seq = before.seq + 1
  const at = toStoredTime(fromStoredTime(row.at))
  const detail = detailText(Object(fromStoredJson(row.detail)))
  const hash = hashRow(before.hash, rowText({ seq, at, actor, action, target, detail, requestId }))
  await sql`insert into audit_log (seq, at, actor, action, target, detail, request_id, hash)
    values (${seq}, ${at}, ${actor}, ${action}, ${target}, ${detail}, ${requestId}, ${hash})`.execute(db)
  return { seq, hash }
}

/*
 * Rows are added at the end and stay as they are. Only those that the chain no longer begins with may be deleted: what
 * retention removes. Neither end of the chain goes back. Whoever may change tables can take these guards away; what they
 * change then is told by the hashes and a head that was kept elsewhere.
 */
const SQLITE_GUARDS: readonly string[] = [
  `create trigger audit_log_keeps_rows before update on audit_log begin
    select raise(abort, 'audit_log is append-only'); end`,
  `create trigger audit_log_keeps_chain before delete on audit_log
    when old.seq > (select start_seq from audit_chain) begin
    select raise(abort, 'audit_log is append-only'); end`,
  // Also against "insert or replace", which deletes without asking the trigger above.
  `create trigger audit_log_grows_at_its_end before insert on audit_log
    when new.seq <> (select head_seq from audit_chain) or exists (select 1 from audit_log where seq = new.seq) begin
    select raise(abort, 'audit_log grows at its end only'); end`,
  `create trigger audit_chain_goes_on before update on audit_chain
    when new.head_seq < old.head_seq or new.start_seq < old.start_seq begin
    select raise(abort, 'the chain of audit_log does not go back'); end`,
  `create trigger audit_chain_stays before delete on audit_chain begin
    select raise(abort, 'audit_log has one chain'); end`,
]

const POSTGRES_GUARDS: readonly string[] = [
  `create function audit_log_guard() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        if old.seq <= (select start_seq from audit_chain) then return old; end if;
      elsif tg_op = 'INSERT' then
        if new.seq = (select head_seq from audit_chain) then return new; end if;
        raise exception 'audit_log grows at its end only';
      end if;
      raise exception 'audit_log is append-only';
    end $$`,
  `create trigger audit_log_guard before insert or update or delete on audit_log
    for each row execute function audit_log_guard()`,
  `create trigger audit_log_keeps_rows before truncate on audit_log
    for each statement execute function audit_log_guard()`,
  `create function audit_chain_guard() returns trigger language plpgsql as $$
    begin
      if tg_op = 'UPDATE' then
        if new.head_seq >= old.head_seq and new.start_seq >= old.start_seq then return new; end if;
        raise exception 'the chain of audit_log does not go back';
      end if;
      raise exception 'audit_log has one chain';
    end $$`,
  `create trigger audit_chain_guard before update or delete on audit_chain
    for each row execute function audit_chain_guard()`,
  `create trigger audit_chain_stays before truncate on audit_chain
    for each statement execute function audit_chain_guard()`,
]
