/** Records for whole-registry tests. */
import type { WireAgent } from '../../src/wire/agent.ts'
import type { WireDiscoveryAnswer, WireFederationStats, WirePeerRow } from '../../src/wire/discovery.ts'
import type { CallOptions, RunningRegistry } from './registry.ts'

/** Publishes one record, seen by everyone unless said otherwise. */
export function publish(
  registry: RunningRegistry,
  fields: Readonly<Record<string, unknown>> & { readonly name: string },
  options: CallOptions = {},
): Promise<WireAgent> {
  const body = { agent_type: 'a2a', visibility: 'public', ...fields }
  return registry.succeed('POST', '/agents', { ...options, body })
}

/** Searches the federation, as the admin unless said otherwise. */
export function discover(
  registry: RunningRegistry,
  query: string,
  options: CallOptions = {},
): Promise<WireDiscoveryAnswer> {
  return registry.succeed('GET', `/discovery/agents?include_federated=true&${query}`, options)
}

export function namesOf(answer: { readonly agents: readonly { readonly name: string }[] }): string[] {
  return answer.agents.map(({ name }) => name)
}

export function statsOf({ federation_stats: stats }: WireDiscoveryAnswer): WireFederationStats {
  if (stats === undefined) throw new Error('the answer has no federation_stats')
  return stats
}

export function rowOf(answer: WireDiscoveryAnswer, name: string): WirePeerRow {
  const row = statsOf(answer).peers.find((peer) => peer.name === name)
  if (row === undefined) throw new Error(`no row for ${name} in ${JSON.stringify(answer.federation_stats)}`)
  return row
}
