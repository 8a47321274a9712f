import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { v7 as uuidv7 } from 'uuid'
import { PUBLIC_SCOPE } from '../../src/domain/principal.ts'
import type { Engine } from '../../src/storage/engine.ts'
import { createFederatedAgentStore } from '../../src/storage/federated-agents.ts'
import { migrate } from '../../src/storage/migrate.ts'
import { MIGRATIONS } from '../../src/storage/migrations/index.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { ANN, agentsOf } from './agent-fixtures.ts'
import { forEachEngine } from './engines.ts'
import { createTestBox, createTestClock, OPERATOR, peerDraft, START } from './store-fixtures.ts'

const ALL = Object.keys(MIGRATIONS)

/** Columns and indexes that the design document's own queries rely on. */
const DOCUMENTED_COLUMNS = {
  federation_peers: [
    ...['id', 'name', 'registry_url', 'api_key', 'is_active', 'last_sync', 'last_health_check'],
    ...['health_status', 'agent_count', 'metadata', 'created_at', 'updated_at'],
  ],
  federated_agents_cache: ['id', 'peer_id', 'agent_data', 'agent_did', 'cached_at', 'expires_at'],
}
const DOCUMENTED_INDEXES = [
  'idx_cache_did_peer',
  'idx_cache_expires',
  'idx_cache_peer_id',
  'idx_federation_peers_active',
  'idx_federation_peers_url',
]

async function listTables(engine: Engine): Promise<string[]> {
  const tables = await engine.db.introspection.getTables()
  return tables.map((table) => table.name).sort()
}

async function listIndexes(engine: Engine): Promise<string[]> {
  const query =
    engine.kind === 'sqlite'
      ? sql<{ name: string }>`select name from sqlite_master where type = 'index'`
      : sql<{ name: string }>`select indexname as name from pg_indexes where schemaname = 'public'`
  const { rows } = await query.execute(engine.db)
  return rows.map((row) => row.name)
}

async function addPeer(engine: Engine, name: string) {
  const peers = createPeerStore(engine, { clock: createTestClock(), secretBox: createTestBox() })
  const result = await peers.create(peerDraft(name), OPERATOR)
  assert.equal(result.kind, 'created')
  return (result as Extract<typeof result, { kind: 'created' }>).peer
}

/** One migration without those that follow, as the version had it that knew no other. */
async function runAlone(engine: Engine, name: string): Promise<void> {
  const step = MIGRATIONS[name]
  assert.ok(step)
  const migrations = { [name]: { up: (db: Kysely<unknown>) => step(db, engine.types) } }
  const migrator = new Migrator({ db: engine.db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  assert.equal(error, undefined)
}

await forEachEngine('migrations', (createDatabase, kind) => {
  test('migrate: runs what is missing, and nothing the second time', async () => {
    await using database = await createDatabase('empty')
    const engine = database.openBare()
    assert.deepEqual(await migrate(engine), ALL)
    const peer = await addPeer(engine, 'Kept')
    const tables = await listTables(engine)
    assert.deepEqual(await migrate(engine), [])
    await engine[Symbol.asyncDispose]()
    const reopened = database.openBare()
    assert.deepEqual(await migrate(reopened), [])
    assert.deepEqual(await listTables(reopened), tables)
    const rows = await reopened.db.selectFrom('federation_peers').select('id').execute()
    assert.deepEqual(
      rows.map((row) => row.id),
      [peer.id],
    )
  })

  test('migrate: has every column and index of the design document', async () => {
    await using database = await createDatabase('empty')
    const engine = await database.open()
    const tables = await engine.db.introspection.getTables()
    for (const [name, columns] of Object.entries(DOCUMENTED_COLUMNS)) {
      const found = tables.find((table) => table.name === name)?.columns.map((column) => column.name) ?? []
      assert.deepEqual(
        columns.filter((column) => !found.includes(column)),
        [],
        name,
      )
    }
    const indexes = await listIndexes(engine)
    assert.deepEqual(
      DOCUMENTED_INDEXES.filter((name) => !indexes.includes(name)),
      [],
    )
  })

  test('migrate: keeps one cached copy of an agent for each peer, and none without a peer', async () => {
    await using database = await createDatabase('empty')
    const engine = await database.open()
    const [first, second] = [await addPeer(engine, 'First'), await addPeer(engine, 'Second')]
    const time = new Date(START).toISOString()
    const put = (peerId: string) =>
      engine.db
        .insertInto('federated_agents_cache')
        .values({
          ...{ id: uuidv7(), peer_id: peerId, agent_data: '{}', agent_did: 'did:web:one' },
          ...{ cached_at: time, expires_at: time },
        })
        .execute()
    await put(first.id)
    await put(second.id)
    await assert.rejects(put(first.id))
    await assert.rejects(put(uuidv7()))
  })

  test('migrate: what a database of the first version holds is there after all later changes', async () => {
    await using database = await createDatabase('empty')
    const engine = database.openBare()
    const [first = '', ...later] = ALL
    await runAlone(engine, first)
    const [peerId, agentId, goneId, copyId] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()]
    const time = new Date(START).toISOString()
    const { db } = engine
    await sql`insert into federation_peers
      (id, name, name_key, registry_url, is_active, protocol, signature_target, created_at, updated_at)
      values (${peerId}, 'Old', 'old', 'https://old.example', true, 'agentvault', 'path', ${time}, ${time})`.execute(
      db,
    )
    await sql`insert into federated_agents_cache (id, peer_id, agent_data, agent_did, cached_at, expires_at)
      values (${copyId}, ${peerId}, '{"name":"copy"}', 'did:web:old', ${time}, '2999-01-01T00:00:00.000Z')`.execute(
      db,
    )
    await sql`insert into agents (id, did, owner_id, name, description, agent_type, status, visibility, audience_id,
      tags, skills, endpoints, auth_schemes, share_card, explicit_fields, match_key, created_at, updated_at, seq)
      values (${agentId}, 'did:web:a', ${ANN}, 'A', '', 'a2a', 'active', 'public', 0,
      '[]', '[]', '[]', '[]', false, '[]', 'm', ${time}, ${time}, 1)`.execute(db)
    await sql`insert into agent_tombstones (id, did, owner_id, audience_id, deleted_at, seq)
      values (${goneId}, 'did:web:b', ${ANN}, 0, ${time}, 2)`.execute(db)
    await sql`update counters set value = 2 where name = 'agent_changes'`.execute(db)

    assert.deepEqual(await migrate(engine), later)
    const deps = { clock: createTestClock(), secretBox: createTestBox() }
    const [peer] = await createPeerStore(engine, deps).list()
    assert.deepEqual(
      [peer?.id, peer?.sync, peer?.staleBefore],
      [peerId, { position: null, epoch: null }, null],
    )
    const [copy] = await createFederatedAgentStore(engine, deps.clock).findByDid('did:web:old')
    assert.deepEqual(copy?.data, { name: 'copy' })
    const answer = await agentsOf(engine).agents.listChanges(PUBLIC_SCOPE, { since: 0, limit: 9 })
    assert.ok(answer.kind === 'changes')
    assert.deepEqual(
      answer.changes.map(({ id, op }) => [id, op]),
      [
        [agentId, 'upsert'],
        [goneId, 'delete'],
      ],
    )
  })

  test('migrate: two at once bring the tables up to date once', async () => {
    await using database = await createDatabase('empty')
    const engine = database.openBare()
    const other = kind === 'postgres' ? database.openBare() : engine
    const ran = await Promise.all([migrate(engine), migrate(other), migrate(engine), migrate(other)])
    assert.deepEqual(ran.flat(), ALL)
    await addPeer(other, 'Partner')
  })

  test('migrate: refuses a database that a newer version has changed, and leaves it as it is', async () => {
    await using database = await createDatabase('empty')
    const engine = await database.open()
    await sql`insert into kysely_migration (name, timestamp) values ('29990101T000000Z-later', '')`.execute(
      engine.db,
    )
    const refusal = { name: 'StorageError', fault: 'unusable', message: /29990101T000000Z-later/ }
    await assert.rejects(migrate(engine), refusal)
    await addPeer(engine, 'Partner')
  })

  test("migrate: refuses another program's database, and leaves it as it is", async () => {
    await using database = await createDatabase('empty')
    const engine = database.openBare()
    await sql`create table agents (id integer)`.execute(engine.db)
    await assert.rejects(migrate(engine), { name: 'StorageError', fault: 'unusable' })
    assert.deepEqual(await listTables(engine), ['agents'])
  })

  test('migrate: a step that fails leaves nothing of itself, and the next run does it whole', async () => {
    await using database = await createDatabase('empty')
    const engine = database.openBare()
    // Among the last tables of the first step: all before it were made when it fails.
    await sql`create table federation_tokens (id integer)`.execute(engine.db)
    await assert.rejects(migrate(engine), /federation_tokens/)
    assert.deepEqual(await listTables(engine), ['federation_tokens'])
    await sql`drop table federation_tokens`.execute(engine.db)
    assert.deepEqual(await migrate(engine), ALL)
    await addPeer(engine, 'Partner')
  })

  test('migrate: a process killed in the midst leaves nothing, and the next one does it whole', async () => {
    await using database = await createDatabase('empty')
    const script = join(import.meta.dirname, 'killed-migration.ts')
    const child = spawnSync(process.execPath, [script, kind, database.address, 'federation_tokens'], {
      encoding: 'utf8',
    })
    assert.equal(child.signal, 'SIGKILL', child.stdout + child.stderr)
    const engine = database.openBare()
    assert.deepEqual(await listTables(engine), [])
    assert.deepEqual(await migrate(engine), ALL)
    await addPeer(engine, 'Partner')
  })
})
