/** The audit log as the API tells it. */

export type AuditRow = {
  readonly seq: number
  readonly at: string | null
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly request_id: string | null
  readonly hash: string
}
export type AuditPage = { readonly audit: readonly AuditRow[]; readonly next_before: number | null }

/** The last row, signed. */
export type AuditHead = {
  readonly registry_url: string
  readonly seq: number
  readonly hash: string
  readonly at: string | null
  readonly keyid: string
  readonly public_key: Readonly<Record<string, string>>
  readonly signature: string
}

export type Traffic = {
  readonly questions: number
  readonly results: number
  readonly average_response_time_ms: number | null
  readonly outcomes: Readonly<Record<string, number>>
}

export type MonthReport = {
  readonly registry_name: string
  readonly month: string
  readonly is_over: boolean
  readonly generated_at: string | null
  readonly findings: readonly string[]
  readonly peers: readonly {
    readonly peer_id: string
    readonly name: string
    readonly state: string
    readonly outbound: Traffic
    readonly inbound: Traffic
  }[]
  readonly acts: readonly { readonly action: string; readonly actor: string; readonly count: number }[]
  readonly changes: readonly Omit<AuditRow, 'hash' | 'request_id'>[]
}

/** An import names a thousand records at once, and a page shows a hundred rows. */
const MOST_DETAIL_CHARS = 2_000

/** A detail in one line: `name: value` pairs, as they were written; what is very long is cut, and says so. */
export function describeDetail(detail: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('; ')
  if (text.length <= MOST_DETAIL_CHARS) return text
  return `${text.slice(0, MOST_DETAIL_CHARS)}… (${text.length} characters in all; the export has them)`
}

/** The month before the one of a time, as `2026-11`: the last one that is over. */
export function monthBefore(now: Date): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1)).toISOString().slice(0, 7)
}

/** Acts to filter by: all of a kind at once, or one of them. */
export const ACTIONS: readonly string[] = [
  ...['agent', 'agent.create', 'agent.update', 'agent.delete', 'agent.import', 'agent.transfer'],
  ...['agent.take-down', 'agent.restore', 'block', 'block.create', 'block.delete', 'report.resolve'],
  ...['peer', 'peer.create', 'peer.update', 'peer.delete', 'peer.key-offered', 'peer.clear-cache'],
  ...['token', 'token.create', 'token.rotate', 'token.revoke'],
  ...['invite', 'invite.create', 'invite.use', 'invite.revoke'],
  ...['key', 'key.create', 'key.rotate', 'key.revoke', 'key.suspend', 'key.resume'],
  ...['session', 'identity', 'identity.rotate', 'secrets.rotate', 'registry.rebase'],
  ...['audit.prune', 'query-log'],
]
