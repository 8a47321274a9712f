/** Reports and blocks as the API tells them. */
import type { BlockKind, ReportCategory, ReportResolution } from '../../../src/domain/moderation.ts'
import { agentAddress } from '../../search/result-facts.ts'
import type { Choice } from '../forms/fields.tsx'

export type Report = {
  readonly id: string
  readonly did: string
  readonly agent_name: string
  readonly registry_url: string
  readonly category: ReportCategory
  readonly detail: string
  readonly contact: string | null
  readonly reporter: string
  readonly created_at: string | null
  readonly resolution: ReportResolution | null
  readonly note: string | null
  readonly resolved_by: string | null
  readonly resolved_at: string | null
}
export type ReportPage = { readonly reports: readonly Report[]; readonly next_before: string | null }

export type Block = {
  readonly id: string
  readonly kind: BlockKind
  readonly pattern: string
  readonly reason: string | null
  readonly created_by: string
  readonly created_at: string | null
  readonly hidden_agents: number
}

/**
 * Where the reported agent is shown, from the page's base: one of this registry's in the console, where it can be acted
 * on; one that a peer told of in the search, since the console knows this registry's own alone.
 *
 * @param base the page's own, which is this registry's public address.
 */
export function addressOfReported({ did, registry_url: registry }: Report, base: string): string {
  const isOwn = URL.parse(registry)?.href.replace(/\/+$/, '') === new URL('.', base).href.replace(/\/+$/, '')
  return isOwn ? `console/agents/${encodeURIComponent(did)}` : agentAddress(did)
}

export const RESOLUTION_CHOICES: readonly (Choice & { readonly value: ReportResolution })[] = [
  { value: 'dismissed', label: 'dismissed: nothing is wrong' },
  { value: 'taken-down', label: 'taken down' },
  { value: 'blocked', label: 'blocked' },
  { value: 'suspended', label: 'its publisher was suspended' },
  { value: 'corrected', label: 'corrected by its publisher' },
  { value: 'duplicate', label: 'told before' },
]

export const BLOCK_CHOICES: readonly (Choice & { readonly value: BlockKind; readonly hint: string })[] = [
  {
    value: 'did',
    label: 'an agent, by its DID',
    hint: 'Its own DID or the one it claims; with :* at the end all that begin so.',
  },
  {
    value: 'origin',
    label: 'a registry, by its address',
    hint: 'A host or an address, such as https://spam.example; *.spam.example for all hosts below it.',
  },
  {
    value: 'endpoint',
    label: 'agents, by where they are reached',
    hint: 'A host, *.host, or an address with all below it.',
  },
]
