/** The registry serves https itself, and takes new certificates while it runs. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, writeFileSync } from 'node:fs'
import { Agent, type RequestOptions, request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { mintToken } from '../src/security/tokens.ts'
import { createAuthority } from './support/certificates.ts'
import { settingsFor, temporaryFolder } from './support/registry.ts'
import { startServe, stopServe } from './support/serve-process.ts'

async function prepare(t: TestContext) {
  const folder = await temporaryFolder(t)
  const ca = createAuthority(folder, 'ca')
  const [first, second] = [ca.issue('first'), ca.issue('second')]
  const files = { cert: join(folder, 'live.crt'), key: join(folder, 'live.key') }
  const install = ({ certFile, keyFile }: { readonly certFile: string; readonly keyFile: string }) => {
    copyFileSync(certFile, files.cert)
    copyFileSync(keyFile, files.key)
  }
  install(first)
  const database = { kind: 'sqlite', address: join(folder, 'registry.db') } as const
  const env = {
    ...settingsFor({ name: 'Registry', adminKey: mintToken('ava'), database }),
    REGISTRY_TLS_CERT: files.cert,
    REGISTRY_TLS_KEY: files.key,
  }
  return { ca, second, files, install, env }
}

async function ask(
  url: string,
  options: RequestOptions,
): Promise<{ readonly status?: number; readonly text: string }> {
  const asking = request(`${url}/livez`, options)
  asking.end()
  const [answer] = await once(asking, 'response')
  return { status: answer.statusCode, text: await text(answer) }
}

/** The fingerprint of the certificate a new connection is shown. */
async function shownAt(url: string, ca: string): Promise<string> {
  const { port } = new URL(url)
  const socket: TLSSocket = connect({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ca })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

test('a registry with a certificate speaks https, and TLS 1.3 or nothing', async (t) => {
  const { ca, env } = await prepare(t)
  const serving = startServe(t, env)
  const url = await serving.listening
  assert.match(url, /^https:\/\/localhost:\d+$/)
  assert.deepEqual((await ask(url, { ca: ca.cert })).status, 200)
  await assert.rejects(ask(url, {}), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  await assert.rejects(ask(url, { ca: ca.cert, maxVersion: 'TLSv1.2' }), /alert|version|EPROTO/i)

  // Whoever speaks plainly gets no page of the registry, and the connection ends.
  const plain = connectPlain(Number(new URL(url).port), '127.0.0.1')
  plain.on('error', () => {})
  plain.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n')
  assert.doesNotMatch(await text(plain), /200 OK/)
  assert.equal((await stopServe(serving)).code, 0)
})

test('a new certificate is in use after SIGHUP, idle connections end, and none under way is cut', async (t) => {
  const { ca, second, install, env, files } = await prepare(t)
  const serving = startServe(t, env)
  const url = await serving.listening
  const agent = new Agent({ keepAlive: true, ca: ca.cert })
  t.after(() => agent.destroy())
  const before = await shownAt(url, ca.cert)
  assert.equal((await ask(url, { agent })).status, 200)
  const [idle] = Object.values(agent.freeSockets).flat()
  assert.ok(idle)
  const isIdleEnded = once(idle, 'close')

  // Half of a renewal changes nothing.
  writeFileSync(files.cert, 'not yet')
  serving.child.kill('SIGHUP')
  assert.equal(await shownAt(url, ca.cert), before)

  install(second)
  serving.child.kill('SIGHUP')
  await isIdleEnded
  assert.notEqual(await shownAt(url, ca.cert), before)
  assert.equal((await ask(url, { agent })).status, 200)
  const { code, err } = await stopServe(serving)
  assert.deepEqual({ code, err }, { code: 0, err: '' })
})

test('a new certificate is found without a signal, too', async (t) => {
  const { ca, second, install, env } = await prepare(t)
  const serving = startServe(t, env)
  const url = await serving.listening
  const before = await shownAt(url, ca.cert)
  install(second)
  while ((await shownAt(url, ca.cert)) === before) await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal((await stopServe(serving)).code, 0)
})
