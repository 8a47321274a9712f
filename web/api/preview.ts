/** Our records as a peer sees them. */

import type { WireSharePolicy } from '../../src/domain/read-share-policy.ts'
import type { Answer, Api } from './api.ts'
import { pathOf } from './peers.ts'

/** A record as it leaves the registry; members that are kept back are not there. */
type SharedAgent = Readonly<Record<string, unknown>> & {
  readonly did: string
  readonly name: string
  readonly agent_type: string
}

export type Preview = {
  readonly agents: readonly SharedAgent[]
  readonly next_cursor: string | null
  readonly policy: WireSharePolicy | null
  /** All that it sees. */
  readonly agent_count: number
  /** What differs from the policy that the peer has. */
  readonly diff?: {
    readonly appear: number
    readonly vanish: number
    readonly change: number
    readonly unchanged: number
    readonly records: readonly DifferingRecord[]
    /** There are more than `records` has. */
    readonly more: boolean
  }
}

type DifferingRecord = {
  readonly id: string
  readonly name: string
  readonly change: 'appears' | 'vanishes' | 'changes'
  readonly gained?: readonly string[]
  readonly lost?: readonly string[]
}

const SHOWN = 20

/** @param policy JSON of a policy, whole, or `null`. */
export function previewAsPeer(
  api: Api,
  peerId: string,
  { policy, signal }: { readonly policy: string; readonly signal: AbortSignal },
): Promise<Answer<Preview>> {
  return api.call('GET', `${pathOf(peerId)}/preview`, { parameters: { policy, limit: SHOWN }, signal })
}
