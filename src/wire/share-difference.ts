/** What another share policy would change for its peer, record by record. Pure. */
import type { OwnAgent } from '../domain/agent.ts'
import type { Scope } from '../domain/principal.ts'
import type { RegistryIdentity, WireAgent } from './agent.ts'
import { type SharedWireAgent, sharedAgentToWire } from './shared-agent.ts'

export type ShareDifference =
  /** It sees the record in neither case, or the same in both. */
  | { readonly kind: 'unseen' | 'unchanged' }
  | { readonly kind: 'appears' | 'vanishes' }
  /** The peer sees it before and after, with other members. */
  | { readonly kind: 'changes'; readonly gained: readonly string[]; readonly lost: readonly string[] }

export function differenceOf(
  agent: OwnAgent,
  { before, after }: { readonly before: Scope; readonly after: Scope },
  registry: RegistryIdentity,
): ShareDifference {
  const saw = membersOf(sharedAgentToWire(agent, before, registry))
  const sees = membersOf(sharedAgentToWire(agent, after, registry))
  if (saw === undefined) return { kind: sees === undefined ? 'unseen' : 'appears' }
  if (sees === undefined) return { kind: 'vanishes' }
  const gained = sees.filter((member) => !saw.includes(member))
  const lost = saw.filter((member) => !sees.includes(member))
  return gained.length + lost.length === 0 ? { kind: 'unchanged' } : { kind: 'changes', gained, lost }
}

function membersOf(record: WireAgent | SharedWireAgent | undefined): readonly string[] | undefined {
  return record && Object.keys(record)
}
