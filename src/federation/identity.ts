/**
 * Which records of several registries describe one agent.
 *
 * Two do if they have an endpoint in common, spelt canonically, and the same type. Nobody has proved a DID yet, so
 * a DID says nothing. Records of one registry never become one: it knows its own agents apart.
 */
import { randomInt } from 'node:crypto'
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

/** Records in the running, and beside each other the prints of all their keys: most need not be looked at themselves. */
export class CandidatePool {
  readonly candidates: Candidate[] = []
  /** Of the first candidate, of the second, and so on. */
  readonly prints: number[] = []
  /** For each candidate, where its prints end. */
  readonly ends: number[] = []

  /** @param prints of its keys, from `from` to before `to`. */
  add(candidate: Candidate, prints: readonly number[], from = 0, to: number = prints.length): void {
    for (let at = from; at < to; at += 1) this.prints.push(prints[at] ?? 0)
    this.candidates.push(candidate)
    this.ends.push(this.prints.length)
  }
}

export type Grouped = {
  /** Records that no other one can be a copy of. */
  readonly alone: readonly Candidate[]
  readonly groups: readonly Identity[]
}

/**
 * Groups records by identity, in no particular order; who belongs together does not depend on the records' order.
 *
 * The preferred record of a group decides alone who belongs to it. If any member could let others in, a record
 * that names the endpoints of many agents would draw them all into one.
 */
export function groupByIdentity(
  pool: CandidatePool,
  keysOf: IdentityReader['identityKeysOf'] = identityKeysOf,
): Grouped {
  const isRelated = markRelated(pool)
  // Most are alone: they need not be put in order to know whose they are.
  const alone = pool.candidates.filter((_, place) => isRelated[place] === 0)
  const related = pool.candidates.filter((_, place) => isRelated[place] === 1)
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
  return { alone, groups }
}

/**
 * Marks with 1 who has a print in common with another. Two keys may have one print, and a record two keys with one: who
 * is marked for that is found to be alone by the keys themselves.
 *
 * A table with open addressing, at most half full, of places + 1 beside the prints that stand there.
 */
function markRelated({ candidates, prints, ends }: CandidatePool): Uint8Array {
  const isRelated = new Uint8Array(candidates.length)
  const mask = 2 ** Math.ceil(Math.log2(2 * prints.length + 2)) - 1
  const known = new Int32Array(mask + 1)
  const owners = new Int32Array(mask + 1)
  let at = 0
  for (let place = 0; place < candidates.length; place += 1) {
    for (const end = ends[place] ?? 0; at < end; at += 1) {
      const print = prints[at] ?? 0
      let slot = print & mask
      while (owners[slot] !== 0 && known[slot] !== print) slot = (slot + 1) & mask
      const owner = owners[slot] ?? 0
      if (owner === 0) {
        known[slot] = print
        owners[slot] = place + 1
      } else isRelated[owner - 1] = isRelated[place] = 1
    }
  }
  return isRelated
}

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

/** What a record is known as. */
export type IdentityReader = {
  /** The names under which it is known as one with others. */
  readonly identityKeysOf: (agent: Agent) => readonly string[]
  /** The same as numbers, as `printsOf` makes them. */
  readonly identityPrintsOf: (agent: Agent) => readonly number[]
}

/** Reads each record anew. */
export const IDENTITY_READER: IdentityReader = {
  identityKeysOf,
  identityPrintsOf: (agent) => printsOf(identityKeysOf(agent)),
}

/** In order, so that the first match does not depend on the order in which a record lists its endpoints. */
export function identityKeysOf({ agentType, endpoints }: Agent): readonly string[] {
  const urls = endpoints.map(({ url }) => canonicalEndpoint(url)).filter((url) => url !== null)
  return [...new Set(urls)].sort().map((url) => `${agentType.toLowerCase()} ${url}`)
}

/** What prints are made with: numbers of 32 bits, the second one odd. */
export type PrintSecrets = { readonly start: number; readonly factor: number }

const FNV_PRIME = 0x01_00_01_93

/**
 * Makes keys into numbers of 32 bits: compared, and found again, without a look at the texts.
 *
 * The texts are a peer's, and that their numbers are spread is all that keeps looking for them quick. FNV-1a alone would
 * not do, whatever it starts with: of ASCII, how far its numbers lie apart depends on seven bits of the start, which can be
 * tried out. So its number is spread once more, by a factor that nobody else knows.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/ (FNV-1a, of UTF-16 code units)
 */
export function createPrinter({
  start,
  factor,
}: PrintSecrets): (keys: readonly string[]) => readonly number[] {
  return (keys) =>
    keys.map((key) => {
      let print = start
      for (let at = 0; at < key.length; at += 1) print = Math.imul(print ^ key.charCodeAt(at), FNV_PRIME)
      print = Math.imul(print ^ (print >>> 16), factor)
      return print ^ (print >>> 15)
    })
}

/** Prints as this process makes them. */
export const printsOf: (keys: readonly string[]) => readonly number[] = createPrinter({
  start: randomInt(2 ** 32) | 0,
  factor: randomInt(2 ** 32) | 1,
})

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
