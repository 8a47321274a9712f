/**
 * Stores that tell of every change made through them, before whoever made it learns that it is done: what was prepared
 * from them is then no longer shown, least of all to the one who changed it.
 */
import type { BlockStore, ModerationStore } from '../domain/moderation.ts'
import type { AgentStore, PeerStore } from '../domain/ports.ts'
import type { HttpDeps } from './deps.ts'

/** What changes nothing that an answer shows. Whatever else a store does, also what it learns to do, is a change. */
const AGENT_READS: readonly (keyof AgentStore)[] = [
  'find',
  'findCard',
  'list',
  'count',
  'lastRevision',
  'listChanges',
  'changesEpoch',
]
const PEER_READS: readonly (keyof PeerStore)[] = [
  'find',
  'findByUrl',
  'list',
  'getCredentials',
  'getClientKey',
  'recordHealth',
  'recordKeys',
]

const MODERATION_READS: readonly (keyof ModerationStore)[] = ['listWithheld']
const BLOCK_READS: readonly (keyof BlockStore)[] = ['list', 'listRefs']

/** The same parts, with `forget` called after every change of a record, peer or block, also of one that failed half-way. */
export function forgetOnChange(deps: HttpDeps, forget: () => void): HttpDeps {
  const { storage } = deps
  return {
    ...deps,
    storage: {
      ...storage,
      agents: telling(storage.agents, AGENT_READS, forget),
      peers: telling(storage.peers, PEER_READS, forget),
      moderation: telling(storage.moderation, MODERATION_READS, forget),
      blocks: telling(storage.blocks, BLOCK_READS, forget),
    },
    forgetPeer(peerId) {
      deps.forgetPeer(peerId)
      forget()
    },
  }
}

/** @param store whose methods are all asynchronous. */
function telling<T extends object>(store: T, reads: readonly (keyof T)[], forget: () => void): T {
  return new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function' || reads.some((read) => read === name)) return member
      return async (...given: readonly unknown[]) => {
        try {
          return await Reflect.apply(member, target, given)
        } finally {
          forget()
        }
      }
    },
  })
}
