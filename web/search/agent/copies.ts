/** The same agent in several registries: who has it, and in what their records differ. Pure. */
import type { WireDiscoveredAgent } from '../../../src/wire/discovery.ts'

/** A record of the agent, in one registry. */
export type Copy = { readonly registry_name: string; readonly registry_url: string; readonly id: string }

function copyOf({ registry_name, registry_url, id }: Copy): Copy {
  return { registry_name, registry_url, id }
}

/** Equal for one record, however it was come by. */
export function copyKey({ registry_url, id }: Pick<Copy, 'registry_url' | 'id'>): string {
  return `${registry_url}#${id}`
}

/** The other records of an agent, as a search that found it tells them; it may have preferred any of them. */
export function otherCopies(agent: Copy, found: Iterable<WireDiscoveredAgent>): readonly Copy[] {
  const key = copyKey(agent)
  const copies = new Map<string, Copy>()
  for (const result of found) {
    const those = [copyOf(result), ...result.also_in]
    if (!those.some((copy) => copyKey(copy) === key)) continue
    for (const copy of those) copies.set(copyKey(copy), copy)
  }
  copies.delete(key)
  return [...copies.values()]
}

/**
 * The DID of a copy, as every registry makes those of its records: `did:web`, its host and path, `agents`, the id.
 * Addresses of this machine are written `localhost`.
 */
export function didOfCopy({ registry_url, id }: Pick<Copy, 'registry_url' | 'id'>): string {
  const url = new URL(registry_url)
  const isLoopback = /^(127(\.\d+){3}|\[::1\]|localhost|.*\.localhost)$/.test(url.hostname)
  const host = isLoopback ? `localhost${url.port === '' ? '' : `:${url.port}`}` : url.host
  const path = url.pathname.split('/').filter((segment) => segment !== '')
  return ['did:web', encodeURIComponent(host), ...path, 'agents', encodeURIComponent(id)].join(':')
}

export type Difference = {
  readonly field: string
  /** One value for each record, in their order. */
  readonly values: readonly string[]
}

const FIELDS: Readonly<Record<string, (agent: WireDiscoveredAgent) => string>> = {
  name: ({ name }) => name,
  description: ({ description }) => description,
  type: ({ agent_type }) => agent_type,
  version: ({ version }) => version ?? '',
  status: ({ status }) => status,
  successor: ({ successor_did }) => successor_did ?? '',
  tags: ({ tags }) => [...tags].sort().join(', '),
  skills: ({ skills }) =>
    skills
      .map(({ name }) => name)
      .sort()
      .join(', '),
  endpoints: ({ endpoints }) =>
    endpoints
      .map(({ url }) => url)
      .sort()
      .join('\n'),
  provider: ({ provider }) => provider?.organization ?? '',
  'ways to authenticate': ({ auth_schemes }) => [...auth_schemes].sort().join(', '),
}

/** The fields in which not all records say the same. */
export function differencesBetween(agents: readonly WireDiscoveredAgent[]): readonly Difference[] {
  return Object.entries(FIELDS).flatMap(([field, textOf]) => {
    const values = agents.map(textOf)
    return new Set(values).size > 1 ? [{ field, values }] : []
  })
}
