/** Plants secrets in a registry that runs as operators run it, and looks for them wherever it writes or speaks. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { createKeyRing, formatKeyRing, parseKeyRing, withNewKey } from '../../src/security/key-ring.ts'
import { createSecretBox } from '../../src/security/secret-box.ts'
import { mintToken } from '../../src/security/tokens.ts'
import { SEALED_COLUMNS } from '../../src/storage/secrets.ts'
import type { EngineUnderTest } from '../conformance/engines.ts'
import { dumpTables, findSealed } from '../conformance/store-fixtures.ts'
import { settingsFor, temporaryFolder } from '../support/registry.ts'
import { MAIN, startServe, stopServe } from '../support/serve-process.ts'
import { startStrangers } from '../support/strangers.ts'
import { startEchoingPeers } from './echoing-peer.ts'
import { createSecretFinder, type Haystack } from './find-secrets.ts'
import { type Ground, plantRound, readEverything } from './flows.ts'

export type CanaryReport = {
  readonly planted: number
  readonly searchedBytes: number
  readonly found: readonly string[]
}

export async function runCanaries(
  t: TestContext,
  database: EngineUnderTest,
  rounds: number,
): Promise<CanaryReport> {
  await using peers = await startEchoingPeers()
  const folder = await temporaryFolder(t)
  const { env, secrets } = await settingsWithSecrets(folder, database, peers.url)
  const server = startServe(t, env, { spawn: { cwd: folder } })
  const ground: Ground = {
    ...{
      secrets,
      said: [],
      peersUrl: peers.url,
      strangers: await startStrangers(t, rounds),
      url: await server.listening,
    },
    adminKey: env.REGISTRY_ADMIN_KEY ?? '',
  }
  for (let round = 0; round < rounds; round += 1) await plantRound(ground, round)
  await readEverything(ground)
  const whileRunning = await readDatabase(database)
  const { out, err } = await stopServe(server)
  await assertAllCounted(database, env.REGISTRY_KEYS ?? '')
  const commands = []
  for (const command of [['config'], ['secrets', 'status'], ['secrets', 'rotate']]) {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...command], {
      env,
      cwd: folder,
    })
    commands.push(stdout, stderr)
  }
  const haystacks: Haystack[] = [
    ...whileRunning,
    ...(await readDatabase(database)),
    { name: 'the log', bytes: Buffer.from(out + err) },
    ...ground.said.map((text) => ({ name: `the answer ${text.slice(0, 400)}`, bytes: Buffer.from(text) })),
    { name: 'a command', bytes: Buffer.from(commands.join('\n')) },
  ]
  assert.match(out, /"msg":"credentials refused"/, 'the log is silent')
  const finder = createSecretFinder(secrets)
  return {
    planted: secrets.size,
    searchedBytes: haystacks.reduce((sum, { bytes }) => sum + bytes.length, 0),
    found: haystacks.flatMap((haystack) =>
      finder.find(haystack).map((name) => `${name} in ${haystack.name}`),
    ),
  }
}

/** Whatever is sealed is where `secrets rotate` finds it: elsewhere it would be lost with its key. */
async function assertAllCounted(database: EngineUnderTest, ring: string): Promise<void> {
  await using engine = database.openBare()
  const known = new Set(SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`))
  const sealed = await findSealed(engine, createSecretBox(parseKeyRing(ring)))
  assert.deepEqual(
    [...sealed].filter((place) => !known.has(place)),
    ['registry_meta.value'],
  )
}

/** The secrets of the settings are planted, too: admin key, ring keys, password, trusted peers' keys. */
async function settingsWithSecrets(folder: string, database: EngineUnderTest, peersUrl: string) {
  const secrets = new Map<string, string>()
  const ring = formatKeyRing(withNewKey(createKeyRing()))
  for (const [place, entry] of ring.split(',').entries())
    secrets.set(`ring key ${place}`, entry.split(':')[1] ?? '')
  const env: Record<string, string> = {
    ...settingsFor({ name: 'Harbor', adminKey: mintToken('ava'), database }),
    ...{
      REGISTRY_KEYS: ring,
      REGISTRY_LOG_LEVEL: 'trace',
      FEDERATION_PEERS_FILE: join(folder, 'peers.json'),
    },
    FEDERATION_OUTBOUND_RATE: '100000',
  }
  const peersFile = []
  for (const name of ['PARTNER_KEY', 'PARTNER_SECRET']) env[name] = randomBytes(24).toString('base64url')
  peersFile.push({
    ...{ name: 'Partner', url: `${peersUrl}/trusted`, api_key_env: 'PARTNER_KEY' },
    signing_secret_env: 'PARTNER_SECRET',
  })
  await writeFile(join(folder, 'peers.json'), JSON.stringify(peersFile))
  if (database.kind === 'postgres') {
    const url = new URL(database.address)
    if (url.password === '') url.password = randomBytes(24).toString('hex')
    env.DATABASE_URL = url.href
    secrets.set('database password', url.password)
  }
  for (const name of ['REGISTRY_ADMIN_KEY', 'PARTNER_KEY', 'PARTNER_SECRET'])
    secrets.set(name, env[name] ?? '')
  return { env, secrets }
}

/** The files of SQLite with their write-ahead log, or every row of PostgreSQL's tables. */
async function readDatabase(database: EngineUnderTest): Promise<Haystack[]> {
  if (database.kind === 'postgres') {
    await using engine = database.openBare()
    return [{ name: 'the database', bytes: Buffer.from(await dumpTables(engine)) }]
  }
  const folder = join(database.address, '..')
  const names = await readdir(folder)
  return Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })))
}
