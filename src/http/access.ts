/**
 * Who may call what. Every route has its entry here, under its method and pattern; a route without one, or an entry
 * without a route, keeps the server from starting. What an entry does not allow is refused.
 */
import type { Principal, Role } from '../domain/principal.ts'
import { ProblemError } from '../problem.ts'
import { CHALLENGE } from './request-state.ts'

export type Access = {
  readonly roles: readonly Role[]
  /** Federation tokens. */
  readonly peers: boolean
  /**
   * Callers without credentials: always, never, where `REGISTRY_ANONYMOUS_READ` lets them read, or from the machine
   * of a registry that is not published (`local-caller.ts`).
   */
  readonly anonymous: 'always' | 'where-readable' | 'on-this-machine' | 'never'
}

// Each role can do what those before it can. The auditor stands aside: the logs, and what a viewer reads.
const OPERATORS: readonly Role[] = ['operator', 'federation-admin', 'admin']
const OPERATORS_AND_AUDITOR: readonly Role[] = [...OPERATORS, 'auditor']
const AUDITORS: readonly Role[] = ['admin', 'auditor']
const FEDERATION_ADMINS: readonly Role[] = ['federation-admin', 'admin']
const PUBLISHERS: readonly Role[] = ['publisher', ...OPERATORS]
const READERS: readonly Role[] = ['viewer', ...PUBLISHERS, 'auditor']

const open: Access = { roles: READERS, peers: true, anonymous: 'always' }
const readOrAnonymous: Access = { roles: READERS, peers: false, anonymous: 'where-readable' }
const readByPeers: Access = { ...readOrAnonymous, peers: true }
const keysOnly = (roles: readonly Role[]): Access => ({ roles, peers: false, anonymous: 'never' })

export const ACCESS: Readonly<Record<string, Access>> = {
  // Pages: the same for everybody, without data. What they show they ask the API for.
  'GET /': open,
  'GET /agent': open,
  'GET /console': open,
  'GET /console/*': open,
  'GET /assets/*': open,
  // Shows what the search answers, and so to whom that does.
  'GET /plain': readOrAnonymous,

  'GET /livez': open,
  'GET /readyz': open,
  'GET /metrics': { roles: READERS, peers: false, anonymous: 'on-this-machine' },
  'GET /docs': open,
  'GET /docs/errors': open,
  'GET /api/v1/openapi.json': open,
  'GET /api/v1/health': open,

  'GET /api/v1/agents': readByPeers,
  'GET /api/v1/agents/:reference': readByPeers,
  'GET /api/v1/agents/:reference/card': readByPeers,
  'GET /api/v1/changes': { roles: OPERATORS, peers: true, anonymous: 'never' },
  'GET /agents/:id/did.json': readOrAnonymous,
  'GET /api/v1/discovery/agents': readOrAnonymous,
  'GET /api/v1/discovery/agents/:did': readOrAnonymous,
  'GET /api/v1/discovery/facets': readOrAnonymous,

  'POST /api/v1/agents': keysOnly(PUBLISHERS),
  'PUT /api/v1/agents/:reference': keysOnly(PUBLISHERS),
  'DELETE /api/v1/agents/:reference': keysOnly(PUBLISHERS),
  'POST /api/v1/agents/import': keysOnly(PUBLISHERS),
  'POST /api/v1/agents/validate': keysOnly(PUBLISHERS),
  'POST /api/v1/agents/fetch-card': keysOnly(PUBLISHERS),
  'GET /api/v1/agents/export': keysOnly(READERS),

  'GET /.well-known/agent-registry.json': open,
  'GET /api/v1/federation/identity': keysOnly(OPERATORS),
  'POST /api/v1/federation/identity/rotate': keysOnly(FEDERATION_ADMINS),
  'GET /api/v1/federation/health': { roles: READERS, peers: false, anonymous: 'always' },
  'GET /api/v1/federation/peers': keysOnly(OPERATORS),
  'GET /api/v1/federation/peers/:id': keysOnly(OPERATORS),
  'POST /api/v1/federation/peers/:id/check': keysOnly(OPERATORS),
  'GET /api/v1/federation/peers/:id/health': keysOnly(OPERATORS),
  'GET /api/v1/federation/peers/:id/stats': keysOnly(OPERATORS),
  'GET /api/v1/federation/stats': keysOnly(OPERATORS),
  'GET /api/v1/federation/peers/:id/preview': keysOnly(OPERATORS),
  'DELETE /api/v1/federation/peers/:id/cache': keysOnly(OPERATORS),
  'GET /api/v1/federation/query-log': keysOnly(OPERATORS_AND_AUDITOR),
  'GET /api/v1/federation/query-log/export': keysOnly(OPERATORS_AND_AUDITOR),
  // Operators may disable a peer, no more; the route looks at that.
  'PUT /api/v1/federation/peers/:id': keysOnly(OPERATORS),
  'POST /api/v1/federation/peers': keysOnly(FEDERATION_ADMINS),
  'DELETE /api/v1/federation/peers/:id': keysOnly(FEDERATION_ADMINS),
  'POST /api/v1/federation/peers/:id/confirm': keysOnly(FEDERATION_ADMINS),
  'GET /api/v1/federation/invites': keysOnly(FEDERATION_ADMINS),
  'POST /api/v1/federation/invites': keysOnly(FEDERATION_ADMINS),
  'DELETE /api/v1/federation/invites/:id': keysOnly(FEDERATION_ADMINS),
  'POST /api/v1/federation/invites/accept': keysOnly(FEDERATION_ADMINS),
  // Who holds an invite has no key yet; the route looks at the invite.
  'POST /api/v1/federation/enroll': { roles: READERS, peers: false, anonymous: 'always' },
  'GET /api/v1/federation/tokens': keysOnly(FEDERATION_ADMINS),
  'POST /api/v1/federation/tokens': keysOnly(FEDERATION_ADMINS),
  'POST /api/v1/federation/tokens/:id/rotate': keysOnly(FEDERATION_ADMINS),
  'DELETE /api/v1/federation/tokens/:id': keysOnly(FEDERATION_ADMINS),

  'POST /api/v1/agents/:reference/report': readOrAnonymous,
  'POST /api/v1/agents/:reference/take-down': keysOnly(OPERATORS),
  'DELETE /api/v1/agents/:reference/take-down': keysOnly(OPERATORS),
  'POST /api/v1/agents/:reference/transfer': keysOnly(PUBLISHERS),
  'GET /api/v1/withheld': keysOnly(OPERATORS),
  'GET /api/v1/reports': keysOnly(OPERATORS),
  'POST /api/v1/reports/:id/resolve': keysOnly(OPERATORS),
  'GET /api/v1/blocks': keysOnly(OPERATORS),
  'POST /api/v1/blocks': keysOnly(OPERATORS),
  'DELETE /api/v1/blocks/:id': keysOnly(OPERATORS),

  'GET /api/v1/keys': keysOnly(['admin']),
  'POST /api/v1/keys': keysOnly(['admin']),
  'POST /api/v1/keys/:id/rotate': keysOnly(['admin']),
  'DELETE /api/v1/keys/:id': keysOnly(['admin']),
  'POST /api/v1/keys/:id/suspend': keysOnly(['admin']),
  'POST /api/v1/keys/:id/resume': keysOnly(['admin']),
  'GET /api/v1/me': keysOnly(READERS),
  // Who signs in has no session yet; who signs out may have none any more. The routes look at key and cookie.
  'POST /api/v1/session': { roles: READERS, peers: false, anonymous: 'always' },
  'DELETE /api/v1/session': { roles: READERS, peers: false, anonymous: 'always' },
  'GET /api/v1/settings': keysOnly(OPERATORS),
  'GET /api/v1/audit': keysOnly(AUDITORS),
  'GET /api/v1/audit/head': keysOnly(AUDITORS),
  'GET /api/v1/audit/export': keysOnly(AUDITORS),
  'GET /api/v1/audit/report': keysOnly(AUDITORS),
}

/** The entry of a route; HEAD is asked as GET is. */
export function findAccess(method: string, pattern: string): Access | undefined {
  const key = `${method === 'HEAD' ? 'GET' : method} ${pattern}`
  return Object.hasOwn(ACCESS, key) ? ACCESS[key] : undefined
}

/** @throws ProblemError 401 when a key would help, 403 when another role would. */
export function authorize(
  principal: Principal,
  access: Access,
  asked: { readonly anonymousRead: boolean; readonly isOnThisMachine: () => boolean },
): void {
  switch (principal.kind) {
    case 'anonymous': {
      if (isOpenToAnyone(access, asked)) return
      throw new ProblemError('unauthenticated', `This needs an API key ${ofRoles(access.roles)}.`, {
        headers: CHALLENGE,
      })
    }
    case 'key':
      if (access.roles.includes(principal.role)) return
      throw new ProblemError(
        'forbidden',
        `Your key has the role ${principal.role}; this needs one ${ofRoles(access.roles)}.`,
      )
    case 'peer':
      if (access.peers) return
      throw new ProblemError(
        'forbidden',
        'A federation token opens the search, single agents, their cards, the changes and the health of this registry, nothing else.',
      )
  }
}

function isOpenToAnyone({ anonymous }: Access, asked: Parameters<typeof authorize>[2]): boolean {
  switch (anonymous) {
    case 'always':
      return true
    case 'where-readable':
      return asked.anonymousRead
    case 'on-this-machine':
      return asked.isOnThisMachine()
    case 'never':
      return false
  }
}

function ofRoles(roles: readonly Role[]): string {
  if (roles.includes('viewer')) return 'of this registry'
  return `of the role ${roles.length === 1 ? roles[0] : `${roles.slice(0, -1).join(', ')} or ${roles.at(-1)}`}`
}
