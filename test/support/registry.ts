/** Whole registries for tests: the real thing on a free port of loopback, over a database that is thrown away. */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { loadConfig } from '../../src/config.ts'
import { createRegistry, type Registry, type RegistryOverrides } from '../../src/registry.ts'
import { createKeyRing, formatKeyRing } from '../../src/security/key-ring.ts'
import { mintToken } from '../../src/security/tokens.ts'
import { createSqliteDatabase, type EngineUnderTest } from '../conformance/engines.ts'
import { AWAKE_CLOCK } from './clocks.ts'

export type Settings = Readonly<Record<string, string>>

export type StartOptions = {
  readonly name?: string
  /** Environment variables beside those of `settingsFor`. */
  readonly env?: Settings
  /** Keeps everything here; without it, a SQLite file of its own. */
  readonly database?: Pick<EngineUnderTest, 'kind' | 'address'>
  readonly overrides?: RegistryOverrides
}

export type CallOptions = {
  /** The admin key if not given; `null` asks as nobody. */
  readonly key?: string | null
  /** Text and bytes as they are, anything else as JSON. */
  readonly body?: unknown
  readonly headers?: Settings
}

export type Answer<T> = {
  readonly status: number
  readonly headers: Headers
  /** Parsed if it is JSON, else the text. */
  readonly body: T
  readonly text: string
}

/** What a refusal says (RFC 9457). */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: string
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[]
}

export interface RunningRegistry {
  readonly name: string
  readonly url: string
  readonly adminKey: string
  readonly notices: readonly string[]
  /** Asks `path` below `/api/v1`. */
  call<T = Problem>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>
  /** The same, and fails the test unless the answer is a success. */
  succeed<T>(method: string, path: string, options?: CallOptions): Promise<T>
  /** Asks any path of the server. */
  send<T = Problem>(method: string, path: string, options?: CallOptions): Promise<Answer<T>>
  stop(): Promise<void>
}

const FOLDER_PREFIX = join(tmpdir(), 'avr-registry-')
const ATTEMPTS = 3 // another process may take a free port before it is listened on

/** Starts a registry; it ends, and its files go, with the test. */
export async function startRegistry(t: TestContext, options: StartOptions = {}): Promise<RunningRegistry> {
  const { name = 'Registry' } = options
  const adminKey = mintToken('ava')
  const own = options.database === undefined ? await createSqliteDatabase() : undefined
  const database = options.database ?? own
  assert.ok(database)
  for (let attempt = 1; ; attempt += 1) {
    const env = { ...settingsFor({ name, adminKey, database }), ...options.env }
    const registry = await openRegistry(env, options.overrides)
    try {
      await registry.listen()
    } catch (error) {
      await registry[Symbol.asyncDispose]()
      if (attempt === ATTEMPTS) throw error
      continue
    }
    const running = describeRunning(registry, { name, adminKey })
    t.after(async () => {
      await running.stop()
      await own?.dispose()
    })
    return running
  }
}

/** A registry over this environment, not listening. @throws when a setting is wrong. */
export async function openRegistry(env: Settings, overrides: RegistryOverrides = {}): Promise<Registry> {
  const loaded = loadConfig({ env })
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return createRegistry(loaded, { clock: AWAKE_CLOCK, ...overrides })
}

/** Settings of a quiet registry on a free port that may have peers on this machine, and asks for no patience. */
export function settingsFor(registry: {
  readonly name: string
  readonly adminKey: string
  readonly database: Pick<EngineUnderTest, 'kind' | 'address'>
}): Settings {
  const { kind, address } = registry.database
  return {
    REGISTRY_NAME: registry.name,
    REGISTRY_PORT: '0',
    REGISTRY_ADMIN_KEY: registry.adminKey,
    REGISTRY_PEER_NETWORKS: '127.0.0.0/8,::1/128',
    REGISTRY_LOG_LEVEL: 'silent',
    REGISTRY_RATE_PEER: '100000',
    REGISTRY_RATE_KEY: '100000',
    REGISTRY_RATE_ANONYMOUS: '100000',
    REGISTRY_RATE_AUTH_FAILURES: '100000',
    ...(kind === 'sqlite'
      ? { DATABASE_URL: `sqlite:${address}` }
      : { DATABASE_URL: address, REGISTRY_KEYS: formatKeyRing(createKeyRing()) }),
  }
}

/** An empty folder that goes with the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(FOLDER_PREFIX)
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** @param at where it is asked; its public URL if not given. */
export function describeRunning(
  registry: Omit<Registry, 'listen' | 'reloadTls'>,
  {
    name,
    adminKey,
    at = registry.publicUrl,
  }: { readonly name: string; readonly adminKey: string; readonly at?: string },
): RunningRegistry {
  const url = registry.publicUrl
  let stopping: PromiseLike<void> | undefined
  const send = <T>(method: string, path: string, options: CallOptions = {}) =>
    ask<T>(method, at + path, { key: adminKey, ...options })
  const call = <T>(method: string, path: string, options?: CallOptions) =>
    send<T>(method, `/api/v1${path}`, options)
  return {
    ...{ name, url, adminKey, notices: registry.notices, send, call },
    async succeed<T>(method: string, path: string, options?: CallOptions) {
      const answer = await call<T>(method, path, options)
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`)
      return answer.body
    },
    async stop() {
      stopping ??= registry[Symbol.asyncDispose]()
      await stopping
    },
  }
}

/** One request, its answer read to the end. */
export async function ask<T>(method: string, url: string, options: CallOptions = {}): Promise<Answer<T>> {
  const { key, body, headers = {} } = options
  const isRaw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(typeof key === 'string' && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isRaw ? (body as string) : JSON.stringify(body) }),
  })
  const text = await response.text()
  const isJson = text !== '' && /[/+]json\b/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson ? JSON.parse(text) : text) as T,
    text,
  }
}

export type Enrolled = {
  readonly peerId: string
  readonly token: string
  readonly signingSecret: string
  readonly probe: { readonly agent_count?: number; readonly problem?: string }
}

/** Lets `asker` ask `answerer`, as two operators do it: one makes a token, the other adds a peer with it. */
export async function enrol(asker: RunningRegistry, answerer: RunningRegistry): Promise<Enrolled> {
  const given = await answerer.succeed<{ token: string; signing_secret: string }>(
    'POST',
    '/federation/tokens',
    { body: { name: asker.name, registry_url: asker.url } },
  )
  const peer = await asker.succeed<{ id: string; probe: Enrolled['probe'] }>('POST', '/federation/peers', {
    body: {
      name: answerer.name,
      registry_url: answerer.url,
      api_key: given.token,
      signing_secret: given.signing_secret,
    },
  })
  return { peerId: peer.id, token: given.token, signingSecret: given.signing_secret, probe: peer.probe }
}

/** Lets both ask each other. */
export async function befriend(one: RunningRegistry, other: RunningRegistry): Promise<void> {
  await enrol(one, other)
  await enrol(other, one)
}

/** A port nobody listens on just now, below those that systems give to connections: none takes it before it is used. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}
