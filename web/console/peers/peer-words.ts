/** Peers' states and figures, as all views of them say it. */
import type { Peer } from '../../api/peers.ts'
import { type Look, lookOfHealth } from '../../design/looks.ts'

/** How a peer is, for whoever looks: one that is not asked is not said to be well. */
export function lookOfPeer(
  peer: Pick<Peer, 'awaits_confirmation' | 'is_active' | 'inbound_active' | 'health_status'>,
): Look {
  if (peer.awaits_confirmation) return { tone: 'warn', shape: 'quarter', word: 'waits for you' }
  if (!peer.is_active && !peer.inbound_active) return lookOfHealth('disabled')
  if (!peer.is_active) return { tone: 'off', shape: 'ring', word: 'not asked' }
  return lookOfHealth(peer.health_status)
}

export type Direction = 'both' | 'we ask' | 'it asks' | 'none'

/** Which way questions and records go. */
export function directionOf(
  peer: Pick<Peer, 'awaits_confirmation' | 'is_active' | 'inbound_active'>,
): Direction {
  if (peer.awaits_confirmation) return 'none'
  if (peer.is_active) return peer.inbound_active ? 'both' : 'we ask'
  return peer.inbound_active ? 'it asks' : 'none'
}

export const DIRECTION_WORDS: Readonly<Record<Direction, string>> = {
  both: 'both ways',
  'we ask': 'we ask it',
  'it asks': 'it asks us',
  none: 'nothing passes',
}

/** `12 s ahead`, from its clock minus ours. */
export function skewInWords(seconds: number | null): string {
  if (seconds === null) return 'not known'
  if (seconds === 0) return 'none'
  return `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`
}
