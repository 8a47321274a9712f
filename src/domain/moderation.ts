/** What operators keep from being shown here, and why a record of ours is not shown though it is there. */
import type { AgentId, Did, OwnAgent, OwnerId } from './agent.ts'
import type { Actor } from './principal.ts'

export type BlockId = string & { readonly __brand: 'BlockId' }

/** `did`: one agent, whoever lists it. `origin`: all records of a registry. `endpoint`: all that is reached at an address. */
export type BlockKind = 'did' | 'origin' | 'endpoint'
export const BLOCK_KINDS: readonly BlockKind[] = ['did', 'origin', 'endpoint']

/** `pattern` in its one spelling: see `moderation/block-pattern.ts`. */
export type BlockPattern = { readonly kind: BlockKind; readonly pattern: string }

export type BlockDraft = BlockPattern & { readonly reason: string | null }

export type Block = BlockDraft & {
  readonly id: BlockId
  /** `Actor.id` */
  readonly createdBy: string
  readonly createdAt: number
  /** Records of ours that it hides. */
  readonly hiddenAgents: number
}

export type BlockRef = Pick<Block, 'id' | 'kind' | 'pattern'>

export type TakeDown = {
  /** Unix ms. */
  readonly at: number
  /** Shown to those who could see the record. */
  readonly reason: string
  /** Demanded by law (RFC 7725). */
  readonly isLegal: boolean
}

/** Why a record is seen by its owner and admins only, whatever its visibility and status; one reason or several. */
export type Withheld = {
  /** A block that it matches. */
  readonly blockId?: BlockId
  readonly takeDown?: TakeDown
  /** All keys of its owner are suspended, and its records hidden. */
  readonly isOwnerSuspended?: true
}

export type WithheldAgent = {
  readonly id: AgentId
  readonly did: Did
  readonly name: string
  readonly ownerId: OwnerId
  readonly withheld: Withheld
}

/** Every change is one transaction with its audit row, and hides or shows the records of ours that it is about. */
export interface BlockStore {
  list(): Promise<Block[]>
  /** The same without what a search need not know. */
  listRefs(): Promise<readonly BlockRef[]>
  /** `exists`: there is one of this kind and pattern. */
  create(
    draft: BlockDraft,
    actor: Actor,
  ): Promise<{ readonly kind: 'created' | 'exists'; readonly block: Block }>
  /** The block that was there. */
  delete(id: string, actor: Actor): Promise<Block | undefined>
}

export type Transferred =
  | { readonly kind: 'transferred'; readonly agent: OwnAgent }
  /** It was theirs already. */
  | { readonly kind: 'unchanged'; readonly agent: OwnAgent }
  | { readonly kind: 'absent' | 'unknown-owner' | 'suspended-owner' }

/** What operators do to records of ours. Every change is one transaction with its audit row. */
export interface ModerationStore {
  /** Hides a record until it is restored; a reason given anew replaces the one before. Undefined without the record. */
  takeDown(
    id: AgentId,
    given: { readonly reason: string; readonly isLegal: boolean },
    actor: Actor,
  ): Promise<OwnAgent | undefined>
  /** Shows a record again that was taken down; undefined without the record. */
  restore(id: AgentId, actor: Actor): Promise<OwnAgent | undefined>
  /** Records that are withheld for any reason, by id; those behind `after`. */
  listWithheld(page: { readonly after: string | null; readonly limit: number }): Promise<WithheldAgent[]>
  /** Gives a record to somebody who has a key here. */
  transfer(id: AgentId, to: OwnerId, actor: Actor): Promise<Transferred>
  /**
   * A key opens nothing until it is resumed. With `hidesAgents` all keys of its owner do so, and the owner's records are
   * hidden. Undefined when there is no such live key.
   */
  suspendKey(
    id: string,
    given: { readonly reason: string; readonly hidesAgents: boolean },
    actor: Actor,
  ): Promise<{ readonly keys: number; readonly hiddenAgents: number } | undefined>
  /** Undefined when there is no such suspended key. */
  resumeKey(
    id: string,
    actor: Actor,
  ): Promise<{ readonly keys: number; readonly shownAgents: number } | undefined>
}

export type ReportCategory =
  | 'spam'
  | 'impersonation'
  | 'malicious'
  | 'illegal'
  | 'personal-data'
  | 'broken'
  | 'other'
export const REPORT_CATEGORIES: readonly ReportCategory[] = [
  ...(['spam', 'impersonation', 'malicious', 'illegal', 'personal-data', 'broken', 'other'] as const),
]

/** What became of a report; what the operators did about it is done by itself. */
export type ReportResolution =
  | 'dismissed'
  | 'taken-down'
  | 'blocked'
  | 'suspended'
  | 'corrected'
  | 'duplicate'
export const REPORT_RESOLUTIONS: readonly ReportResolution[] = [
  ...(['dismissed', 'taken-down', 'blocked', 'suspended', 'corrected', 'duplicate'] as const),
]

export type ReportDraft = {
  readonly did: string
  /** As it was then. */
  readonly agentName: string
  /** Of the registry that has the record. */
  readonly registryUrl: string
  readonly category: ReportCategory
  readonly detail: string
  /** Where the reporter wants to be told what became of it. */
  readonly contact: string | null
  /** `Actor.id`, or `anonymous`. */
  readonly reporter: string
}

export type Report = ReportDraft & {
  readonly id: string
  readonly createdAt: number
  readonly resolution: ReportResolution | null
  readonly note: string | null
  readonly resolvedBy: string | null
  readonly resolvedAt: number | null
}

export type Reported =
  | { readonly kind: 'created'; readonly report: Report }
  /** The same reporter has said so already, or so many have that one more says nothing new. */
  | { readonly kind: 'known' }
  /** More reports are open than anyone reads. */
  | { readonly kind: 'full' }

/** What users say about agents, ours and peers'. */
export interface ReportStore {
  create(draft: ReportDraft): Promise<Reported>
  /** Newest first; those behind `before`. */
  list(filter: {
    readonly isOpen?: boolean
    readonly did?: string
    readonly before: string | null
    readonly limit: number
  }): Promise<Report[]>
  /**
   * Closes an open report, and with `isForAll` all others about the same agent; one transaction with its audit row.
   * Undefined when there is no such open one.
   */
  resolve(
    id: string,
    given: {
      readonly resolution: ReportResolution
      readonly note: string | null
      readonly isForAll: boolean
    },
    actor: Actor,
  ): Promise<{ readonly report: Report; readonly resolved: number } | undefined>
  /** Forgets reports that were resolved before `before` (Unix ms); returns how many. */
  purge(before: number): Promise<number>
}

/** How much of it there is now. */
export type ModerationFigures = {
  readonly blocks: Readonly<Record<BlockKind, number>>
  readonly withheldAgents: number
  readonly openReports: number
}
