/**
 * Stores that tell of every change made through them, before whoever made it learns that it is done: what was prepared
 * from them is then no longer shown, least of all to the one who changed it.
 */
import type { HttpDeps } from './deps.ts'

/** The same parts, with `forget` called after every change of a record or peer, also of one that failed half-way. */
export function forgetOnChange(deps: HttpDeps, forget: () => void): HttpDeps {
  const { agents, peers } = deps.storage
  const telling =
    <A extends readonly unknown[], T>(change: (...given: A) => Promise<T>) =>
    async (...given: A): Promise<T> => {
      try {
        return await change(...given)
      } finally {
        forget()
      }
    }
  return {
    ...deps,
    storage: {
      ...deps.storage,
      agents: {
        ...agents,
        create: telling(agents.create),
        replace: telling(agents.replace),
        delete: telling(agents.delete),
        importBatch: telling(agents.importBatch),
      },
      peers: {
        ...peers,
        create: telling(peers.create),
        update: telling(peers.update),
        delete: telling(peers.delete),
      },
    },
    forgetPeer(peerId) {
      deps.forgetPeer(peerId)
      forget()
    },
  }
}
