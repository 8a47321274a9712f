/** How pages are served, whatever is in them: headers, compressed forms, validators, and what they say when something is amiss. */
import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { PAGE_POLICY } from '../src/http/page-answers.ts'
import { mintToken } from '../src/security/tokens.ts'
import type { PlainView } from '../src/wire/plain-view.ts'
import { SCRIPT, SCRIPT_NAME, writePageFolder } from './support/page-folder.ts'
import { publish } from './support/records.ts'
import {
  befriend,
  findFreePort,
  openRegistry,
  type RunningRegistry,
  type StartOptions,
  settingsFor,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'

const start = async (t: TestContext, options: StartOptions = {}): Promise<RunningRegistry> =>
  startRegistry(t, { ...options, overrides: { pagesFolder: await writePageFolder(t) } })

const PAGES = [
  '/',
  '/?search=x&utm_source=y',
  '/agent?did=did:web:x',
  '/console',
  '/console/',
  '/console/peers/1',
]

test('pages are open to everyone, with a policy that lets in nothing but what is ours', async (t) => {
  const registry = await start(t, { env: { REGISTRY_ANONYMOUS_READ: 'false' } })
  for (const path of PAGES) {
    const { status, headers, text } = await registry.send('GET', path, { key: null })
    assert.equal(status, 200, path)
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(headers.get('content-security-policy'), PAGE_POLICY)
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('cache-control'), 'no-cache')
    assert.match(text, /^<!doctype html>\n<html lang="en">\n<head>\n<base href="\/">\n/)
    assert.doesNotMatch(text, /<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/i)
  }
  for (const directive of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) {
    assert.ok(PAGE_POLICY.includes(directive))
  }
  assert.doesNotMatch(PAGE_POLICY, /unsafe|\*|https?:/)
})

test('pages know the path they are published under and the name of the registry, whatever is in it', async (t) => {
  const name = 'Meier & <b>Söhne</b> $& "x"'
  const [adminKey, port] = [mintToken('ava'), await findFreePort()]
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const env = { REGISTRY_PORT: String(port), REGISTRY_PUBLIC_URL: `http://localhost:${port}/deep/registry` }
  const settings = { ...settingsFor({ name, adminKey, database }), ...env }
  const registry = await openRegistry(settings, { pagesFolder: await writePageFolder(t) })
  t.after(() => registry[Symbol.asyncDispose]())
  await registry.listen()
  // A proxy hands the path over, or not.
  for (const path of ['/deep/registry', '/deep/registry/', '/deep/registry?search=x', '/', '/?search=x']) {
    const { status, body } = await raw(`http://localhost:${port}${path}`)
    assert.equal(status, 200, path)
    assert.ok(body.includes('<head>\n<base href="/deep/registry/">\n'), path)
    assert.ok(body.includes('<title>Meier &amp; &lt;b&gt;Söhne&lt;/b&gt; $&amp; &quot;x&quot;</title>'))
  }
  const console = await raw(`http://localhost:${port}/deep/registry/console/peers`)
  assert.ok(console.body.includes('<title>Console · Meier &amp; '))
  assert.equal((await raw(`http://localhost:${port}/deep/registry/assets/${SCRIPT_NAME}`)).status, 200)
  assert.equal((await raw(`http://localhost:${port}/deep/registryx`)).status, 404)
})

test('who has no JavaScript is sent on with the question', async (t) => {
  const registry = await start(t)
  const refreshOf = async (path: string) =>
    /content="0; url=([^"]*)"/.exec((await registry.send('GET', path, { key: null })).text)?.[1]
  assert.equal(await refreshOf('/'), 'plain')
  assert.equal(await refreshOf('/?utm_source=x'), 'plain')
  assert.equal(await refreshOf('/?search=a+%22b&tag=c&x=1'), 'plain?search=a+%22b&amp;tag=c')
  assert.equal(await refreshOf('/?search=%22%3E%3Cscript%3E'), 'plain?search=%22%3E%3Cscript%3E')
  assert.equal(await refreshOf('/console?search=a'), 'plain')
})

test('assets are kept for a year, and sent in the smallest form that is read', async (t) => {
  const registry = await start(t)
  const path = `/assets/${SCRIPT_NAME}`
  const ask = (accept: string, more = {}) => raw(registry.url + path, { 'accept-encoding': accept, ...more })
  const plain = await ask('identity')
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable')
  assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8')
  assert.equal(plain.headers.vary, 'Accept-Encoding')
  assert.equal(plain.body.toString(), SCRIPT)
  const brotli = await ask('gzip, deflate, br;q=1.0')
  assert.equal(brotli.headers['content-encoding'], 'br')
  assert.equal(brotliDecompressSync(brotli.body).toString(), SCRIPT)
  const gzip = await ask('gzip, br;q=0')
  assert.equal(gzip.headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(gzip.body).toString(), SCRIPT)

  const tags = [plain, brotli, gzip].map(({ headers }) => headers.etag ?? '')
  assert.equal(new Set(tags).size, 3)
  assert.ok(tags.every((tag) => /^"[\w-]+"$/.test(tag)))
  const known = await ask('br', { 'if-none-match': tags[1] })
  assert.deepEqual([known.status, known.body.length, known.headers.etag], [304, 0, tags[1]])
  assert.equal((await ask('identity', { 'if-none-match': tags[1] })).status, 200)
})

test('HEAD, other methods and what is not there are answered as elsewhere', async (t) => {
  const registry = await start(t)
  const head = await registry.send('HEAD', '/console/keys', { key: null })
  assert.deepEqual([head.status, head.text], [200, ''])
  const page = await registry.send('GET', '/console/keys', { key: null })
  const tag = page.headers.get('etag') ?? ''
  const known = await registry.send('GET', '/console/keys', { key: null, headers: { 'if-none-match': tag } })
  assert.deepEqual([known.status, known.text], [304, ''])
  for (const path of ['/', '/console/keys', `/assets/${SCRIPT_NAME}`, '/plain']) {
    const refused = await registry.send('POST', path, { body: {} })
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD'], path)
  }
  for (const path of [
    ...['/assets/', '/assets/nothing.js', '/assets/..%2fplain.js', '/assets/../plain.js', '/plain.js'],
    ...['/assets/%2e%2e/plain.js', `/assets/${SCRIPT_NAME}.br`, '/search.html', '/assets'],
  ]) {
    const { status, body } = await raw(registry.url + path)
    assert.equal(status, 404, path)
    assert.ok(!body.includes('renderPlain'))
  }
})

test('pages are not counted, so that who asked too much can still open one that says so', async (t) => {
  const registry = await start(t, { env: { REGISTRY_RATE_ANONYMOUS: '2' } })
  for (let view = 0; view < 5; view += 1) {
    assert.equal((await registry.send('GET', '/', { key: null })).status, 200)
    assert.equal((await registry.send('GET', `/assets/${SCRIPT_NAME}`, { key: null })).status, 200)
  }
  assert.equal((await registry.call('GET', '/health', { key: null })).status, 200)
})

test('a page of another host is not served (DNS rebinding)', async (t) => {
  const registry = await start(t)
  for (const path of ['/', '/console', '/plain', `/assets/${SCRIPT_NAME}`]) {
    assert.equal((await raw(registry.url + path, { host: 'evil.example' })).status, 421, path)
  }
})

test('where nothing was built, a sentence says what to run; once it is, the pages are there', async (t) => {
  const folder = await temporaryFolder(t)
  const registry = await startRegistry(t, { overrides: { pagesFolder: folder } })
  for (const path of [...PAGES, '/plain']) {
    const { status, headers, text } = await registry.send('GET', path, { key: null })
    assert.equal(status, 503)
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match(text, /npm run build:web/)
  }
  await writeFile(join(folder, 'search.html'), '<!doctype html><head></head>')
  assert.equal((await registry.send('GET', '/', { key: null })).status, 200)
  await rm(folder, { recursive: true })
  assert.equal((await registry.send('GET', '/', { key: null })).status, 200)
})

/** What the page without JavaScript was given to show. */
function viewOf(text: string): PlainView {
  const written = /<pre>(.*)<\/pre>/s.exec(text)?.[1] ?? ''
  return JSON.parse(written.replaceAll('&lt;', '<')) as PlainView
}

test('the page without JavaScript shows the answer that the API gives', async (t) => {
  const registry = await start(t, { name: 'Here', env: { REGISTRY_ANONYMOUS_FEDERATED: 'true' } })
  const partner = await startRegistry(t, { name: 'There' })
  await befriend(registry, partner)
  for (let number = 0; number < 21; number += 1) {
    await publish(registry, {
      name: `Weather ${number}`,
      agent_type: 'a2a',
      tags: ['sky'],
      visibility: 'public',
    })
  }
  await publish(partner, { name: 'Weather there', visibility: 'public', tags: ['sea'] })
  const open = async (query: string) => {
    const { status, headers, text } = await registry.send('GET', `/plain${query}`, { key: null })
    assert.equal(headers.get('content-security-policy'), PAGE_POLICY)
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
    return { status, view: viewOf(text) }
  }
  const { status, view } = await open('?search=weather&type=&tag=&utm=1')
  assert.equal(status, 200)
  assert.deepEqual(view.question, { search: 'weather', types: [], tags: [], registries: [], cursor: null })
  assert.deepEqual(
    [view.basePath, view.stylesheets, view.isFederated],
    ['/', ['assets/search-Cd34.css'], true],
  )
  assert.ok(view.outcome.kind === 'answered')
  assert.equal(view.outcome.answer.agents.length, 20)
  assert.equal(view.outcome.answer.federation_stats?.successful_queries, 1)
  assert.equal(view.outcome.firstPage, null)
  const next = view.outcome.nextPage ?? ''
  assert.match(next, /^plain\?search=weather&cursor=/)

  const second = await open(next.slice('plain'.length))
  assert.ok(second.view.outcome.kind === 'answered')
  assert.equal(second.view.outcome.answer.agents.length, 2)
  assert.deepEqual(
    [second.view.outcome.firstPage, second.view.outcome.nextPage],
    ['plain?search=weather', null],
  )

  const namesOf = async (query: string) => {
    const { outcome } = (await open(query)).view
    return outcome.kind === 'answered' ? outcome.answer.agents.map(({ name }) => name) : outcome
  }
  assert.deepEqual(await namesOf('?search=weather&registry=There'), ['Weather there'])
  assert.deepEqual(await namesOf('?search=weather&tag=sea'), ['Weather there'])
  const here = await open('?search=weather&registry=Here')
  assert.equal(here.view.isFederated, false)
  assert.deepEqual(await namesOf('?type=mcp-server'), [])
})

test('what goes wrong on the page without JavaScript is a page, too', async (t) => {
  const registry = await start(t)
  const open = (query: string) => registry.send('GET', `/plain${query}`, { key: null })
  const unknown = await open('?registry=Nowhere')
  assert.equal(unknown.status, 400)
  const refused = viewOf(unknown.text).outcome
  assert.ok(refused.kind === 'refused' && refused.detail.includes('Nowhere'))
  const cursor = await open('?cursor=made-up')
  assert.equal(cursor.status, 400)
  assert.equal(viewOf(cursor.text).outcome.kind, 'refused')
  const hostile = await open(`?search=${encodeURIComponent('<script>alert(1)</script>')}`)
  assert.equal(hostile.status, 200)
  assert.doesNotMatch(hostile.text, /<script>/)
  assert.equal((await open(`?search=${'x'.repeat(5_000)}&tag=${'y'.repeat(500)}`)).status, 200)
})

test('what the page without JavaScript shows to who is signed in is left in no cache', async (t) => {
  const registry = await start(t)
  await publish(registry, { name: 'Hidden weather', visibility: 'private' })
  const shown = await registry.send('GET', '/plain?search=weather')
  assert.match(shown.text, /Hidden weather/)
  assert.equal(shown.headers.get('cache-control'), 'no-store')
  const refused = await registry.send('GET', '/plain?registry=Nowhere', { key: null })
  assert.equal(refused.headers.get('cache-control'), 'no-store')
  const open = await registry.send('GET', '/plain?search=weather', { key: null })
  assert.equal(open.headers.get('cache-control'), 'no-cache')
  for (const { headers } of [shown, open])
    assert.match(headers.get('vary') ?? '', /\bAuthorization, Cookie\b/)
})

test('where only holders of keys may read, the page without JavaScript says so', async (t) => {
  const registry = await start(t, { env: { REGISTRY_ANONYMOUS_READ: 'false', REGISTRY_RATE_ANONYMOUS: '3' } })
  for (let view = 0; view < 3; view += 1) {
    const { status, headers, text } = await registry.send('GET', '/plain?search=x', { key: null })
    assert.equal(status, 401)
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match(text, /<p>This needs an API key of this registry\.<\/p>/)
  }
  const { status, text } = await registry.send('GET', '/plain', { key: null })
  assert.equal(status, 429)
  assert.match(text, /<p>Too many requests: try again in \d+ s\.<\/p>/)
  assert.equal((await registry.send('GET', '/plain')).status, 200)
})

type Raw = {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/** A request with these very headers and this very path, its answer as it came. */
function raw(url: string, headers: Readonly<Record<string, string | undefined>> = {}): Promise<Raw> {
  const [, host = '', path = ''] = /^http:\/\/([^/]+)(.*)$/.exec(url) ?? []
  const [hostname = '', port = ''] = host.split(':')
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ hostname, port, path, headers: { host, ...given } }, async (response) => {
      const chunks = await Array.fromAsync(response)
      const told = response.headers as Raw['headers']
      resolve({ status: response.statusCode, headers: told, body: Buffer.concat(chunks) })
    })
    asked.once('error', reject)
    asked.end()
  })
}
