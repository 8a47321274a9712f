/**
 * Whether peers still show the key they are known by. A key that is new is told to the operators, and never taken:
 * whoever gets hold of a peer's address could show one.
 */
import type { Peer } from '../domain/peer.ts'
import type { Clock, PeerStore } from '../domain/ports.ts'
import { canonicalJwk } from '../security/ed25519-key.ts'
import { fetchRegistryDocument } from '../security/fetch-registry-document.ts'
import type { Outbound } from '../security/outbound.ts'
import type { RegistryDocument } from '../security/registry-document.ts'
import type { FederationEvents } from './federation-events.ts'

export interface KeyWatch {
  /** Looks at every peer that is known by a key. */
  watch(signal: AbortSignal): Promise<void>
  /** Looks at one peer, also at one that is known by no key yet, and notes what it shows. Never rejects. */
  look(peer: Peer, signal: AbortSignal): Promise<void>
}

const CONCURRENT_LOOKS = 8
const LOOK_TIMEOUT_MS = 5_000

export function createKeyWatch(deps: {
  readonly peers: Pick<PeerStore, 'list' | 'recordKeys'>
  readonly outbound: Pick<Outbound, 'request'>
  readonly clock: Clock
  readonly events: Pick<FederationEvents, 'keyOffered' | 'fault'>
}): KeyWatch {
  const { peers, outbound, clock, events } = deps

  const look = async (peer: Peer, signal: AbortSignal): Promise<void> => {
    try {
      const read = await fetchRegistryDocument(peer.registryUrl, {
        outbound,
        now: () => clock.now(),
        signal: AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]),
      })
      if (!read.ok) return // that it does not answer, its health says
      const seen = keysSeen(peer, read.document)
      await peers.recordKeys(peer.id, { publicKey: peer.publicKey, ...seen })
      const { offered } = seen
      if (offered === null || peer.publicKey === null) return
      if (offered.publicKey !== peer.offeredKey?.publicKey) events.keyOffered(peer, offered)
    } catch (error) {
      events.fault(error, 'looking at the keys of a peer')
    }
  }

  const lookAtEach = async (waiting: Iterator<Peer> & Iterable<Peer>, signal: AbortSignal): Promise<void> => {
    for (const peer of waiting) {
      if (signal.aborted) return
      await look(peer, signal)
    }
  }

  return {
    look,
    async watch(signal) {
      const known = (await peers.list()).filter(
        ({ publicKey, isActive, isInboundActive }) => publicKey !== null && (isActive || isInboundActive),
      )
      const waiting = known.values()
      await Promise.all(Array.from({ length: CONCURRENT_LOOKS }, () => lookAtEach(waiting, signal)))
    },
  }
}

type KeysSeen = Omit<Parameters<PeerStore['recordKeys']>[1], 'publicKey'>

/** What of a peer's document its operators here should know. Each key in it has signed it. */
export function keysSeen(
  { publicKey, previousPublicKey }: Pick<Peer, 'publicKey' | 'previousPublicKey'>,
  document: RegistryDocument,
): KeysSeen {
  const shown = document.keys.map(({ x }) => canonicalJwk(x))
  const isAnnounced = publicKey !== null && shown.includes(publicKey)
  // Beside the key we know, the one before it is no news.
  const known = isAnnounced ? [publicKey, previousPublicKey] : [publicKey]
  const offered = shown.find((key) => !known.includes(key))
  return {
    offered: offered === undefined ? null : { publicKey: offered, isAnnounced },
    // Only the peer itself ends a key of its own.
    isPreviousShown: !isAnnounced || previousPublicKey === null || shown.includes(previousPublicKey),
  }
}
