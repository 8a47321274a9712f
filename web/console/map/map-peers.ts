/** The peers as the map shows them, from what the one who looks may know. */
import type { PeerHealth } from '../../api/federation-health.ts'
import type { Peer } from '../../api/peers.ts'
import { type Look, lookOfHealth } from '../../design/looks.ts'
import { type Direction, directionOf, lookOfPeer } from '../peers/peer-words.ts'

export type MapPeer = {
  readonly id: string
  readonly name: string
  readonly look: Look
  readonly latencyMs: number | null
  /** Null where the role does not open it. */
  readonly direction: Direction | null
}

export function fromPeers(peers: readonly Peer[]): readonly MapPeer[] {
  return byName(
    peers.map((peer) => ({
      ...{ id: peer.id, name: peer.name, look: lookOfPeer(peer), direction: directionOf(peer) },
      latencyMs: peer.is_active ? peer.response_time_ms : null,
    })),
  )
}

export function fromHealth(peers: readonly PeerHealth[]): readonly MapPeer[] {
  return byName(
    peers.map((peer) => ({
      ...{ id: peer.peer_id, name: peer.name, direction: null },
      look: lookOfHealth(peer.is_active ? peer.status : 'disabled'),
      latencyMs: peer.is_active ? peer.response_time_ms : null,
    })),
  )
}

/** So that a peer keeps its place while others come and go. */
function byName(peers: readonly MapPeer[]): readonly MapPeer[] {
  return peers.toSorted((one, other) => one.name.localeCompare(other.name) || (one.id < other.id ? -1 : 1))
}
