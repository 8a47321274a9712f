/** The list of migrations, in order; released ones never change. */
import type { Kysely } from 'kysely'
import type { ColumnTypes } from '../engine.ts'
import { up as foundation } from './20261123T220000Z-foundation.ts'
import { up as leases } from './20261125T214000Z-leases.ts'
import { up as healthHistory } from './20261125T215000Z-health-history.ts'
import { up as queryLog } from './20261125T220000Z-query-log.ts'
import { up as discoverySnapshots } from './20261125T221000Z-discovery-snapshots.ts'
import { up as federatedAgentIds } from './20261125T222000Z-federated-agent-ids.ts'
import { up as peerSync } from './20261125T223000Z-peer-sync.ts'
import { up as changesFeed } from './20261125T224000Z-changes-feed.ts'
import { up as identityKeys } from './20261202T090000Z-identity-keys.ts'
import { up as auditChain } from './20261202T100000Z-audit-chain.ts'
import { up as peerSigning } from './20261202T113000Z-peer-signing.ts'
import { up as queryDays } from './20261202T113500Z-query-days.ts'
import { up as sharePolicies } from './20261202T130000Z-share-policies.ts'
import { up as invites } from './20261202T140000Z-invites.ts'
import { up as invitePolicies } from './20261202T150000Z-invite-policies.ts'
import { up as blocks } from './20261202T160000Z-blocks.ts'
import { up as peerQuotas } from './20261202T161000Z-peer-quotas.ts'
import { up as credentialRotation } from './20261202T162000Z-credential-rotation.ts'
import { up as moderation } from './20261202T170000Z-moderation.ts'
import { up as peerTls } from './20261202T171500Z-peer-tls.ts'
import { up as sessions } from './20261203T090000Z-sessions.ts'
import { up as confirmedSize } from './20261204T090000Z-confirmed-size.ts'

export type Step = (db: Kysely<unknown>, types: ColumnTypes) => Promise<void>

export const MIGRATIONS: Readonly<Record<string, Step>> = {
  '20261123T220000Z-foundation': foundation,
  '20261125T214000Z-leases': leases,
  '20261125T215000Z-health-history': healthHistory,
  '20261125T220000Z-query-log': queryLog,
  '20261125T221000Z-discovery-snapshots': discoverySnapshots,
  '20261125T222000Z-federated-agent-ids': federatedAgentIds,
  '20261125T223000Z-peer-sync': peerSync,
  '20261125T224000Z-changes-feed': changesFeed,
  '20261202T090000Z-identity-keys': identityKeys,
  '20261202T100000Z-audit-chain': auditChain,
  '20261202T113000Z-peer-signing': peerSigning,
  '20261202T113500Z-query-days': queryDays,
  '20261202T130000Z-share-policies': sharePolicies,
  '20261202T140000Z-invites': invites,
  '20261202T150000Z-invite-policies': invitePolicies,
  '20261202T160000Z-blocks': blocks,
  '20261202T161000Z-peer-quotas': peerQuotas,
  '20261202T162000Z-credential-rotation': credentialRotation,
  '20261202T170000Z-moderation': moderation,
  '20261202T171500Z-peer-tls': peerTls,
  '20261203T090000Z-sessions': sessions,
  '20261204T090000Z-confirmed-size': confirmedSize,
}
