import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerId } from '../domain/agent.ts'
import type { PeerId } from '../domain/peer.ts'
import { NOTHING_USED } from '../domain/peer-quota.ts'
import type { KeyId, Principal, Role, TokenId } from '../domain/principal.ts'
import { ProblemError } from '../problem.ts'
import { ACCESS, authorize, findAccess } from './access.ts'
import { ANONYMOUS } from './request-state.ts'

const PEER: Principal = {
  ...{ kind: 'peer', peerId: 'p' as PeerId, tokenId: 't' as TokenId, name: 'P' },
  view: { recordsRevision: 1, shareRevision: 0, policy: null, quota: null, used: NOTHING_USED },
}

function keyOf(role: Role): Principal {
  return { kind: 'key', keyId: 'k' as KeyId, ownerId: 'o' as OwnerId, role, name: 'K' }
}

function statusFor(principal: Principal, route: string, anonymousRead = true): number {
  const access = ACCESS[route]
  assert.ok(access, route)
  try {
    authorize(principal, access, { anonymousRead, isOnThisMachine: () => false })
    return 200
  } catch (error) {
    assert.ok(error instanceof ProblemError)
    return error.status
  }
}

function openTo(principal: Principal): string[] {
  return Object.keys(ACCESS).filter((route) => statusFor(principal, route) === 200)
}

test('a federation token opens the search, one agent, its card, changes and health, and nothing that changes anything', () => {
  const opened = openTo(PEER).filter((route) => route.includes('/api/v1/'))
  assert.deepEqual(opened.sort(), [
    'GET /api/v1/agents',
    'GET /api/v1/agents/:reference',
    'GET /api/v1/agents/:reference/card',
    'GET /api/v1/changes',
    'GET /api/v1/health',
    'GET /api/v1/openapi.json',
  ])
})

/** Changes something for whoever holds an invite, which the route looks at. */
const BY_INVITE = 'POST /api/v1/federation/enroll'
/** Begin with a key and end what a cookie names, which the routes look at. */
const BY_SESSION: readonly string[] = ['POST /api/v1/session', 'DELETE /api/v1/session']
/** Tells the operators something, and changes nothing that is shown. */
const REPORT = 'POST /api/v1/agents/:reference/report'

function isRead(route: string): boolean {
  return route.startsWith('GET ') || [BY_INVITE, REPORT, ...BY_SESSION].includes(route)
}

test('callers without a key only read and report, and only where reading is open', () => {
  assert.ok(openTo(ANONYMOUS).every(isRead))
  assert.equal(statusFor(ANONYMOUS, 'GET /api/v1/agents', true), 200)
  assert.equal(statusFor(ANONYMOUS, 'GET /api/v1/agents', false), 401)
  assert.equal(statusFor(ANONYMOUS, 'GET /api/v1/agents/export'), 401)
  assert.equal(statusFor(ANONYMOUS, 'GET /api/v1/me'), 401)
})

test('metrics are for keys, and for callers without one only on this machine; a peer does not see them', () => {
  assert.equal(statusFor(keyOf('viewer'), 'GET /metrics'), 200)
  assert.equal(statusFor(ANONYMOUS, 'GET /metrics'), 401)
  assert.equal(statusFor(PEER, 'GET /metrics'), 403)
})

test('a viewer changes nothing', () => {
  assert.ok(openTo(keyOf('viewer')).every(isRead))
})

test('the auditor reads what a viewer reads, and the logs of who did and who asked what', () => {
  const more = openTo(keyOf('auditor')).filter((route) => !openTo(keyOf('viewer')).includes(route))
  assert.deepEqual(more, [
    ...['GET /api/v1/federation/query-log', 'GET /api/v1/federation/query-log/export'],
    ...['GET /api/v1/audit', 'GET /api/v1/audit/head', 'GET /api/v1/audit/export'],
    'GET /api/v1/audit/report',
  ])
})

test('each of the other roles can do what the one before it can, and more', () => {
  const ladder: Role[] = ['viewer', 'publisher', 'operator', 'federation-admin', 'admin']
  for (const [index, role] of ladder.entries()) {
    const before = ladder[index - 1]
    if (before === undefined) continue
    const opened = openTo(keyOf(role))
    assert.ok(openTo(keyOf(before)).every((route) => opened.includes(route)))
    assert.ok(opened.length > openTo(keyOf(before)).length, role)
  }
})

test('only admins make keys, only federation-admins and admins make tokens and peers', () => {
  const makers = (route: string) =>
    (['viewer', 'publisher', 'operator', 'federation-admin', 'admin', 'auditor'] as const).filter(
      (role) => statusFor(keyOf(role), route) === 200,
    )
  assert.deepEqual(makers('POST /api/v1/keys'), ['admin'])
  assert.deepEqual(makers('POST /api/v1/federation/tokens'), ['federation-admin', 'admin'])
  assert.deepEqual(makers('POST /api/v1/federation/peers'), ['federation-admin', 'admin'])
  assert.deepEqual(makers('POST /api/v1/federation/peers/:id/check'), [
    'operator',
    'federation-admin',
    'admin',
  ])
})

test('a refusal names the role that is needed', () => {
  const access = ACCESS['POST /api/v1/keys']
  assert.ok(access)
  assert.throws(
    () => authorize(keyOf('viewer'), access, { anonymousRead: true, isOnThisMachine: () => true }),
    /viewer; this needs one of the role admin/,
  )
})

test('a route that is not in the table has no access, whatever its name', () => {
  assert.equal(findAccess('GET', '/api/v1/secrets'), undefined)
  assert.equal(findAccess('GET', 'constructor'), undefined)
  assert.equal(findAccess('HEAD', '/api/v1/agents'), ACCESS['GET /api/v1/agents'])
})
