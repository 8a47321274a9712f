/** Where a blocked agent is reached, as it is known here: under another DID it is reached there still. */
import { isDid } from '../cards/did.ts'
import type { BlockDraft, BlockPattern } from '../domain/moderation.ts'
import type { Storage } from '../domain/ports.ts'
import { ALL_SCOPE } from '../domain/principal.ts'
import { readBlockPattern } from '../moderation/block-pattern.ts'

/** What one record may list. */
const MOST = 32

/**
 * Patterns for the addresses of the agent a block names by its DID: those of our own record, and of copies of peers'.
 * Taken once: what an agent says of itself later blocks nothing, or it could have others blocked.
 */
export async function endpointsOf(
  { kind, pattern }: Pick<BlockDraft, 'kind' | 'pattern'>,
  { agents, federatedAgents }: Pick<Storage, 'agents' | 'federatedAgents'>,
): Promise<BlockPattern[]> {
  if (kind !== 'did' || !isDid(pattern)) return []
  const own = await agents.find(pattern, ALL_SCOPE)
  const copies = await federatedAgents.findByDid(pattern)
  const urls = [
    ...(own.kind === 'found' ? own.agent.endpoints.map(({ url }) => url) : []),
    ...copies.flatMap(({ data }) => urlsIn(data)),
  ]
  const read = [...new Set(urls)].slice(0, MOST).map((url) => readBlockPattern('endpoint', url))
  return read.flatMap((one) => (one.ok ? [one.block] : []))
}

/** Of a copy as it is kept: read like anything that a peer sent. */
function urlsIn(data: unknown): string[] {
  const { endpoints } = Object(data) as { readonly endpoints?: unknown }
  if (!Array.isArray(endpoints)) return []
  return endpoints.map((one: unknown) => Object(one).url as unknown).filter((url) => typeof url === 'string')
}
