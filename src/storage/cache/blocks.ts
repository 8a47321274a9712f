/**
 * What is blocked, kept in memory: every federated search asks for it. A change made in this process is seen at once,
 * one made by another replica within a second.
 */
import type { BlockRef, BlockStore } from '../../domain/moderation.ts'
import type { Clock } from '../../domain/ports.ts'

const FRESH_MS = 1_000

export function cacheBlocks(store: BlockStore, clock: Pick<Clock, 'monotonic'>): BlockStore {
  let known: { readonly refs: Promise<readonly BlockRef[]>; readonly readAt: number } | undefined
  const changing = async <T>(change: Promise<T>): Promise<T> => {
    try {
      return await change
    } finally {
      known = undefined // also after a failure: what became of the change is then unknown
    }
  }
  return {
    ...store,
    listRefs() {
      if (known !== undefined && clock.monotonic() - known.readAt < FRESH_MS) return known.refs
      const entry = { refs: store.listRefs(), readAt: clock.monotonic() }
      entry.refs.catch(() => {
        if (known === entry) known = undefined
      })
      known = entry
      return entry.refs
    },
    create: (draft, actor) => changing(store.create(draft, actor)),
    delete: (id, actor) => changing(store.delete(id, actor)),
  }
}
