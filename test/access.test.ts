/** Every route, asked by everyone, over a running registry: who is let through is who the access table names. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Principal, ROLES, type Role } from '../src/domain/principal.ts'
import { ACCESS, type Access } from '../src/http/access.ts'
import { mintToken } from '../src/security/tokens.ts'
import { SCRIPT_NAME, writePageFolder } from './support/page-folder.ts'
import { signedBy } from './support/peer-request.ts'
import { publish } from './support/records.ts'
import {
  type Answer,
  type CallOptions,
  describeRunning,
  findFreePort,
  openRegistry,
  type Problem,
  type RunningRegistry,
  settingsFor,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'

type CallerName = Role | 'anonymous' | 'peer'

const CALLERS: readonly CallerName[] = [...ROLES, 'peer', 'anonymous']

/** Asks as one caller, at any path of the server. */
type Send = (method: string, path: string, options?: CallOptions) => Promise<Answer<Problem>>

type World = {
  readonly registry: RunningRegistry
  readonly as: Readonly<Record<CallerName, Send>>
  /** The owner whose key each role has. */
  readonly ownKey: string
  readonly otherKey: string
  readonly peerId: string
}

const PEER_URL = 'https://127.0.0.1/partner'

/** One registry, a key of each role for one owner, a publisher's key of another, and a peer that signs. */
async function buildWorld(registry: RunningRegistry): Promise<World> {
  const own = await makeKey(registry, { role: 'publisher' })
  const other = await makeKey(registry, { role: 'publisher' })
  const keys = await Promise.all(ROLES.map((role) => makeKey(registry, { role, owner_id: own.owner_id })))
  const given = await registry.succeed<Given>('POST', '/federation/tokens', {
    body: { name: 'Partner', registry_url: PEER_URL },
  })
  const byKey = (key: string | null): Send => {
    return (method, path, options) => registry.send(method, path, { key, ...options })
  }
  const signer = { registry: PEER_URL, secret: given.signing_secret }
  const byPeer: Send = (method, path, options) => {
    const headers = { ...signedBy(signer, path, method), ...options?.headers }
    return registry.send(method, path, { ...options, key: given.token, headers })
  }
  const byRole = Object.fromEntries(ROLES.map((role, place) => [role, byKey(keys[place]?.key ?? '')]))
  return {
    registry,
    as: { ...(byRole as Record<Role, Send>), peer: byPeer, anonymous: byKey(null) },
    ...{ ownKey: own.key, otherKey: other.key, peerId: given.peer_id },
  }
}

type MadeKey = { readonly id: string; readonly key: string; readonly owner_id: string }
type Given = {
  readonly id: string
  readonly peer_id: string
  readonly token: string
  readonly signing_secret: string
}

function makeKey(
  registry: RunningRegistry,
  fields: { readonly role: Role; readonly owner_id?: string },
): Promise<MadeKey> {
  return registry.succeed('POST', '/keys', { body: { name: fields.role, ...fields } })
}

const NOBODY = '0199d2f0-0000-7000-8000-000000000000'

/** What stands in the place of a pattern's parameters: what is there, for routes that only read. */
function pathFor(route: string, world: World & { readonly agentId: string; readonly did: string }): string {
  const [method = '', pattern = ''] = route.split(' ')
  const isRead = method === 'GET'
  const path = pattern
    .replace('/assets/*', `/assets/${SCRIPT_NAME}`)
    .replace(':reference', isRead ? world.agentId : NOBODY)
    .replace(':did', encodeURIComponent(world.did))
    .replace('/agents/:id/', `/agents/${world.agentId}/`)
    .replace(':id', isRead ? world.peerId : NOBODY)
  const query: Readonly<Record<string, string>> = {
    'GET /api/v1/changes': '?since=0',
    'GET /api/v1/audit/report': '?month=2026-01',
  }
  return path + (query[route] ?? '')
}

/** Streams have no HEAD. */
function hasHead(route: string): boolean {
  return route.startsWith('GET ') && !route.endsWith('/export')
}

const TAKES_BODY = ['POST', 'PUT']

/** What the table says of one caller, where reading is open and the caller is on this machine, or neither. */
function isAllowed(caller: CallerName, { roles, peers, anonymous }: Access, isOpen: boolean): boolean {
  if (caller === 'peer') return peers
  if (caller !== 'anonymous') return roles.includes(caller)
  return anonymous === 'always' || (anonymous !== 'never' && isOpen)
}

type Kind = Principal['kind']
const kindOf = (caller: CallerName): Kind => (caller === 'peer' || caller === 'anonymous' ? caller : 'key')

/** How who is not in the table is turned away. */
const REFUSED: Readonly<Record<Kind, readonly [status: number, code: string]>> = {
  anonymous: [401, 'unauthenticated'],
  key: [403, 'forbidden'],
  peer: [403, 'forbidden'],
}

const codeOf = ({ body }: Answer<Problem>): string | undefined =>
  body?.code ?? /#([a-z-]+)$/.exec(body?.type ?? '')?.[1]

const CARD = {
  name: 'Open',
  description: '',
  version: '1',
  url: 'https://open.example',
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [],
  capabilities: {},
}

/** Asks every route of the table as everyone. @returns what went otherwise than it says, and how often it was asked. */
async function walk(
  world: World,
  isOpen: boolean,
): Promise<{ readonly wrong: string[]; readonly asked: number }> {
  const shown = await publish(world.registry, { name: 'Open', card: CARD }, { key: world.otherKey })
  const place = { ...world, agentId: shown.id, did: shown.did }
  const wrong: string[] = []
  let asked = 0
  for (const [route, access] of Object.entries(ACCESS)) {
    const [method = ''] = route.split(' ')
    for (const caller of CALLERS) {
      for (const verb of hasHead(route) ? ['GET', 'HEAD'] : [method]) {
        const options = TAKES_BODY.includes(verb) ? { body: {} } : {}
        const answer = await world.as[caller](verb, pathFor(route, place), options)
        asked += 1
        const fault = judge(answer, { verb, caller, isLetThrough: isAllowed(caller, access, isOpen) })
        if (fault !== undefined) wrong.push(`${caller}: ${verb} ${route}: ${fault}`)
      }
    }
  }
  return { wrong, asked }
}

function judge(
  answer: Answer<Problem>,
  {
    verb,
    caller,
    isLetThrough,
  }: { readonly verb: string; readonly caller: CallerName; readonly isLetThrough: boolean },
): string | undefined {
  const told = `${answer.status} ${answer.text.slice(0, 200)}`
  if (isLetThrough) {
    // A route that reads is asked for what is there; one that changes something, for what it refuses or makes.
    const isRead = verb === 'GET' || verb === 'HEAD'
    const isFine = isRead
      ? answer.status === 200
      : ![401, 403, 405].includes(answer.status) && answer.status < 500
    return isFine ? undefined : `turned away: ${told}`
  }
  const [status, code] = REFUSED[kindOf(caller)]
  // Pages tell people in a sentence, without a code.
  const isPage = answer.headers.get('content-type')?.startsWith('text/html') === true
  const isRefused = answer.status === status && (verb === 'HEAD' || isPage || codeOf(answer) === code)
  return isRefused ? undefined : `not refused: ${told}`
}

test('every route of a registry that anyone may read lets through whom the table names, and nobody else', async (t) => {
  const { wrong, asked } = await walk(await buildWorld(await startOpen(t)), true)
  assert.deepEqual(wrong, [])
  assert.ok(asked > 8 * Object.keys(ACCESS).length)
  t.diagnostic(`${asked} requests`)
})

async function startOpen(t: TestContext): Promise<RunningRegistry> {
  return startRegistry(t, { overrides: { pagesFolder: await writePageFolder(t) } })
}

/** Published under a name that does not lead here, so it is asked at its port. */
async function startPublished(t: TestContext): Promise<RunningRegistry> {
  const name = 'Published'
  const adminKey = mintToken('ava')
  const port = await findFreePort()
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const env = {
    ...settingsFor({ name, adminKey, database }),
    REGISTRY_PORT: String(port),
    REGISTRY_PUBLIC_URL: 'https://registry.example',
    REGISTRY_ANONYMOUS_READ: 'false',
  }
  const registry = await openRegistry(env, { pagesFolder: await writePageFolder(t) })
  const running = describeRunning(registry, { name, adminKey, at: `http://localhost:${port}` })
  t.after(() => running.stop())
  await registry.listen()
  return running
}

test('and so does one that is published and read by key holders only', async (t) => {
  const { wrong } = await walk(await buildWorld(await startPublished(t)), false)
  assert.deepEqual(wrong, [])
})

const PAGES = ['/', '/agent', '/console', '/console/*', '/assets/*', '/plain'].map((path) => `GET ${path}`)

test('the routes of the API document are those of the table, but for the pages', async (t) => {
  const registry = await startRegistry(t)
  const { paths } = await registry.succeed<{ paths: Record<string, Record<string, unknown>> }>(
    'GET',
    '/openapi.json',
  )
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  )
  assert.deepEqual([...described, ...PAGES].sort(), Object.keys(ACCESS).sort())
})

const VISIBILITIES = ['private', 'local', 'federated', 'public'] as const
const STATUSES = ['active', 'disabled'] as const

type Case = {
  readonly whose: 'own' | 'other'
  readonly visibility: (typeof VISIBILITIES)[number]
  readonly status: (typeof STATUSES)[number]
}

const CASES: readonly Case[] = (['own', 'other'] as const).flatMap((whose) =>
  VISIBILITIES.flatMap((visibility) => STATUSES.map((status) => ({ whose, visibility, status }))),
)

/** The widest class of other people's records that a caller sees. */
const SEES: Readonly<Record<CallerName, readonly string[]>> = {
  ...{ anonymous: ['public'], peer: ['public', 'federated'] },
  ...{ viewer: ['public', 'federated', 'local'], publisher: ['public', 'federated', 'local'] },
  ...{ operator: ['public', 'federated', 'local'], 'federation-admin': ['public', 'federated', 'local'] },
  ...{ auditor: ['public', 'federated', 'local'], admin: VISIBILITIES },
}

function isSeen(caller: CallerName, { whose, visibility, status }: Case): boolean {
  const hasOwn = kindOf(caller) === 'key' && whose === 'own'
  return hasOwn || (SEES[caller].includes(visibility) && (status === 'active' || caller === 'admin'))
}

/** What changing a record comes to; a stale `If-Match` keeps it from happening to who may. */
function changeStatus(caller: CallerName, one: Case): number {
  if (caller === 'anonymous') return 401
  if (['peer', 'viewer', 'auditor'].includes(caller)) return 403
  if (!isSeen(caller, one)) return 404
  return caller === 'admin' || one.whose === 'own' ? 412 : 403
}

/** Operators answer for all that is here, whether they see it or not. */
function restoreStatus(caller: CallerName): number {
  if (caller === 'anonymous') return 401
  return ['operator', 'federation-admin', 'admin'].includes(caller) ? 200 : 403
}

const readStatus = (caller: CallerName, one: Case): number => (isSeen(caller, one) ? 200 : 404)

test('own and others’ records: who sees which, and who may change them', async (t) => {
  const world = await buildWorld(await startRegistry(t))
  const wrong: string[] = []
  let asked = 0
  const expectStatus = async (
    what: string,
    expected: number,
    answer: Promise<Answer<Problem>>,
  ): Promise<void> => {
    asked += 1
    const { status, text } = await answer
    if (status !== expected) wrong.push(`${what}: ${status}, not ${expected}: ${text.slice(0, 200)}`)
  }
  const records = new Map<Case, string>()
  for (const one of CASES) {
    const { whose, visibility, status } = one
    const fields = { name: `${whose} ${visibility} ${status}`, visibility, status, card: CARD }
    const key = whose === 'own' ? world.ownKey : world.otherKey
    records.set(one, (await publish(world.registry, fields, { key })).id)
  }
  for (const caller of CALLERS) {
    const send = world.as[caller]
    const { body: page } = (await send('GET', '/api/v1/agents?limit=100')) as unknown as Answer<{
      readonly agents: readonly { readonly id: string }[]
    }>
    for (const [one, id] of records) {
      const what = `${caller}, ${Object.values(one).join(' ')}`
      const path = `/api/v1/agents/${id}`
      const didPath = `/agents/${id}/did.json`
      const headers = { 'if-match': '"999"' }
      await expectStatus(`GET ${what}`, readStatus(caller, one), send('GET', path))
      await expectStatus(`HEAD ${what}`, readStatus(caller, one), send('HEAD', path))
      await expectStatus(`card ${what}`, readStatus(caller, one), send('GET', `${path}/card`))
      const didStatus = caller === 'peer' ? 403 : readStatus(caller, one)
      await expectStatus(`did.json ${what}`, didStatus, send('GET', didPath))
      await expectStatus(
        `PUT ${what}`,
        changeStatus(caller, one),
        send('PUT', path, { body: { version: '2' }, headers }),
      )
      await expectStatus(`DELETE ${what}`, changeStatus(caller, one), send('DELETE', path, { headers }))
      const gift = changeStatus(caller, one) === 412 ? 422 : changeStatus(caller, one) // to nobody who is here
      await expectStatus(
        `transfer ${what}`,
        gift,
        send('POST', `${path}/transfer`, { body: { owner_id: NOBODY } }),
      )
      await expectStatus(`restore ${what}`, restoreStatus(caller), send('DELETE', `${path}/take-down`))
      if (page.agents.some((agent) => agent.id === id) !== isSeen(caller, one)) wrong.push(`list ${what}`)
      asked += 1
    }
  }
  assert.deepEqual(wrong, [])
  t.diagnostic(`${asked} looks at ${records.size} records`)
})

test('an operator disables a peer and changes nothing else of it; a federation-admin does', async (t) => {
  const { as, peerId } = await buildWorld(await startRegistry(t))
  const path = `/api/v1/federation/peers/${peerId}`
  const change = async (caller: CallerName, body: unknown) => (await as[caller]('PUT', path, { body })).status
  for (const body of [{ is_active: false }, { inbound_active: false }])
    assert.equal(await change('operator', body), 200)
  for (const body of [
    { priority: 1 },
    { is_active: true },
    { is_active: false, api_key: 'k' },
    { share_policy: null },
    { size_confirmed: true },
  ]) {
    assert.equal(await change('operator', body), 403, JSON.stringify(body))
  }
  assert.equal(await change('federation-admin', { priority: 1, inbound_active: true }), 200)
})
