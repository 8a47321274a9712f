/** All blocks at once, made ready to be asked about each record of a search. */
import type { Agent } from '../domain/agent.ts'
import type { Block, BlockPattern } from '../domain/moderation.ts'
import { type Address, canonicalDid, isWithin, readAddress } from './block-pattern.ts'

/** What blocks look at in a record; `registryUrl` is that of the registry that has it. */
export type BlockSubject = Pick<Agent, 'did' | 'claimedDid' | 'endpoints'>

export interface Blocked<B extends BlockPattern = Block> {
  readonly isEmpty: boolean
  /** The block that a record falls under. */
  find(agent: BlockSubject, registryUrl: string): B | undefined
  /** The block that a DID falls under, by itself or by its host. */
  findDid(did: string): B | undefined
  /** The block that all records of a registry fall under. */
  findOrigin(registryUrl: string): B | undefined
}

/** Blocks whose patterns are in their one spelling. */
export function compileBlocks<B extends BlockPattern>(blocks: readonly B[]): Blocked<B> {
  const dids = new Map<string, B>()
  const prefixes: (readonly [prefix: string, block: B])[] = []
  const addresses: Record<'origin' | 'endpoint', (readonly [pattern: Address, block: B])[]> = {
    origin: [],
    endpoint: [],
  }
  for (const block of blocks) {
    const { kind, pattern } = block
    if (kind !== 'did') {
      const address = readAddress(pattern)
      if (address !== null) addresses[kind].push([address, block])
    } else if (pattern.endsWith(':*')) prefixes.push([pattern.slice(0, -1), block])
    else dids.set(pattern, block)
  }

  const findAddress = (kind: 'origin' | 'endpoint', text: string): B | undefined => {
    if (addresses[kind].length === 0) return undefined
    const address = readAddress(text)
    if (address === null) return undefined
    return addresses[kind].find(([pattern]) => isWithin(address, pattern))?.[1]
  }
  const findDid = (written: string): B | undefined => {
    if (dids.size === 0 && prefixes.length === 0 && addresses.origin.length === 0) return undefined
    const did = canonicalDid(written)
    if (did === null) return undefined
    const named = dids.get(did) ?? prefixes.find(([prefix]) => did.startsWith(prefix))?.[1]
    return named ?? findAddress('origin', registryOf(did) ?? '')
  }

  return {
    isEmpty: blocks.length === 0,
    findDid,
    findOrigin: (registryUrl) => findAddress('origin', registryUrl),
    find({ did, claimedDid, endpoints }, registryUrl) {
      if (blocks.length === 0) return undefined
      return (
        findAddress('origin', registryUrl) ??
        findDid(did) ??
        (claimedDid === null ? undefined : findDid(claimedDid)) ??
        first(endpoints, ({ url }) => findAddress('endpoint', url))
      )
    },
  }
}

function first<T, R>(values: readonly T[], of: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = of(value)
    if (found !== undefined) return found
  }
  return undefined
}

/** Where a `did:web` in its one spelling is published: host, port and path. */
function registryOf(did: string): string | undefined {
  if (!did.startsWith('did:web:')) return undefined
  const [host = '', ...path] = did.slice('did:web:'.length).split(':')
  return [decodeURIComponent(host), ...path].join('/')
}
