import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCESS } from '../../src/http/access.ts'
import { MAY, type Permission } from './roles.ts'

/** One route that stands for each of them. */
const ROUTES: Readonly<Record<Permission, readonly string[]>> = {
  read: ['GET /api/v1/federation/health', 'GET /api/v1/me'],
  publish: ['POST /api/v1/agents', 'POST /api/v1/agents/import', 'POST /api/v1/agents/:reference/transfer'],
  operate: [
    'GET /api/v1/federation/peers',
    'GET /api/v1/reports',
    'GET /api/v1/blocks',
    'GET /api/v1/settings',
    'DELETE /api/v1/federation/peers/:id/cache',
  ],
  readQueries: ['GET /api/v1/federation/query-log'],
  federate: [
    'POST /api/v1/federation/peers',
    'POST /api/v1/federation/invites',
    'GET /api/v1/federation/tokens',
  ],
  audit: ['GET /api/v1/audit'],
  administer: ['GET /api/v1/keys'],
}

test('roles: what the console offers is what the registry lets each role do', () => {
  for (const [permission, routes] of Object.entries(ROUTES)) {
    const offered: readonly string[] = MAY[permission as Permission]
    for (const route of routes) {
      assert.deepEqual([...offered].sort(), [...(ACCESS[route]?.roles ?? [])].sort(), route)
    }
  }
})
