import assert from 'node:assert/strict'
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { sql, type Transaction } from 'kysely'
import type { Engine } from '../../src/storage/engine.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { openSqliteEngine } from '../../src/storage/sqlite/engine.ts'
import type { Tables } from '../../src/storage/tables.ts'
import { createTokenStore } from '../../src/storage/tokens.ts'
import { temporaryFolder } from '../support/registry.ts'
import { createSqliteDatabase } from './engines.ts'
import {
  createTestBox,
  createTestClock,
  OPERATOR,
  peerDraft,
  readAudit,
  tokenDraft,
} from './store-fixtures.ts'

type Attempt = { readonly opened: boolean; readonly fault?: string; readonly message?: string }

const others: ChildProcess[] = []

after(() => Promise.all(others.map(end)))

/** Opens `path` in another process and writes to it; the caller ends that process. */
async function openElsewhere(
  path: string,
  options: SpawnOptions = {},
): Promise<Attempt & { readonly child: ChildProcess }> {
  const script = join(import.meta.dirname, 'open-file.ts')
  const child = spawn(process.execPath, [script, path], { ...options, stdio: ['pipe', 'pipe', 'inherit'] })
  others.push(child)
  assert.ok(child.stdout)
  for await (const line of createInterface({ input: child.stdout })) {
    return { ...(JSON.parse(line) as Attempt), child }
  }
  throw new Error('the other process said nothing')
}

async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** Root may write anywhere: rights are tried as a user who may not. */
const UNPRIVILEGED: SpawnOptions = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

function openPeers(engine: Engine) {
  return createPeerStore(engine, { clock: createTestClock(), secretBox: createTestBox() })
}

async function pragma(engine: Engine, name: string): Promise<unknown> {
  const { rows } = await sql<Record<string, unknown>>`pragma ${sql.raw(name)}`.execute(engine.db)
  return Object.values(rows[0] ?? {})[0]
}

test('openSqliteEngine: commits go through a write-ahead log and are on disk when they return', async () => {
  await using database = await createSqliteDatabase('empty')
  const engine = await database.open()
  assert.equal(await pragma(engine, 'journal_mode'), 'wal')
  assert.equal(await pragma(engine, 'synchronous'), 2)
  assert.equal(await pragma(engine, 'foreign_keys'), 1)
})

test('transactionUnsynced: does not wait for the disk, and whatever follows does, also after a failure', async () => {
  await using database = await createSqliteDatabase()
  const engine = await database.open()
  const inside = (trx: Transaction<Tables>) => sql<{ synchronous: number }>`pragma synchronous`.execute(trx)
  const [during, others] = await Promise.all([
    engine.transactionUnsynced(inside),
    engine.db.transaction().execute(inside),
  ])
  assert.deepEqual([during.rows[0]?.synchronous, others.rows[0]?.synchronous], [1, 2])
  await assert.rejects(
    engine.transactionUnsynced(async (trx) => {
      await trx.deleteFrom('audiences').execute()
      throw new Error('undone')
    }),
    /undone/,
  )
  assert.equal(await pragma(engine, 'synchronous'), 2)
  assert.equal((await engine.db.selectFrom('audiences').select('id').execute()).length, 3)
})

test('openSqliteEngine: a second opener is refused, in this process and in another', async () => {
  await using database = await createSqliteDatabase('empty')
  const engine = await database.open()
  const refusal = {
    name: 'StorageError',
    fault: 'in-use',
    message: /Another process has .*registry\.db open/,
  }
  assert.throws(() => openSqliteEngine(database.address), refusal)
  const other = await openElsewhere(database.address)
  assert.equal(other.opened, false)
  assert.equal(other.fault, 'in-use')
  // A refused opener must not loosen the lock of the one who has it.
  const third = await openElsewhere(database.address)
  assert.equal(third.fault, 'in-use')
  await openPeers(engine).create(peerDraft('Partner'), OPERATOR)
  await engine[Symbol.asyncDispose]()
  const next = await openElsewhere(database.address)
  assert.equal(next.opened, true)
  assert.throws(() => openSqliteEngine(database.address), refusal)
  await end(next.child)
})

test('openSqliteEngine: the file is free again once its holder is killed', async () => {
  await using database = await createSqliteDatabase('empty')
  const { child, opened } = await openElsewhere(database.address)
  assert.equal(opened, true)
  assert.throws(() => database.openBare(), { fault: 'in-use' })
  await end(child)
  const engine = await database.open()
  await openPeers(engine).create(peerDraft('Partner'), OPERATOR)
})

test('openSqliteEngine: the same file under another name is refused to a second process', async () => {
  await using database = await createSqliteDatabase('empty')
  await database.open()
  const alias = join(dirname(database.address), 'alias.db')
  await symlink(database.address, alias)
  const folderAlias = join(dirname(database.address), 'folder')
  await symlink('.', folderAlias)
  for (const path of [alias, join(folderAlias, 'registry.db')]) {
    const { child, ...attempt } = await openElsewhere(path)
    await end(child)
    assert.equal(attempt.fault, 'in-use', path)
  }
})

test('openSqliteEngine: a file that is no database is told apart and left as it is', async () => {
  await using database = await createSqliteDatabase('empty')
  const garbage = Buffer.from('this is a letter to my aunt, not a database\n'.repeat(200))
  await writeFile(database.address, garbage)
  for (let attempt = 0; attempt < 2; attempt += 1) {
    assert.throws(() => database.openBare(), { name: 'StorageError', fault: 'unusable' })
  }
  assert.deepEqual(await readFile(database.address), garbage)
})

test('openSqliteEngine: a damaged database is told as such', async () => {
  await using database = await createSqliteDatabase('empty')
  const engine = await database.open()
  await openPeers(engine).create(peerDraft('Partner'), OPERATOR)
  await engine[Symbol.asyncDispose]()
  const bytes = await readFile(database.address)
  // The header stays, all pages behind the first are noise.
  bytes.fill(0xa5, 4096)
  await writeFile(database.address, bytes)
  await assert.rejects(async () => openPeers(await database.open()).list(), {
    name: 'StorageError',
    fault: 'unusable',
  })
})

test('openSqliteEngine: places where no file can be made or written are told in a sentence', async () => {
  await using database = await createSqliteDatabase('empty')
  const folder = dirname(database.address)
  await mkdir(database.address)
  await mkdir(join(folder, 'locked.db.lock'))
  await writeFile(join(folder, 'file'), '')
  const places = [
    database.address,
    join(folder, 'locked.db'),
    join(folder, 'file', 'registry.db'),
    join(folder, 'file', 'folder', 'registry.db'),
    '/proc/registry.db',
    '/proc/registry/registry.db',
  ]
  for (const place of places) {
    assert.throws(
      () => openSqliteEngine(place),
      { name: 'StorageError', fault: 'not-writable', message: /cannot be (made|written|opened)/ },
      place,
    )
  }
})

test('openSqliteEngine: a read-only folder is told when it is opened, a read-only file at the first write at the latest', async () => {
  await using database = await createSqliteDatabase('empty')
  const folder = dirname(database.address)
  const engine = await database.open()
  await engine[Symbol.asyncDispose]()
  await chmod(folder, 0o555)
  const inFolder = await openElsewhere(join(folder, 'new.db'), UNPRIVILEGED)
  await end(inFolder.child)
  await chmod(folder, 0o777)
  await chmod(database.address, 0o444)
  await chmod(`${database.address}.lock`, 0o666)
  const onFile = await openElsewhere(database.address, UNPRIVILEGED)
  await end(onFile.child)
  assert.equal(inFolder.fault, 'not-writable')
  assert.match(inFolder.message ?? '', /rights/)
  assert.equal(onFile.fault, 'not-writable')
  assert.match(onFile.message ?? '', /read-only/)
})

test('a full disk: a write is refused whole, reads go on, and writes too once there is room', async () => {
  await using database = await createSqliteDatabase('empty')
  const engine = await database.open()
  const peers = openPeers(engine)
  await peers.create(peerDraft('First'), OPERATOR)
  const pages = Number(await pragma(engine, 'page_count'))
  await pragma(engine, `max_page_count = ${pages}`)
  const large = peerDraft('Large', { metadata: { text: 'x'.repeat(100_000) } })
  const refusal = { name: 'StorageError', fault: 'not-writable', message: /disk is full/ }
  await assert.rejects(peers.create(large, OPERATOR), refusal)
  const first = await peers.findByUrl('https://first.example')
  assert.ok(first)
  await assert.rejects(peers.update(first.id, { ...large, priority: 5 }, OPERATOR), refusal)
  assert.deepEqual(await peers.list(), [first])
  assert.equal((await readAudit(engine)).length, 1)
  await pragma(engine, 'max_page_count = 1000000')
  assert.equal((await peers.create(large, OPERATOR)).kind, 'created')
  assert.equal(await pragma(engine, 'integrity_check'), 'ok')
})

test('secrets never stand readable in the file, its log or beside it', async () => {
  await using database = await createSqliteDatabase('empty')
  const engine = await database.open()
  const deps = { clock: createTestClock(), secretBox: createTestBox() }
  const peers = createPeerStore(engine, deps)
  const draft = peerDraft('Visible Name', { apiKey: 'canary-1', signingSecret: 'canary-2' })
  const created = await peers.create(draft, OPERATOR)
  assert.ok(created.kind === 'created')
  await peers.update(created.peer.id, { apiKey: 'canary-3', signingSecret: 'canary-4' }, OPERATOR)
  const token = tokenDraft(created.peer.id, { hmacSecret: 'canary-5' })
  await createTokenStore(engine, deps).create(token, OPERATOR)
  await peers.getCredentials(created.peer.id)
  const seen = new Set<string>()
  const search = async () => {
    for (const name of await readdir(dirname(database.address))) {
      const bytes = await readFile(join(dirname(database.address), name))
      assert.ok(!bytes.includes('canary'), name)
      if (bytes.includes('Visible Name')) seen.add(name)
    }
  }
  await search()
  await engine[Symbol.asyncDispose]()
  await search()
  assert.deepEqual([...seen].sort(), ['registry.db', 'registry.db-wal'])
})

test('a long write-ahead log is copied into the database file while the registry goes on', async (t) => {
  const path = join(await temporaryFolder(t), 'registry.db')
  const engine = openSqliteEngine(path)
  t.after(() => engine[Symbol.asyncDispose]())
  await sql`create table notes (id integer primary key, text text not null)`.execute(engine.db)
  const lengthOf = async (file: string): Promise<number> => (await stat(file)).size
  const before = await lengthOf(path)
  const text = 'n'.repeat(100_000)
  // 20 MiB of log: more than is let grow, less than makes a commit copy it by itself.
  for (let round = 0; round < 10; round += 1) {
    await engine.db.transaction().execute(async (trx) => {
      for (let row = 0; row < 20; row += 1) await sql`insert into notes (text) values (${text})`.execute(trx)
    })
  }
  const deadline = Date.now() + 20_000
  while ((await lengthOf(path)) < before + 10_000_000) {
    assert.ok(Date.now() < deadline, 'nothing was copied')
    await sleep(300)
    await engine.db.transaction().execute((trx) => sql`insert into notes (text) values ('a')`.execute(trx))
  }
  // The log was begun anew, and its file made short.
  await engine.db.transaction().execute((trx) => sql`insert into notes (text) values ('b')`.execute(trx))
  assert.ok((await lengthOf(`${path}-wal`)) <= 4_194_304)
})
