/**
 * Databases on the PostgreSQL server of the tests. Making one takes half a second, most of it new files on the disk;
 * so they are copied from one that has all tables, and used again by the next test of the process, emptied.
 */
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { after } from 'node:test'
import pg from 'pg'
import { migrate } from '../../src/storage/migrate.ts'
import { openPostgresEngine } from '../../src/storage/postgres/engine.ts'

const TEMPLATE_PREFIX = 'avr_test_template_'
/** Held while the template is made: test files run as processes of their own. Any number that nobody else takes. */
const TEMPLATE_LOCK = 7_305_128

/** Tests keep the process busy for seconds; a server that is not there is known at once. */
const CONNECT_TIMEOUT_MS = 20_000

/** @throws the error of the connection, or of the statement. */
export function onServer(...statements: readonly string[]): Promise<void> {
  return withClient(serverUrl(), async (client) => {
    for (const statement of statements) await client.query(statement)
  })
}

/** A database without tables; `drop` removes it. */
export async function createEmptyDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = newName()
  await onServer(`create database ${name}`)
  return { url: urlOf(name), drop: () => drop(name) }
}

/** One that has all tables, and the connection that restores it. */
type Copy = { readonly name: string; readonly client: pg.Client }

const unused: Copy[] = []

/** A database with all tables and the rows that migrations put there, and no others. */
export async function takeDatabase(): Promise<{ url: string; giveBack: () => Promise<void> }> {
  const copy = unused.pop() ?? (await copyTemplate())
  return { url: urlOf(copy.name), giveBack: () => giveBack(copy) }
}

after(async () => {
  for (const copy of unused.splice(0)) await remove(copy)
})

async function copyTemplate(): Promise<Copy> {
  const name = newName()
  await onServer(
    `create database ${name} template ${await ensureTemplate()}`,
    // What a test stores need not outlive a crash of the server.
    `alter database ${name} set synchronous_commit = off`,
  )
  const client = await connect(urlOf(name))
  await client.query(REMEMBER)
  return { name, client }
}

/** One that cannot be made as it was is removed: the next test starts with a new one. */
async function giveBack(copy: Copy): Promise<void> {
  try {
    await copy.client.query(RESTORE)
    unused.push(copy)
  } catch {
    await remove(copy)
  }
}

async function remove({ name, client }: Copy): Promise<void> {
  await client.end()
  await drop(name)
}

/** Keeps for `RESTORE`, in this connection, the rows that migrations made and how many columns there were. */
const REMEMBER = `
  do $$
  declare t record; has_rows boolean;
  begin
    for t in select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%' loop
      execute format('select exists (select from public.%I)', t.name) into has_rows;
      if has_rows then execute format('create temp table %1$I as table public.%1$I', t.name); end if;
    end loop;
  end $$;
  create temp table columns as
    select count(*) from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = 'public'::regnamespace`

/** Triggers and foreign keys look away, which takes a superuser: the audit log, for one, refuses to be emptied. */
const RESTORE = `
  select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid();
  set session_replication_role = replica;
  do $$
  declare t record; few bigint; many text[] := '{}';
  begin
    if (select count from pg_temp.columns) <>
       (select count(*) from pg_attribute join pg_class on pg_class.oid = attrelid
        where relnamespace = 'public'::regnamespace)
    then raise exception 'a test changed the tables'; end if;
    for t in select tablename as name from pg_tables where schemaname = 'public' and tablename not like 'kysely%' loop
      execute format('select count(*) from (select from public.%I limit 1001) as _', t.name) into few;
      if few > 1000 then many := many || format('public.%I', t.name);
      elsif few > 0 then execute format('delete from public.%I', t.name);
      end if;
    end loop;
    -- Makes new files, which deleting does not.
    if many <> '{}' then execute 'truncate ' || array_to_string(many, ', ') || ' cascade'; end if;
    for t in select relname as name from pg_class where relnamespace = pg_my_temp_schema() and relname <> 'columns' loop
      execute format('insert into public.%1$I overriding system value table pg_temp.%1$I', t.name);
    end loop;
    perform setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
      from pg_sequences where last_value is not null;
    for t in select distinct tgrelid::regclass as name from pg_trigger where tgenabled = 'D' loop
      execute format('alter table %s enable trigger user', t.name);
    end loop;
  end $$`

let template: Promise<string> | undefined

/** Made once for a set of migrations, and left on the server; those of other sets are removed. */
function ensureTemplate(): Promise<string> {
  template ??= withClient(serverUrl(), async (client) => {
    const name = TEMPLATE_PREFIX + hashOfMakers()
    await client.query(`select pg_advisory_lock(${TEMPLATE_LOCK})`)
    const { rows } = await client.query<{ datname: string }>(
      `select datname from pg_database where datname like '${TEMPLATE_PREFIX}%'`,
    )
    if (!rows.some(({ datname }) => datname === name)) {
      for (const { datname } of rows) await client.query(`drop database ${datname}`)
      await makeTemplate(client, name)
    }
    return name
  })
  return template
}

/** Under another name until it is whole: a test run may be ended at any time. */
async function makeTemplate(client: pg.Client, name: string): Promise<void> {
  const unfinished = `${TEMPLATE_PREFIX}unfinished`
  await client.query(`create database ${unfinished}`)
  {
    await using engine = openPostgresEngine(urlOf(unfinished), () => {})
    await migrate(engine)
  }
  await client.query(`alter database ${unfinished} rename to ${name}`)
}

/** A hash of all that decides how the template comes out: this file, the migrations and the engine’s types. */
function hashOfMakers(): string {
  const storage = new URL('../../src/storage/', import.meta.url)
  const migrations = new URL('migrations/', storage)
  const makers = [
    new URL(import.meta.url),
    new URL('postgres/engine.ts', storage),
    ...readdirSync(migrations)
      .sort()
      .map((name) => new URL(name, migrations)),
  ]
  const hash = createHash('sha256')
  for (const maker of makers) hash.update(readFileSync(maker)).update('\0')
  return hash.digest('hex').slice(0, 16)
}

function newName(): string {
  return `avr_test_${process.pid}_${randomBytes(6).toString('hex')}`
}

function drop(name: string): Promise<void> {
  return onServer(`drop database ${name} with (force)`)
}

function serverUrl(): string {
  return process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'
}

function urlOf(database: string): string {
  const url = new URL(serverUrl())
  url.pathname = `/${database}`
  return url.href
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(url)
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS })
  // Tests cut connections on purpose; the next statement tells of it.
  client.on('error', () => {})
  await client.connect()
  return client
}
