/** Why a record is withheld, as its column has it, and changing one reason without the others. */
import type { OwnAgent } from '../domain/agent.ts'
import type { BlockId, TakeDown, Withheld } from '../domain/moderation.ts'
import { fromStoredJson } from './codec.ts'

type StoredWithheld = {
  readonly block?: string
  readonly take_down?: { readonly at: number; readonly reason: string; readonly legal: boolean }
  readonly owner_suspended?: true
}

export function withheldToColumn(withheld: Withheld | null): string | null {
  if (withheld === null) return null
  const { blockId, takeDown, isOwnerSuspended } = withheld
  return JSON.stringify({
    ...(blockId !== undefined && { block: blockId }),
    ...(takeDown !== undefined && {
      take_down: { at: takeDown.at, reason: takeDown.reason, legal: takeDown.isLegal },
    }),
    ...(isOwnerSuspended && { owner_suspended: true }),
  } satisfies StoredWithheld)
}

/** The column is ours: written by `withheldToColumn`. */
export function withheldFromColumn(column: unknown): Withheld | null {
  if (column === null || column === undefined) return null
  const { block, take_down, owner_suspended } = fromStoredJson(column) as StoredWithheld
  return {
    ...(block !== undefined && { blockId: block as BlockId }),
    ...(take_down !== undefined && {
      takeDown: { at: take_down.at, reason: take_down.reason, isLegal: take_down.legal },
    }),
    ...(owner_suspended && { isOwnerSuspended: true as const }),
  }
}

export function isBlockedBy({ withheld }: OwnAgent, blockId: BlockId | undefined): boolean {
  return withheld?.blockId === blockId
}

export function withBlock(agent: OwnAgent, blockId: BlockId | undefined): OwnAgent {
  const { blockId: _, ...others } = agent.withheld ?? {}
  return withReasons(agent, blockId === undefined ? others : { ...others, blockId })
}

export function withTakeDown(agent: OwnAgent, takeDown: TakeDown | undefined): OwnAgent {
  const { takeDown: _, ...others } = agent.withheld ?? {}
  return withReasons(agent, takeDown === undefined ? others : { ...others, takeDown })
}

export function withSuspension(agent: OwnAgent, isSuspended: boolean): OwnAgent {
  const { isOwnerSuspended: _, ...others } = agent.withheld ?? {}
  return withReasons(agent, isSuspended ? { ...others, isOwnerSuspended: true } : others)
}

function withReasons(agent: OwnAgent, reasons: Withheld): OwnAgent {
  const withheld = Object.keys(reasons).length === 0 ? null : reasons
  return { ...agent, withheld }
}
