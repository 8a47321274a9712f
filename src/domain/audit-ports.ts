/** The record of administrative acts: what it holds, and how it is read, proved and shortened. */

export type AuditRow = {
  /** Without gaps from the first row on. */
  readonly seq: number
  readonly at: number
  readonly actor: string
  /** `<what>.<verb>`, such as `peer.create`. */
  readonly action: string
  /** `<what>:<id>`. */
  readonly target: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly requestId: string | null
  /** Over this row and the hash before it, lower-case hex. */
  readonly hash: string
}

export type AuditFilter = {
  readonly limit: number
  /** Only rows before this one. */
  readonly before: number | null
  /** One action, `peer.create`, or all of a kind, `peer`. */
  readonly action?: string
  readonly actor?: string
  readonly target?: string
  /** From this time on; Unix ms. */
  readonly since?: number
  /** Before this time; Unix ms. */
  readonly until?: number
  /** Kinds of actions that are left out, such as `query-log`. */
  readonly exceptKinds?: readonly string[]
}

/** How often somebody did something. */
export type AuditCount = { readonly action: string; readonly actor: string; readonly count: number }

/** A row's number and hash. */
export type AuditLink = { readonly seq: number; readonly hash: string }

/** A row as its hash covers it. */
export type AuditText = AuditLink & { readonly text: string }

export type AuditSpan = {
  /** What the kept rows go on from: nothing, or the last row that retention removed. */
  readonly start: AuditLink
  readonly head: AuditLink
}

export interface AuditLog {
  /** Newest first. */
  list(filter: AuditFilter): Promise<AuditRow[]>
  /** What was done in a span of time (Unix ms), by action and actor. */
  count(span: { readonly since: number; readonly until: number }): Promise<AuditCount[]>
  /** Where the chain begins and ends now. */
  span(): Promise<AuditSpan>
  /** Rows behind `after` and up to `through`, in order. @throws when retention removed some of them meanwhile. */
  readTexts(part: {
    readonly after: number
    readonly through: number
    readonly limit: number
  }): Promise<AuditText[]>
  /**
   * Removes rows of before `before` (Unix ms), and says so in the chain; returns how many.
   * @param prove what is said beside the last row that goes, so that the registry's word can be told from others'.
   * @throws when the chain is broken among them: what shows it is kept.
   */
  prune(before: number, prove: (last: AuditLink) => Promise<object>): Promise<number>
}
