/** What is blocked now, ready to be asked about each record of a search: worked out once for each change of it. */
import type { Agent } from '../domain/agent.ts'
import type { BlockRef } from '../domain/moderation.ts'
import { type Blocked, compileBlocks } from './blocked.ts'

export interface CurrentBlocks extends Blocked<BlockRef> {
  /** Another one for every other set of blocks; 0 without any. */
  readonly generation: number
  /** Whether a record of the registry at this address is not to be shown. Remembered by the record. */
  hides(agent: Agent, registryUrl: string): boolean
}

export interface BlockWatch {
  /** @throws when the database does not answer. */
  current(): Promise<CurrentBlocks>
}

/** @param listRefs all blocks, as fresh as a search is to know them. */
export function createBlockWatch(listRefs: () => Promise<readonly BlockRef[]>): BlockWatch {
  let known = toCurrent([], 0)
  let knownIds = ''
  let generation = 0
  return {
    async current() {
      const refs = await listRefs()
      // A block never changes: it comes and goes.
      const ids = refs.map(({ id }) => id).join()
      if (ids === knownIds) return known
      generation += 1
      known = toCurrent(refs, refs.length === 0 ? 0 : generation)
      knownIds = ids
      return known
    },
  }
}

function toCurrent(refs: readonly BlockRef[], generation: number): CurrentBlocks {
  const blocked = compileBlocks(refs)
  const hidden = new WeakMap<Agent, boolean>()
  return {
    ...blocked,
    generation,
    hides(agent, registryUrl) {
      if (blocked.isEmpty) return false
      const known = hidden.get(agent)
      if (known !== undefined) return known
      const isHidden = blocked.find(agent, registryUrl) !== undefined
      hidden.set(agent, isHidden)
      return isHidden
    },
  }
}
