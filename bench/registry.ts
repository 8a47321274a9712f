/** A registry under test, and what a bench asks of it as its administrator. */
import { spawnSync } from 'node:child_process'
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Pool } from 'undici'
import { createKeyRing, formatKeyRing } from '../src/security/key-ring.ts'
import { mintToken } from '../src/security/tokens.ts'
import { findFreePort, ServerProcess } from './server-process.ts'

/** How it is run: from the sources, or as the published package does. */
export const COMMANDS = {
  sources: ['src/main.ts', 'serve'],
  package: ['bin/agentvault-registry.js', 'serve'],
} as const

const MOST_REJECTED = 0.01

/** What a bench does in a minute would run into the limits on callers. */
export const RAISED_LIMITS = {
  REGISTRY_RATE_KEY: '1000000',
  REGISTRY_RATE_ANONYMOUS: '1000000',
  REGISTRY_RATE_PEER: '1000000',
  FEDERATION_OUTBOUND_RATE: '1000000',
} as const

export const RAISED_LIMITS_NOTE: string = `rate limits raised by ${Object.keys(RAISED_LIMITS).join(', ')}`

export type BenchRegistry = {
  readonly process: ServerProcess
  readonly url: string
  readonly adminKey: string
  /** Calls the API as an administrator. @throws Error with the answer when it is no success. */
  call(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<unknown>
  /** Imports a file of lines. @throws Error when more of them are rejected than real data explains. */
  importFile(file: string): Promise<Imported>
}

export type Imported = {
  /** Of the whole request. */
  readonly elapsedMs: number
  /** Records stored; a line like an earlier one, by type, name and first endpoint, makes none of its own. */
  readonly created: number
  readonly accepted: number
  /** Some real records have no name or no address. */
  readonly rejected: number
}

/** The package is what was built last; users have that of the sources as they are. */
function buildIfOlder(): void {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    (path) => /\.(?:ts|json)$/.test(path) && !path.endsWith('.test.ts'),
  )
  const newest = Math.max(...sources.map((path) => statSync(join('src', path)).mtimeMs))
  if (existsSync('dist/main.js') && statSync('dist/main.js').mtimeMs > newest) return
  console.log('dist/ is missing or older than src/: building it')
  const { status } = spawnSync(process.execPath, ['scripts/build.ts'], { stdio: 'inherit' })
  if (status !== 0) throw new Error('the build failed')
}

/** Starts one with its files in `folder`; a database of its own unless one is named. */
export async function startRegistry(
  stack: AsyncDisposableStack,
  options: {
    readonly folder: string
    readonly name: string
    readonly run?: keyof typeof COMMANDS
    readonly databaseUrl?: string
    /** Settings beside those every bench has. */
    readonly environment?: Readonly<Record<string, string>>
  },
): Promise<BenchRegistry> {
  const { folder, name, run = 'sources' } = options
  if (run === 'package') buildIfOlder()
  const port = await findFreePort()
  const adminKey = mintToken('ava')
  const databaseUrl = options.databaseUrl ?? `sqlite:${join(folder, `${name}.db`)}`
  const server = await ServerProcess.start({
    arguments: COMMANDS[run],
    port,
    environment: {
      REGISTRY_NAME: name,
      REGISTRY_PORT: String(port),
      REGISTRY_ADMIN_KEY: adminKey,
      REGISTRY_PEER_NETWORKS: '127.0.0.0/8,::1/128',
      DATABASE_URL: databaseUrl,
      ...(databaseUrl.startsWith('postgres') && { REGISTRY_KEYS: formatKeyRing(createKeyRing()) }),
      ...RAISED_LIMITS,
      ...options.environment,
    },
    logFile: join(folder, `${name}.log`),
  })
  stack.use(server)
  const url = `http://localhost:${port}`
  const ask = stack.adopt(new Pool(url, { connections: 2, headersTimeout: 0, bodyTimeout: 0 }), (pool) =>
    pool.destroy(),
  )
  const authorization = `Bearer ${adminKey}`

  const send = async (
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    content: { readonly type: string; readonly body: string | ReturnType<typeof createReadStream> } | null,
  ): Promise<unknown> => {
    const response = await ask.request({
      ...{ method, path: `/api/v1${path}`, body: content?.body ?? null },
      headers: { authorization, ...(content !== null && { 'content-type': content.type }) },
    })
    const text = await response.body.text()
    if (response.statusCode >= 300) throw new Error(`${name}: ${method} ${path} answered ${text}`)
    return response.headers['content-type'] === 'application/x-ndjson' ? text : JSON.parse(text)
  }

  return {
    process: server,
    url,
    adminKey,
    call: (method, path, body) =>
      send(
        method,
        path,
        body === undefined ? null : { type: 'application/json', body: JSON.stringify(body) },
      ),
    async importFile(file) {
      const started = performance.now()
      const content = { type: 'application/x-ndjson', body: createReadStream(file) }
      const answer = await send('POST', '/agents/import', content)
      const elapsedMs = performance.now() - started
      const { created, updated, unchanged, rejected } = answer as Record<string, number>
      const accepted = Number(created) + Number(updated) + Number(unchanged)
      if (!(Number(rejected) <= MOST_REJECTED * accepted)) {
        throw new Error(`${name}: the import was answered with ${JSON.stringify(answer)}`)
      }
      return { elapsedMs, created: Number(created), accepted, rejected: Number(rejected) }
    },
  }
}

/** Makes `peer` a peer of `asker`, as their operators would; returns what the asker was given. */
export async function addPeer(
  asker: BenchRegistry,
  peer: BenchRegistry,
  name: string,
): Promise<{ readonly token: string; readonly secret: string }> {
  const given = await peer.call('POST', '/federation/tokens', { name: 'asker', registry_url: asker.url })
  const { token, signing_secret: secret } = given as {
    readonly token: string
    readonly signing_secret: string
  }
  await asker.call('POST', '/federation/peers', {
    ...{ name, registry_url: peer.url, api_key: token, signing_secret: secret },
  })
  return { token, secret }
}

const CATALOGUES = 'src/demo/catalogues'

/** The demo's records: real agents, at hand in every checkout. */
export async function readCatalogues(): Promise<Record<string, unknown>[]> {
  if (!existsSync(CATALOGUES)) throw new Error('benches run in the folder of the checkout')
  const names = (await readdir(CATALOGUES)).filter((name) => name.endsWith('.json'))
  const texts = await Promise.all(names.map((name) => readFile(join(CATALOGUES, name), 'utf8')))
  return texts.flatMap((text) => JSON.parse(text) as Record<string, unknown>[])
}

/** Writes records as an import takes them; returns the file's path. */
export async function writeImportFile(
  folder: string,
  name: string,
  lines: readonly Readonly<Record<string, unknown>>[],
): Promise<string> {
  const file = join(folder, `${name}.ndjson`)
  await writeFile(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
  return file
}
