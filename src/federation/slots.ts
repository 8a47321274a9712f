/**
 * How many requests to peers are under way at a time: to each peer, so that one that hangs holds few connections, and
 * over all, so that memory and sockets are bounded. Who waits is served in turns, one search after the other: a search
 * that asks a thousand peers does not keep one waiting that asks three.
 */
import { PassingMap } from '../domain/passing-map.ts'
import type { PeerId } from '../domain/peer.ts'

/** Gives the slot back; to be called once. */
export type Release = () => void

export interface Slots {
  /**
   * Takes a slot to ask a peer.
   * @param turn whose turn it is: what belongs to one search waits in one line.
   * @returns the slot, at once where one is free; what waits can be called off.
   */
  take(peerId: PeerId, turn: object): Release | Waiting
  /** How many are taken. */
  readonly taken: number
}

export type Waiting = { readonly slot: Promise<Release>; cancel(): void }

export type SlotLimits = { readonly perPeer: number; readonly overall: number }

type Waiter = { readonly peerId: PeerId; grant(release: Release): void; isCancelled: boolean }

export function createSlots({ perPeer, overall }: SlotLimits): Slots {
  const takenBy = new PassingMap<PeerId, number>()
  // Maps keep their order: the first line is the one whose turn is next.
  const lines = new PassingMap<object, Waiter[]>()
  let taken = 0

  const isFree = (peerId: PeerId): boolean => taken < overall && (takenBy.get(peerId) ?? 0) < perPeer

  const occupy = (peerId: PeerId): Release => {
    taken += 1
    takenBy.set(peerId, (takenBy.get(peerId) ?? 0) + 1)
    let isReleased = false
    return () => {
      if (isReleased) return
      isReleased = true
      taken -= 1
      const left = (takenBy.get(peerId) ?? 1) - 1
      if (left === 0) takenBy.delete(peerId)
      else takenBy.set(peerId, left)
      serveNext()
    }
  }

  /** The first line, in order of turns, in which somebody can be served; it goes to the end of the order. */
  const serveNext = (): void => {
    for (const [turn, line] of lines) {
      const place = line.findIndex(({ isCancelled, peerId }) => !isCancelled && isFree(peerId))
      if (place < 0) {
        if (line.every(({ isCancelled }) => isCancelled)) lines.delete(turn)
        continue
      }
      const [waiter] = line.splice(place, 1)
      lines.delete(turn)
      if (line.length > 0) lines.set(turn, line)
      if (waiter !== undefined) waiter.grant(occupy(waiter.peerId))
      return
    }
  }

  return {
    get taken() {
      return taken
    },
    take(peerId, turn) {
      if (isFree(peerId)) return occupy(peerId)
      const { promise: slot, resolve } = Promise.withResolvers<Release>()
      const waiter: Waiter = { peerId, grant: resolve, isCancelled: false }
      const line = lines.get(turn)
      if (line === undefined) lines.set(turn, [waiter])
      else line.push(waiter)
      const cancel = (): void => {
        waiter.isCancelled = true
        const own = lines.get(turn)
        const place = own?.indexOf(waiter) ?? -1
        if (own === undefined || place < 0) return
        own.splice(place, 1)
        if (own.length === 0) lines.delete(turn)
      }
      return { slot, cancel }
    },
  }
}
