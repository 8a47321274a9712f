/** Whether browsers are told to come over https alone (HSTS): by the public URL, and the same whatever is answered. */
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { request } from 'node:https'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { mintToken } from '../src/security/tokens.ts'
import { createAuthority } from './support/certificates.ts'
import { writePageFolder } from './support/page-folder.ts'
import {
  describeRunning,
  findFreePort,
  openRegistry,
  type RunningRegistry,
  settingsFor,
  temporaryFolder,
} from './support/registry.ts'
import { startServe } from './support/serve-process.ts'

const HEADER = 'strict-transport-security'
const A_YEAR = 'max-age=31536000'
const SEARCH = '/api/v1/discovery/agents?search=plover'

async function settings(t: TestContext, publicUrl: string, port: number) {
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const adminKey = mintToken('ava')
  const own = settingsFor({ name: 'Registry', adminKey, database })
  return { adminKey, env: { ...own, REGISTRY_PORT: String(port), REGISTRY_PUBLIC_URL: publicUrl } }
}

/** Known by this public URL, and asked as a proxy asks it that speaks TLS for it. */
async function startBehindProxy(t: TestContext, publicUrl: string): Promise<RunningRegistry> {
  const port = await findFreePort()
  const { adminKey, env } = await settings(t, publicUrl, port)
  const registry = await openRegistry(env, { pagesFolder: await writePageFolder(t) })
  t.after(() => registry[Symbol.asyncDispose]())
  await registry.listen()
  return describeRunning(registry, { name: 'Registry', adminKey, at: `http://127.0.0.1:${port}` })
}

test('a registry with an https address says so with every answer: pages, refusals and what is ready alike', async (t) => {
  const registry = await startBehindProxy(t, 'https://registry.example')
  for (const path of [
    '/',
    '/console',
    '/plain',
    '/docs',
    '/livez',
    SEARCH,
    '/api/v1/keys',
    '/nothing',
    '/%',
  ]) {
    const { headers, status } = await registry.send('GET', path, { key: null })
    assert.equal(headers.get(HEADER), A_YEAR, `${path} ${status}`)
  }
  let handled = 0
  const count = () => {
    handled += 1
  }
  subscribe('tracing:fastify.request.handler:start', count)
  t.after(() => unsubscribe('tracing:fastify.request.handler:start', count))
  for (let round = 0; round < 4; round += 1) {
    assert.equal((await registry.send('GET', SEARCH)).headers.get(HEADER), A_YEAR)
  }
  assert.ok(handled < 4, 'the ready answer was sent')
})

test('over a plain http address nothing is said, and nothing of the machine itself', async (t) => {
  for (const publicUrl of ['http://registry.example', 'https://localhost:8443', 'https://127.0.0.1:8443']) {
    const registry = await startBehindProxy(t, publicUrl)
    for (const path of ['/', SEARCH, SEARCH, SEARCH, '/nothing']) {
      const { headers } = await registry.send('GET', path)
      assert.equal(headers.get(HEADER), null, `${publicUrl} ${path}`)
    }
  }
})

test('a registry that speaks TLS itself says it, too', async (t) => {
  const ca = createAuthority(await temporaryFolder(t), 'ca')
  const { certFile, keyFile } = ca.issue('registry')
  const port = await findFreePort()
  const { env } = await settings(t, `https://registry.example:${port}`, port)
  await startServe(t, { ...env, REGISTRY_TLS_CERT: certFile, REGISTRY_TLS_KEY: keyFile }).listening
  const asking = request(`https://localhost:${port}/livez`, { ca: ca.cert })
  asking.end()
  const [answer] = await once(asking, 'response')
  answer.resume()
  assert.equal(answer.headers[HEADER], A_YEAR)
})
