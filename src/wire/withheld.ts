/** Why a record is withheld, as its owner, admins and operators see it. */
import type { Withheld } from '../domain/moderation.ts'
import { timeToWire } from './agent.ts'

export type WireWithheld = {
  readonly block_id?: string
  readonly take_down?: { readonly at: string | null; readonly reason: string; readonly legal: boolean }
  readonly owner_suspended?: true
}

export function withheldToWire({ blockId, takeDown, isOwnerSuspended }: Withheld): WireWithheld {
  return {
    ...(blockId !== undefined && { block_id: blockId }),
    ...(takeDown !== undefined && {
      take_down: { at: timeToWire(takeDown.at), reason: takeDown.reason, legal: takeDown.isLegal },
    }),
    ...(isOwnerSuspended && { owner_suspended: true }),
  }
}
