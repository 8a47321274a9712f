/** Which roles may do what: the groups of the registry's table of access, docs/access.md. */
import type { Role } from '../../src/domain/principal.ts'

const OPERATORS: readonly Role[] = ['operator', 'federation-admin', 'admin']

/** What somebody may do: read anything, publish records, and so on. */
export type Permission = 'read' | 'publish' | 'operate' | 'readQueries' | 'federate' | 'audit' | 'administer'

/** The registry holds to its own table whatever a page shows; a test holds this one against it. */
export const MAY: Readonly<Record<Permission, readonly Role[]>> = {
  read: ['viewer', 'publisher', ...OPERATORS, 'auditor'],
  publish: ['publisher', ...OPERATORS],
  operate: OPERATORS,
  readQueries: [...OPERATORS, 'auditor'],
  federate: ['federation-admin', 'admin'],
  audit: ['admin', 'auditor'],
  administer: ['admin'],
}

/** Whether the registry lets a role do so, as far as the role decides. */
export function may(role: Role, permission: Permission): boolean {
  return MAY[permission].includes(role)
}
