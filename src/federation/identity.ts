/**
 * Which records of several registries describe one agent.
 *
 * Two do if they have an endpoint in common, spelt canonically, and the same type. Nobody has proved a DID yet, so
 * a DID says nothing. Records of one registry never become one: it knows its own agents apart.
 */
import { canonicalEndpoint } from '../cards/canonical-url.ts'
import type { Agent } from '../domain/agent.ts'
import type { Peer } from '../domain/peer.ts'

/** A record in the running, with where it is from. */
export type Candidate = {
  readonly agent: Agent
  /** `null` for a record of this registry. */
  readonly peer: Peer | null
  /** `null` without search. */
  readonly score: number | null
}

/** One agent: the record that is shown, and the others. */
export type Identity = { readonly shown: Candidate; readonly others: readonly Candidate[] }

/**
 * Groups records by identity, in no particular order; who belongs together does not depend on the records' order.
 *
 * The preferred record of a group decides alone who belongs to it. If any member could let others in, a record
 * that names the endpoints of many agents would draw them all into one.
 */
export function groupByIdentity(
  candidates: readonly Candidate[],
  keysOf: IdentityKeysOf = identityKeysOf,
): Identity[] {
  const { alone, related } = splitByLoneliness(candidates, keysOf)
  const groups: Group[] = []
  const groupsByKey = new Map<string, Group[]>()
  for (const candidate of related.sort(comparePreference)) {
    const keys = keysOf(candidate.agent)
    const registry = registryOf(candidate)
    const group = findGroup(keys, registry, groupsByKey)
    if (group !== undefined) {
      group.others.push(candidate)
      group.registries.add(registry)
      continue
    }
    const opened: Group = { shown: candidate, others: [], registries: new Set([registry]) }
    groups.push(opened)
    for (const key of keys) groupsByKey.set(key, [...(groupsByKey.get(key) ?? []), opened])
  }
  return [...alone, ...groups]
}

/** Most records share no key with any other: they need not be put in order to know whose they are. */
function splitByLoneliness(
  candidates: readonly Candidate[],
  keysOf: IdentityKeysOf,
): { readonly alone: Identity[]; readonly related: Candidate[] } {
  // By key, the one candidate that has it, until a second one does.
  const owners = new Map<string, number>()
  const isRelated = new Uint8Array(candidates.length)
  candidates.forEach(({ agent }, place) => {
    for (const key of keysOf(agent)) {
      const owner = owners.get(key)
      if (owner === undefined) owners.set(key, place)
      else isRelated[owner] = isRelated[place] = 1
    }
  })
  const alone: Identity[] = []
  const related: Candidate[] = []
  candidates.forEach((candidate, place) => {
    if (isRelated[place] === 1) related.push(candidate)
    else alone.push({ shown: candidate, others: NONE })
  })
  return { alone, related }
}

const NONE: readonly Candidate[] = []

type Group = { readonly shown: Candidate; readonly others: Candidate[]; readonly registries: Set<string> }

function findGroup(
  keys: readonly string[],
  registry: string,
  groupsByKey: ReadonlyMap<string, readonly Group[]>,
): Group | undefined {
  for (const key of keys) {
    const group = groupsByKey.get(key)?.find(({ registries }) => !registries.has(registry))
    if (group !== undefined) return group
  }
  return undefined
}

/** The names under which a record is known as one with others. */
export type IdentityKeysOf = (agent: Agent) => readonly string[]

/** In order, so that the first match does not depend on the order in which a record lists its endpoints. */
export function identityKeysOf({ agentType, endpoints }: Agent): readonly string[] {
  const urls = endpoints.map(({ url }) => canonicalEndpoint(url)).filter((url) => url !== null)
  return [...new Set(urls)].sort().map((url) => `${agentType.toLowerCase()} ${url}`)
}

/** A copy here, then one of a peer the operator prefers, then the one seen first, then by DID. */
function comparePreference(a: Candidate, b: Candidate): number {
  return (
    Number(b.peer === null) - Number(a.peer === null) ||
    (b.peer?.priority ?? 0) - (a.peer?.priority ?? 0) ||
    compare(firstSeen(a.agent), firstSeen(b.agent)) ||
    compareRecords(a, b)
  )
}

/** An unknown time wins nothing, and one in the future is later than any other by itself. */
function firstSeen({ createdAt }: Agent): number {
  return createdAt <= 0 ? Number.POSITIVE_INFINITY : createdAt
}

/** By DID, in order of UTF-16 code units; registry and id settle it between records with one DID. */
export function compareRecords(a: Candidate, b: Candidate): number {
  return (
    compare(a.agent.did, b.agent.did) ||
    compare(registryOf(a), registryOf(b)) ||
    compare(a.agent.id, b.agent.id)
  )
}

function registryOf({ peer }: Candidate): string {
  return peer?.registryUrl ?? ''
}

export function compare<T extends number | string>(a: T, b: T): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
