/** What is done for the audit log again and again: digests of the log of questions, heads that leave the machine, retention. */
import type { AuditLink, AuditLog } from '../domain/audit-ports.ts'
import type { QueryLog } from '../domain/federation-ports.ts'
import type { Clock } from '../domain/ports.ts'
import type { SigningIdentity } from '../security/identity.ts'
import { type SignedHead, signHead, signStart } from './signed-head.ts'

export interface AuditEvents {
  /** Told of a head every few minutes: where it goes, the database's owner should not reach. */
  auditHeadSigned(head: SignedHead): void
}

export type AuditKeeperDeps = {
  readonly audit: Pick<AuditLog, 'span' | 'prune'>
  readonly queryLog: Pick<QueryLog, 'digest'>
  readonly identity: SigningIdentity
  /** Our public URL. */
  readonly registryUrl: string
  readonly clock: Clock
  readonly events: AuditEvents
}

export interface AuditKeeper {
  /** Run each minute, by one replica. */
  keep(): Promise<void>
  /** A head, signed: the one of now if not given. */
  signHead(head?: AuditLink): Promise<SignedHead>
  /** Removes rows of before `before` (Unix ms), which this registry's key confirms; returns how many. */
  prune(before: number): Promise<number>
}

/** What was written since the last head that left may be cut off unseen: so much, and for so long, at most. */
const HEAD_EVERY_ROWS = 1_000
const HEAD_EVERY_MS = 300_000

export function createAuditKeeper(deps: AuditKeeperDeps): AuditKeeper {
  const { audit, queryLog, identity, registryUrl, clock, events } = deps
  let last: { readonly seq: number; readonly at: number } | null = null

  const sign = (head: AuditLink): Promise<SignedHead> =>
    signHead(head, { registryUrl, identity, now: clock.now() })

  const isDue = (seq: number): boolean => {
    if (last === null) return true
    if (seq === last.seq) return false
    return seq >= last.seq + HEAD_EVERY_ROWS || clock.monotonic() - last.at >= HEAD_EVERY_MS
  }

  return {
    async keep() {
      await queryLog.digest()
      const { head } = await audit.span()
      if (!isDue(head.seq)) return
      events.auditHeadSigned(await sign(head))
      last = { seq: head.seq, at: clock.monotonic() }
    },
    signHead: async (head) => sign(head ?? (await audit.span()).head),
    prune: (before) => audit.prune(before, (link) => signStart(link, identity)),
  }
}
