/**
 * Who may see a record, as the index keeps it: one small number for visibility, status and owner together.
 * Whatever an asker may see is a set of audiences, so scope costs a search nothing.
 */
import type { AgentStatus, OwnerId, Visibility } from '../domain/agent.ts'
import type { Withheld } from '../domain/moderation.ts'
import type { Scope } from '../domain/principal.ts'
import type { SharePolicy } from '../domain/share-policy.ts'
import { shareCondition } from './share-condition.ts'

/** Ids of the audiences that exist from the start. */
const SHARED_AUDIENCES: readonly string[] = ['public', 'federated', 'local']

/** Private, disabled and withheld records are seen by their owner (and admins) only. */
export function audienceOf(record: {
  readonly visibility: Visibility
  readonly status: AgentStatus
  readonly ownerId: OwnerId
  readonly withheld: Withheld | null
}): string {
  return record.visibility === 'private' || record.status === 'disabled' || record.withheld !== null
    ? ownerAudience(record.ownerId)
    : record.visibility
}

export function ownerAudience(ownerId: OwnerId): string {
  return `owner:${ownerId}`
}

/** The narrowest class of readers (the id of a shared audience) that sees an audience; past the last one: none does. */
export function firstReader(audienceId: number): number {
  return Math.min(audienceId, SHARED_AUDIENCES.length)
}

/** The class of readers an asker belongs to, as the id of a shared audience; `null`: it sees everything. */
export function widestReader(widest: Scope['widest']): number | null {
  return widest === 'all' ? null : SHARED_AUDIENCES.indexOf(widest)
}

/** Whether an asker sees records of an audience, or saw those deleted from it. */
export function reaches(
  scope: Scope,
  audience: { readonly name: string; readonly ownerId: string },
): boolean {
  if (scope.widest === 'all' || scope.ownerId === audience.ownerId) return true
  const widest = SHARED_AUDIENCES.indexOf(scope.widest)
  const place = SHARED_AUDIENCES.indexOf(audience.name)
  return place >= 0 && place <= widest
}

/**
 * The condition that a record is within a scope, as SQL.
 * @param record the `agents` row's alias.
 */
export function recordCondition(record: string, scope: Scope, mark: (value: unknown) => string): string {
  const ofAudience = audienceCondition(`${record}.audience_id`, scope, mark)
  if (scope.share === undefined) return ofAudience
  return `(${ofAudience} and ${shareExtent(record, scope.share.policy, mark)})`
}

/** Public records are anyone's, federated ones those that the policy admits. */
export function shareExtent(record: string, policy: SharePolicy, mark: (value: unknown) => string): string {
  const isPublic = `${record}.audience_id = ${PUBLIC_AUDIENCE}`
  return `(${isPublic} or ${shareCondition(policy, record, mark)})`
}

export const PUBLIC_AUDIENCE: number = SHARED_AUDIENCES.indexOf('public')
/** The one that share policies narrow. */
export const FEDERATED_AUDIENCE: number = SHARED_AUDIENCES.indexOf('federated')

/**
 * The condition that a column of audience ids is within a scope, as SQL.
 * @param mark adds a parameter and returns its mark.
 */
export function audienceCondition(column: string, scope: Scope, mark: (value: unknown) => string): string {
  if (scope.widest === 'all') return 'true'
  const shared = `${column} <= ${SHARED_AUDIENCES.indexOf(scope.widest)}`
  if (scope.ownerId === null) return shared
  const own = `select id from audiences where name = ${mark(ownerAudience(scope.ownerId))}`
  return `(${shared} or ${column} = (${own}))`
}
