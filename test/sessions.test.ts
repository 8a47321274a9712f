/** Signing in to the console: what a session opens, when it ends, and what other sites cannot do with it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { mintToken } from '../src/security/tokens.ts'
import { createLaterClock } from './support/clocks.ts'
import { publish } from './support/records.ts'
import {
  type Answer,
  ask,
  type CallOptions,
  findFreePort,
  openRegistry,
  type Problem,
  type RunningRegistry,
  settingsFor,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'
import { startScriptedRegistry } from './support/scripted-registry.ts'

const HOUR_MS = 3_600_000

type Key = { readonly id: string; readonly key: string; readonly role: string }
type Me = { readonly key_id: string; readonly name: string; readonly role: string }

/** As the registry's own page sends it. */
const own = ({ url }: RunningRegistry) => ({ origin: new URL(url).origin, 'sec-fetch-site': 'same-origin' })

function signIn(
  registry: RunningRegistry,
  key: string,
  headers: Readonly<Record<string, string>> = own(registry),
): Promise<Answer<Problem>> {
  return registry.call('POST', '/session', { key: null, body: { key }, headers })
}

/** The cookie to send from now on. */
function cookieOf({ headers }: Answer<unknown>): string {
  const [cookie = ''] = (headers.get('set-cookie') ?? '').split(';')
  return cookie
}

async function begin(registry: RunningRegistry, key: string = registry.adminKey): Promise<string> {
  const answer = await signIn(registry, key)
  assert.equal(answer.status, 200, answer.text)
  return cookieOf(answer)
}

/** Asks with the cookie alone, from a page of the registry. */
function byCookie<T = Problem>(
  registry: RunningRegistry,
  cookie: string,
  options: CallOptions & { readonly method?: string; readonly path?: string } = {},
): Promise<Answer<T>> {
  const { method = 'GET', path = '/me', headers = own(registry), ...rest } = options
  return registry.call<T>(method, path, { key: null, ...rest, headers: { cookie, ...headers } })
}

const makeKey = (registry: RunningRegistry, role: string): Promise<Key> =>
  registry.succeed<Key>('POST', '/keys', { body: { name: `A ${role}`, role } })

const listActions = async (registry: RunningRegistry): Promise<string[]> => {
  const { audit } = await registry.succeed<{ audit: { action: string; actor: string }[] }>('GET', '/audit')
  return audit.map(({ action, actor }) => `${actor} ${action}`)
}

test('a session opens what its key opens, as that is now, and is kept from scripts and other sites', async (t) => {
  const registry = await startRegistry(t)
  const operator = await makeKey(registry, 'operator')
  const answer = await signIn(registry, operator.key)
  assert.equal(answer.status, 200)
  assert.equal((answer.body as unknown as Me).role, 'operator')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.ok(!answer.text.includes(operator.key))
  const header = answer.headers.get('set-cookie') ?? ''
  assert.match(header, /^__Host-agentvault-[0-9a-f]{8}=avs_\w{49}; Path=\/; Max-Age=43200; /)
  assert.match(header, /; HttpOnly; Secure; SameSite=Strict$/)
  assert.doesNotMatch(header, /domain/i)

  const cookie = cookieOf(answer)
  const me = await byCookie<Me>(registry, cookie)
  assert.deepEqual([me.status, me.body.key_id, me.body.role], [200, operator.id, 'operator'])
  assert.equal(me.headers.get('cache-control'), 'no-store')
  assert.match(me.headers.get('vary') ?? '', /\bCookie\b/)
  assert.equal((await byCookie(registry, cookie, { path: '/federation/peers' })).status, 200)
  assert.equal((await byCookie(registry, cookie, { path: '/keys' })).status, 403)
  const block = { method: 'POST', path: '/blocks', body: { origin: 'spam.example' } }
  assert.equal((await byCookie(registry, cookie, block)).status, 201)
})

test('signing out ends the session and no other one; both are in the audit log as acts of the key', async (t) => {
  const registry = await startRegistry(t)
  const { id, key } = await makeKey(registry, 'viewer')
  const [one, other] = [await begin(registry, key), await begin(registry, key)]
  const out = await byCookie(registry, one, { method: 'DELETE', path: '/session' })
  assert.equal(out.status, 204)
  assert.match(out.headers.get('set-cookie') ?? '', /^__Host-agentvault-\w+=; Path=\/; Max-Age=0; /)
  // Not the cookies: a browser would drop those of the whole domain.
  assert.equal(out.headers.get('clear-site-data'), '"cache", "storage"')
  const after = await byCookie(registry, one)
  assert.deepEqual([after.status, after.body.code], [401, 'unauthenticated'])
  assert.match(after.body.detail, /session ended/)
  assert.match(after.headers.get('set-cookie') ?? '', /Max-Age=0/)
  assert.equal((await byCookie(registry, other)).status, 200)
  assert.deepEqual(
    (await listActions(registry)).filter((act) => act.includes('session.')),
    [`key:${id} session.delete`, `key:${id} session.create`, `key:${id} session.create`],
  )
  assert.equal((await byCookie(registry, one, { method: 'DELETE', path: '/session' })).status, 204)
})

test('under a path, signing out leaves what scripts of others at that host keep', async (t) => {
  const [adminKey, port] = [mintToken('ava'), await findFreePort()]
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const url = `http://localhost:${port}/deep`
  const env = { REGISTRY_PORT: String(port), REGISTRY_PUBLIC_URL: url }
  const registry = await openRegistry({ ...settingsFor({ name: 'Deep', adminKey, database }), ...env })
  t.after(() => registry[Symbol.asyncDispose]())
  await registry.listen()
  const out = await ask<Problem>('DELETE', `${url}/api/v1/session`)
  assert.deepEqual([out.status, out.headers.get('clear-site-data')], [204, '"cache"'])
})

test('a session ends with its key, and after twelve hours', async (t) => {
  const clock = createLaterClock()
  const registry = await startRegistry(t, { overrides: { clock } })
  const { id, key } = await makeKey(registry, 'viewer')
  const [revoked, lasting] = [await begin(registry, key), await begin(registry)]
  assert.equal((await byCookie(registry, revoked)).status, 200)
  await registry.succeed('DELETE', `/keys/${id}`)
  assert.equal((await byCookie(registry, revoked)).status, 401)
  clock.advance(12 * HOUR_MS - 60_000)
  assert.equal((await byCookie(registry, lasting)).status, 200)
  clock.advance(60_000)
  assert.equal((await byCookie(registry, lasting)).status, 401)
})

const skip = (await hasPostgres('sessions at two replicas')) ? false : 'PostgreSQL does not answer'

test('a session is known to all replicas, and its end within five seconds', { skip }, async (t) => {
  const clock = createLaterClock()
  const { all } = await startReplicas(t, [{ overrides: { clock } }, { overrides: { clock } }])
  const [one, other] = all
  assert.ok(one && other)
  const { id, key } = await makeKey(one, 'viewer')
  const [signedOut, revoked] = [await begin(one, key), await begin(one, key)]
  for (const cookie of [signedOut, revoked]) assert.equal((await byCookie(other, cookie)).status, 200)
  await byCookie(one, signedOut, { method: 'DELETE', path: '/session' })
  await one.succeed('DELETE', `/keys/${id}`)
  clock.advance(5_000)
  for (const cookie of [signedOut, revoked]) assert.equal((await byCookie(other, cookie)).status, 401)
})

test('a key that is sent along with the cookie counts, good or bad', async (t) => {
  const registry = await startRegistry(t)
  const viewer = await makeKey(registry, 'viewer')
  const cookie = await begin(registry)
  const both = await byCookie<Me>(registry, cookie, { key: viewer.key })
  assert.equal(both.body.key_id, viewer.id)
  assert.equal((await byCookie(registry, cookie, { key: mintToken('ava') })).status, 401)
  // A program that keeps cookies is not held to where its requests begin: it proves itself by the key.
  const body = { origin: 'spam.example' }
  const options = { method: 'POST', path: '/blocks', body, headers: { 'x-other': '1' } }
  assert.equal((await byCookie(registry, cookie, { ...options, key: registry.adminKey })).status, 201)
})

/** How the request of another page looks, whatever a browser may send of it. */
const ATTACKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'another site': { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  'another site, of a browser without fetch metadata': { origin: 'https://evil.example' },
  'another host of the same domain': { origin: 'http://evil.localhost', 'sec-fetch-site': 'same-site' },
  'another port of the same host': { origin: 'http://localhost:1', 'sec-fetch-site': 'same-site' },
  'a sandboxed frame': { origin: 'null', 'sec-fetch-site': 'cross-site' },
  'an origin that is kept back': { origin: 'null' },
  'one kept back by a page of ours': { origin: 'null', 'sec-fetch-site': 'same-origin' },
  'no origin, another site': { 'sec-fetch-site': 'cross-site' },
  'no origin, a link': { 'sec-fetch-site': 'none' },
  'nothing said at all': { 'x-other': '1' },
  'our origin, said by another site': { origin: 'ours', 'sec-fetch-site': 'cross-site' },
  'a name that begins with ours': { origin: 'ours.evil.example' },
}

function attack(registry: RunningRegistry, headers: Readonly<Record<string, string>>) {
  const ours = new URL(registry.url).origin
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/^ours/, ours)]),
  )
}

test('what another page begins changes nothing, though the browser sends the cookie along', async (t) => {
  const registry = await startRegistry(t)
  const cookie = await begin(registry)
  for (const [who, given] of Object.entries(ATTACKS)) {
    const headers = attack(registry, given)
    for (const [method, path, body] of [
      ['POST', '/keys', { name: 'Stolen', role: 'admin' }],
      ['PUT', '/agents/x', { name: 'X' }],
      ['DELETE', '/session', undefined],
    ] as const) {
      const answer = await byCookie(registry, cookie, { method, path, body, headers })
      assert.deepEqual([answer.status, answer.body.code], [403, 'cross-site'], `${who}: ${method} ${path}`)
    }
  }
  assert.equal((await byCookie(registry, cookie)).status, 200)
  const { keys } = await registry.succeed<{ keys: { name: string }[] }>('GET', '/keys')
  assert.ok(keys.every(({ name }) => name !== 'Stolen'))
})

test('what another page begins is held to the limit of an address, and costs who is signed in nothing', async (t) => {
  const env = { REGISTRY_RATE_ANONYMOUS: '4', REGISTRY_RATE_AUTH_FAILURES: '2', REGISTRY_RATE_KEY: '9' }
  const registry = await startRegistry(t, { env })
  const cookie = await begin(registry)
  const options = { method: 'POST', path: '/blocks', body: { origin: 'spam.example' } }
  const headers = { origin: 'https://evil.example' }
  const answers: Answer<Problem>[] = []
  for (let index = 0; index < 6; index += 1) {
    answers.push(await byCookie(registry, cookie, { ...options, headers }))
  }
  // Signing in was one of the four.
  assert.deepEqual(
    answers.map(({ status }) => status),
    [403, 403, 403, 429, 429, 429],
  )
  const [first, last] = [answers[0], answers.at(-1)]
  assert.match(first?.headers.get('ratelimit') ?? '', /^"anonymous";r=2;/)
  assert.deepEqual([last?.body.code, last?.headers.has('retry-after')], ['rate-limited', true])
  // The key's own allowance is whole, and the address has failed at nothing: a mistyped key is still looked at.
  const own = await byCookie(registry, cookie, options)
  assert.equal(own.status, 201)
  assert.match(own.headers.get('ratelimit') ?? '', /^"key";r=8;/)
  assert.equal((await registry.call('GET', '/me', { key: mintToken('ava') })).status, 401)
})

test('a page that may read answers of this registry (CORS) has no part in the session', async (t) => {
  const friend = 'https://friend.example'
  const registry = await startRegistry(t, { env: { REGISTRY_CORS_ORIGINS: friend } })
  const cookie = await begin(registry)
  const headers = { origin: friend, 'sec-fetch-site': 'cross-site' }
  const read = await byCookie(registry, cookie, { headers })
  assert.equal(read.status, 401)
  assert.equal(read.headers.get('access-control-allow-origin'), friend)
  assert.equal(read.headers.get('access-control-allow-credentials'), null)
  const changed = await byCookie(registry, cookie, {
    ...{ method: 'POST', path: '/blocks', body: { origin: 'spam.example' }, headers },
  })
  assert.equal(changed.status, 403)
})

test('what another page asks for is answered as it would be to anyone', async (t) => {
  const registry = await startRegistry(t)
  await publish(registry, { name: 'Hidden', visibility: 'private' })
  const cookie = await begin(registry)
  const count = async (headers?: Readonly<Record<string, string>>) => {
    const options = { path: '/agents', ...(headers && { headers }) }
    return (await byCookie<{ agents: unknown[] }>(registry, cookie, options)).body.agents.length
  }
  assert.equal(await count(), 1)
  assert.equal(await count({ 'sec-fetch-site': 'none' }), 1)
  for (const site of ['cross-site', 'same-site']) assert.equal(await count({ 'sec-fetch-site': site }), 0)
  assert.equal(await count({ origin: 'https://evil.example' }), 0)
})

test('nobody is signed in by another page, nor by a program (login CSRF)', async (t) => {
  const registry = await startRegistry(t)
  for (const [who, headers] of Object.entries(ATTACKS)) {
    const answer = await signIn(registry, registry.adminKey, attack(registry, headers))
    assert.deepEqual([answer.status, answer.body.code], [403, 'cross-site'], who)
    assert.equal(answer.headers.get('set-cookie'), null)
  }
  // A form cannot send what is read here.
  const form = await registry.call('POST', '/session', {
    ...{ key: null, body: `key=${registry.adminKey}` },
    headers: { ...own(registry), 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.deepEqual([form.status, form.headers.get('set-cookie')], [415, null])
})

test('a token that somebody put into the browser stays worthless (session fixation)', async (t) => {
  const registry = await startRegistry(t)
  const attacker = await makeKey(registry, 'viewer')
  const planted = await begin(registry, attacker.key)
  const headers = { ...own(registry), cookie: planted }
  const answer = await signIn(registry, registry.adminKey, headers)
  const cookie = cookieOf(answer)
  assert.notEqual(cookie, planted)
  assert.equal((await byCookie<Me>(registry, cookie)).body.role, 'admin')
  // Neither raised to the admin's, nor left as it was: signing in ends what was there before.
  assert.equal((await byCookie(registry, planted)).status, 401)

  const [name] = cookie.split('=')
  const invented = `${name}=${mintToken('avs')}`
  const next = await signIn(registry, registry.adminKey, { ...own(registry), cookie: invented })
  assert.equal(next.status, 200)
  assert.equal((await byCookie(registry, invented)).status, 401)
})

test('a cookie of another name, or with a key or a peer’s token in it, opens nothing', async (t) => {
  const registry = await startRegistry(t)
  const cookie = await begin(registry)
  const [name = '', token = ''] = cookie.split('=')
  assert.equal((await byCookie(registry, `agentvault=${token}`)).status, 401)
  assert.equal((await byCookie(registry, `x${name}=${token}`)).status, 401)
  assert.equal((await byCookie(registry, `${name}=${registry.adminKey}`)).status, 401)
  assert.equal((await registry.call('GET', '/me', { key: token })).status, 401)
  assert.equal((await byCookie(registry, `a=1; ${cookie}; b=2`)).status, 200)
})

test('wrong keys at the sign-in are throttled like all others, and a known one goes on', async (t) => {
  const registry = await startRegistry(t, { env: { REGISTRY_RATE_AUTH_FAILURES: '3' } })
  await begin(registry)
  for (let failure = 0; failure < 3; failure += 1) {
    assert.equal((await signIn(registry, mintToken('ava'))).status, 401)
  }
  const refused = await signIn(registry, mintToken('ava'))
  assert.deepEqual([refused.status, refused.body.code], [429, 'rate-limited'])
  assert.ok(refused.headers.get('retry-after'))
  assert.equal((await signIn(registry, 'ava_no key')).status, 429)
  assert.equal((await signIn(registry, mintToken('avf'))).status, 429)
  assert.equal((await registry.call('GET', '/me', { key: mintToken('ava') })).status, 429)
  assert.equal((await signIn(registry, registry.adminKey)).status, 200)
})

test('guessed sessions are throttled; what a page asks at once as its session ends is not', async (t) => {
  const registry = await startRegistry(t, { env: { REGISTRY_RATE_AUTH_FAILURES: '3' } })
  const cookie = await begin(registry)
  await byCookie(registry, cookie)
  await byCookie(registry, cookie, { method: 'DELETE', path: '/session' })
  const looks = await Promise.all(Array.from({ length: 8 }, () => byCookie(registry, cookie)))
  assert.deepEqual(new Set(looks.map(({ status }) => status)), new Set([401]))
  const [name] = cookie.split('=')
  const guess = () => byCookie(registry, `${name}=${mintToken('avs')}`)
  for (let failure = 0; failure < 3; failure += 1) assert.equal((await guess()).status, 401)
  assert.equal((await guess()).status, 429)
})

test('who goes on asking by a session that ended is held to the limit of an address', async (t) => {
  const registry = await startRegistry(t, { env: { REGISTRY_RATE_ANONYMOUS: '5' } })
  const cookie = await begin(registry)
  await byCookie(registry, cookie)
  await registry.succeed('DELETE', `/keys/${(await byCookie<Me>(registry, cookie)).body.key_id}`)
  const statuses: number[] = []
  for (let look = 0; look < 8; look += 1) statuses.push((await byCookie(registry, cookie)).status)
  // Signing in was one of the five.
  assert.deepEqual(statuses, [401, 401, 401, 401, 429, 429, 429, 429])
})

test('the token of a session is no key, on the way of answers that are ready either', async (t) => {
  const registry = await startRegistry(t)
  await publish(registry, { name: 'Weather', visibility: 'private' })
  const cookie = await begin(registry)
  const [, token = ''] = cookie.split('=')
  const path = '/discovery/agents?search=weather'
  for (let look = 0; look < 3; look += 1) {
    assert.equal((await registry.call('GET', path)).status, 200)
    assert.equal((await byCookie(registry, cookie, { path })).status, 200)
    const asKey = await registry.call<Problem>('GET', path, { key: token })
    assert.deepEqual([asKey.status, asKey.body.code], [401, 'unauthenticated'])
    assert.equal(
      (await registry.call('GET', path, { key: null, headers: { 'x-api-key': token } })).status,
      401,
    )
  }
})

test('over plain http from another machine, the sign-in says that it needs https', async (t) => {
  const [adminKey, port] = [mintToken('ava'), await findFreePort()]
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const env = { REGISTRY_PORT: String(port), REGISTRY_PUBLIC_URL: 'http://registry.lan:8080' }
  const registry = await openRegistry({ ...settingsFor({ name: 'Lan', adminKey, database }), ...env })
  t.after(() => registry[Symbol.asyncDispose]())
  await registry.listen()
  const at = `http://127.0.0.1:${port}`
  const send = (origin: string) =>
    ask<Problem>('POST', `${at}/api/v1/session`, { body: { key: adminKey }, headers: { origin } })
  const refused = await send('http://registry.lan:8080')
  assert.deepEqual([refused.status, refused.body.code], [403, 'https-needed'])
  assert.match(refused.body.detail, /needs https/)
  assert.equal(refused.headers.get('set-cookie'), null)
  const signedIn = await send(at)
  assert.equal(signedIn.status, 200)
  // Whoever rewrites what goes over plain http makes pages of that origin; a browser without fetch metadata says no more.
  const cookie = cookieOf(signedIn)
  const body = { origin: 'spam.example' }
  const block = (origin: string) =>
    ask<Problem>('POST', `${at}/api/v1/blocks`, { body, headers: { cookie, origin } })
  const changed = await block('http://registry.lan:8080')
  assert.deepEqual([changed.status, changed.body.code], [403, 'cross-site'])
  assert.equal((await block(at)).status, 201)
})

test('a search of who is signed in asks peers without the cookie', async (t) => {
  await using peer = await startScriptedRegistry(() => ({
    headers: { 'content-type': 'application/json' },
    body: { agents: [], next_cursor: null },
  }))
  const registry = await startRegistry(t)
  const draft = { name: 'Partner', registry_url: peer.url, api_key: 'a-key-of-theirs' }
  await registry.succeed('POST', '/federation/peers', { body: draft })
  const cookie = await begin(registry)
  const path = '/discovery/agents?search=weather&include_federated=true'
  assert.equal((await byCookie(registry, cookie, { path })).status, 200)
  const searches = peer.asked.filter(({ target }) => target.includes('search=weather'))
  assert.ok(searches.length > 0)
  for (const { headers } of peer.asked) assert.equal(headers.cookie, undefined)
})

test('what is ready for who is signed in is not shown to others', async (t) => {
  const registry = await startRegistry(t)
  await publish(registry, { name: 'Weather', visibility: 'private' })
  const cookie = await begin(registry)
  const path = '/discovery/agents?search=weather'
  const count = async (answer: Promise<Answer<unknown>>) =>
    ((await answer).body as { agents: unknown[] }).agents.length
  for (let look = 0; look < 3; look += 1) {
    assert.equal(await count(byCookie(registry, cookie, { path, headers: { 'x-other': '1' } })), 1)
    assert.equal(await count(registry.call('GET', path, { key: null })), 0)
  }
})
