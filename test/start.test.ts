/** Starting and stopping, with everything an operator's machine can put in the way. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, open, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { mintToken } from '../src/security/tokens.ts'
import type { WireAgent } from '../src/wire/agent.ts'
import { timeAwake } from './support/awake-time.ts'
import { serve } from './support/federation.ts'
import {
  ask,
  findFreePort,
  openRegistry,
  type Settings,
  settingsFor,
  temporaryFolder,
} from './support/registry.ts'
import { assertRefused, startServe, stopServe } from './support/serve-process.ts'

type Place = { readonly folder: string; readonly path: string; readonly key: string; readonly env: Settings }

async function placeFor(t: TestContext): Promise<Place> {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'registry.db')
  const key = mintToken('ava')
  const env = settingsFor({ name: 'Harbor', adminKey: key, database: { kind: 'sqlite', address: path } })
  return { folder, path, key, env }
}

/** Root may write anywhere: rights are tried as a user who may not. */
const UNPRIVILEGED = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}

/** A start and a stop that go well, with `use` between them; in this process, which is quicker. */
async function running<T>(env: Settings, use: (url: string) => Promise<T>): Promise<T> {
  await using registry = await openRegistry(env)
  await registry.listen()
  return await use(registry.publicUrl)
}

function publishAt(url: string, key: string, fields: object = {}): Promise<WireAgent> {
  const body = { name: 'Kept', agent_type: 'api', visibility: 'public', ...fields }
  return ask<WireAgent>('POST', `${url}/api/v1/agents`, { key, body }).then((answer) => {
    assert.equal(answer.status, 201, answer.text)
    return answer.body
  })
}

test('a first start makes the key ring and the admin key, both for their owner alone, and once', async (t) => {
  const { folder, path, env } = await placeFor(t)
  const { REGISTRY_ADMIN_KEY: _, ...withoutKey } = env
  const first = startServe(t, withoutKey)
  const url = await first.listening
  const key = (await readFile(`${path}.admin-key`, 'utf8')).trim()
  for (const suffix of ['keys', 'admin-key']) {
    assert.equal((await stat(`${path}.${suffix}`)).mode & 0o777, 0o600, suffix)
  }
  assert.equal((await ask('GET', `${url}/api/v1/me`, { key })).status, 200)
  const { out, err } = await stopServe(first)
  assert.match(err, /The first admin key is in .*registry\.db\.admin-key: move it/)
  assert.doesNotMatch(out + err, /ava_/)
  const ring = await readFile(`${path}.keys`, 'utf8')
  await running(withoutKey, async (again) => {
    assert.equal((await ask('GET', `${again}/api/v1/me`, { key })).status, 200)
  })
  assert.equal(await readFile(`${path}.keys`, 'utf8'), ring)
  assert.deepEqual((await readdir(folder)).toSorted(), [
    'registry.db',
    'registry.db.admin-key',
    'registry.db.keys',
    'registry.db.lock',
  ])
})

test('a port in use is told with its number and the setting, and the next start goes well', async (t) => {
  const { env } = await placeFor(t)
  await using squatter = await serve(() => {})
  const { port } = new URL(squatter.url)
  const refused = startServe(t, { ...env, REGISTRY_PORT: port })
  await assertRefused(refused, new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is in use: .*REGISTRY_PORT`))
  await running(env, async (url) => assert.equal((await ask('GET', `${url}/readyz`)).status, 200))
})

test('a second process on the same file is refused, and the first goes on', async (t) => {
  const { path, env, key } = await placeFor(t)
  await running(env, async (url) => {
    await assertRefused(startServe(t, env), new RegExp(`Another process has ${path} open`))
    await publishAt(url, key)
  })
})

test('a file that is no database, and one that is damaged, are told apart and left as they are', async (t) => {
  const { folder, path, env } = await placeFor(t)
  await writeFile(path, 'a letter to my aunt\n'.repeat(500))
  await assertRefused(startServe(t, env), /not a database; restore it from a backup/)
  assert.equal(await readFile(path, 'utf8'), 'a letter to my aunt\n'.repeat(500))
  assert.equal(existsSync(`${path}.keys`), false)

  const damaged = join(folder, 'damaged.db')
  const settings = { ...env, DATABASE_URL: `sqlite:${damaged}` }
  await running(settings, async () => {})
  const file = await open(damaged, 'r+')
  const { size } = await file.stat()
  // The header stays whole; every page behind it is overwritten.
  await file.write(Buffer.alloc(size - 100, 0xa5), 0, size - 100, 100)
  await file.close()
  const before = await readFile(damaged)
  await assertRefused(startServe(t, settings), /damaged; restore it from a backup/)
  assert.deepEqual(await readFile(damaged), before)
})

test('a database of a newer version is refused by the name of what is not known, and not touched', async (t) => {
  const { path, env, key } = await placeFor(t)
  await running(env, async (url) => {
    await publishAt(url, key)
  })
  const database = new DatabaseSync(path)
  database
    .prepare('insert into kysely_migration (name, timestamp) values (?, ?)')
    .run('20990101T000000Z-future', '2099-01-01')
  database.close()
  await assertRefused(startServe(t, env), /"20990101T000000Z-future", which this version does not know/)
  const after = new DatabaseSync(path, { readOnly: true })
  assert.equal(after.prepare('select count(*) as n from agents').get()?.n, 1)
  after.close()
})

test('a changed public URL is refused, and with --rebase-dids every record has a new DID', async (t) => {
  const place = await placeFor(t)
  const { key } = place
  const port = await findFreePort()
  const url = `http://127.0.0.1:${port}`
  const at = (publicUrl: string): Settings => ({
    ...{ ...place.env, REGISTRY_PORT: String(port), REGISTRY_PUBLIC_URL: publicUrl },
  })
  const made = await running(at('https://old.example'), () => publishAt(url, key))
  assert.equal(made.did, `did:web:old.example:agents:${made.id}`)
  const didNow = async () =>
    (await ask<WireAgent>('GET', `${url}/api/v1/agents/${made.id}`, { key })).body.did
  await assertRefused(
    startServe(t, at('https://new.example')),
    /belong to https:\/\/old\.example, but REGISTRY_PUBLIC_URL is https:\/\/new\.example.*--rebase-dids/,
  )
  assert.equal(await running(at('https://old.example'), didNow), made.did)
  const rebased = `did:web:new.example:agents:${made.id}`
  const rebasing = startServe(t, at('https://new.example'), { argv: ['--rebase-dids'] })
  await rebasing.listening
  assert.equal(await didNow(), rebased)
  await stopServe(rebasing)
  assert.equal(await running(at('https://new.example'), didNow), rebased)
})

test('a missing key file is told when secrets were sealed with it, and never replaced; put back, all is well', async (t) => {
  const { path, env, key } = await placeFor(t)
  await running(env, async (url) => {
    const body = { name: 'Partner', registry_url: 'http://127.0.0.1:9' }
    const made = await ask('POST', `${url}/api/v1/federation/tokens`, { key, body })
    assert.equal(made.status, 201, made.text)
  })
  await rename(`${path}.keys`, `${path}.away`)
  for (const _ of [1, 2]) {
    await assertRefused(
      startServe(t, env),
      /key file .*registry\.db\.keys is missing: put it back from your backup/,
    )
    assert.equal(existsSync(`${path}.keys`), false)
  }
  await rename(`${path}.away`, `${path}.keys`)
  await chmod(`${path}.keys`, 0o644)
  await assertRefused(startServe(t, env), /mode 644.*chmod 600/)
  await chmod(`${path}.keys`, 0o600)
  await running(env, async () => {})
  await writeFile(`${path}.keys`, 'not a ring\n')
  await assertRefused(startServe(t, env), /registry\.db\.keys/)
})

test('all mistakes in the settings are told at once, each with its name, and nothing is made', async (t) => {
  const { folder, env } = await placeFor(t)
  const wrong = startServe(t, {
    ...env,
    REGISTRY_PORT: '99999',
    REGISTRY_PUBLIC_URL: 'registry',
    REGISTRY_PEER_NETWORKS: '10.0.0.0/99',
    FEDERATION_QUERY_TIMEOUT: 'soon',
    FEDERATION_ENABLE: 'true',
    REDIS_URL: 'localhost:6379',
    REGISTRY_ADMIN_KEY: 'ava_secret-of-mine',
  })
  const { code, out, err } = await wrong.ended
  assert.deepEqual([code, out], [78, ''])
  for (const name of [
    ...['REGISTRY_PORT', 'REGISTRY_PUBLIC_URL', 'REGISTRY_PEER_NETWORKS', 'FEDERATION_QUERY_TIMEOUT'],
    ...['FEDERATION_ENABLE', 'REDIS_URL', 'REGISTRY_ADMIN_KEY'],
  ]) {
    assert.match(err, new RegExp(`^${name}\\b`, 'm'))
  }
  assert.match(err, /99999/)
  assert.match(err, /FEDERATION_ENABLED/)
  assert.doesNotMatch(err, /secret-of-mine|\bat /)
  assert.deepEqual(await readdir(folder), [])
})

test('a folder that cannot be made or written to, and a database that does not answer, are one sentence', async (t) => {
  const { folder, env } = await placeFor(t)
  const nowhere = { ...env, DATABASE_URL: 'sqlite:/proc/nowhere/registry.db' }
  await assertRefused(startServe(t, nowhere), /folder \/proc\/nowhere cannot be made/)

  const readOnly = join(folder, 'read-only')
  await mkdir(readOnly)
  await running({ ...env, DATABASE_URL: `sqlite:${readOnly}/registry.db` }, async () => {})
  await chmod(folder, 0o755)
  await chmod(readOnly, 0o555)
  const locked = { ...env, DATABASE_URL: `sqlite:${readOnly}/registry.db` }
  const asNobody = startServe(t, locked, { spawn: { ...UNPRIVILEGED, cwd: folder } })
  await assertRefused(asNobody, /cannot be (?:written|read)/)
  await chmod(readOnly, 0o755)

  const { REGISTRY_KEYS: keys = '' } = settingsFor({
    ...{ name: '', adminKey: '' },
    database: { kind: 'postgres', address: '' },
  })
  const silent = {
    ...env,
    REGISTRY_KEYS: keys,
    DATABASE_URL: `postgres://u@127.0.0.1:${await findFreePort()}/x`,
  }
  await assertRefused(startServe(t, silent), /PostgreSQL does not answer/)
})

test('a disk that is full at the first start is one sentence, and with room the next start goes well', async (t) => {
  const { env, key } = await placeFor(t)
  for (const kilobytes of [1, 40]) {
    const prelude = `trap '' XFSZ; ulimit -f ${kilobytes}`
    await assertRefused(startServe(t, env, { prelude }), /disk|written|full/i)
  }
  await running(env, async (url) => {
    await publishAt(url, key)
  })
})

test('a disk that fills up while running: writes are 507 and leave nothing behind, reads go on', async (t) => {
  const { env: anyPort, key } = await placeFor(t)
  const env = { ...anyPort, REGISTRY_PORT: String(await findFreePort()) }
  const server = startServe(t, env, { prelude: "trap '' XFSZ; ulimit -f 900" })
  const url = await server.listening
  const stored: string[] = []
  let status = 201
  for (let index = 0; status === 201 && index < 400; index += 1) {
    const name = `Record ${index}`
    const body = { name, agent_type: 'api', visibility: 'public', description: `word${index} `.repeat(300) }
    const answer = await ask<WireAgent & { code?: string; detail?: string }>('POST', `${url}/api/v1/agents`, {
      ...{ key, body },
    })
    status = answer.status
    if (status === 201) stored.push(answer.body.id)
    else {
      assert.deepEqual([status, answer.body.code], [507, 'storage-full'])
      assert.match(answer.body.detail ?? '', /nothing was stored/)
    }
  }
  assert.equal(status, 507)
  assert.ok(stored.length > 0)
  const counted = async (at: string) =>
    (await ask<{ agent_count: number }>('GET', `${at}/api/v1/health`, { key })).body.agent_count
  assert.equal(await counted(url), stored.length)
  const read = await ask('GET', `${url}/api/v1/agents/${stored.at(-1)}`, { key })
  assert.equal(read.status, 200)
  const { code } = await stopServe(server)
  assert.equal(code, 0)
  await running(env, async (again) => {
    assert.equal(await counted(again), stored.length)
    const found = await ask<{ agents: WireAgent[] }>('GET', `${again}/api/v1/agents?search=word0`, { key })
    assert.deepEqual(
      found.body.agents.map(({ id }) => id),
      stored.slice(0, 1),
    )
    await publishAt(again, key)
  })
})

test('SIGTERM lets requests under way finish, takes no new ones, and ends the process within 5 s', async (t) => {
  const { env, key } = await placeFor(t)
  await using peer = await serve((request, response) => {
    if (request.url?.endsWith('/health')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"healthy"}')
    }
  })
  const server = startServe(t, env)
  const url = await server.listening
  await publishAt(url, key)
  const body = { name: 'Hanging', registry_url: peer.url }
  assert.equal((await ask('POST', `${url}/api/v1/federation/peers`, { key, body })).status, 201)
  const search = ask<{ agents: WireAgent[]; federation_stats: { failed_queries: number } }>(
    'GET',
    `${url}/api/v1/discovery/agents?include_federated=true&search=kept`,
    { key },
  )
  while (!peer.requests.some(({ url: asked }) => asked?.includes('/agents?'))) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const stopping = timeAwake(() => stopServe(server))
  const answer = await search
  assert.equal(answer.status, 200)
  assert.equal(answer.body.agents.length, 1)
  assert.equal(answer.body.federation_stats.failed_queries, 1)
  const { value: ended, ms } = await stopping
  assert.deepEqual([ended.code, ended.signal], [0, null])
  assert.ok(ms < 5_000, `${ms} ms`)
  await assert.rejects(ask('GET', `${url}/livez`))
})

test('SIGTERM ends the process within 5 s although a caller never finishes its request', async (t) => {
  const { env, key } = await placeFor(t)
  const server = startServe(t, env)
  const url = await server.listening
  const stuck = fetch(`${url}/api/v1/agents`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{"name":')) }),
    ...{ duplex: 'half' },
  }).catch((error: unknown) => error)
  await new Promise((resolve) => setTimeout(resolve, 200))
  const { value: ended, ms } = await timeAwake(() => stopServe(server))
  assert.equal(ended.code, 0)
  assert.ok(ms < 5_000, `${ms} ms`)
  await stuck
})
