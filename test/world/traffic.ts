/** What one registry sends to its simulated peers, and whether that is more than it may. */
import type { PeerId } from '../../src/domain/peer.ts'
import type { Clock } from '../../src/domain/ports.ts'

/** As the engine has them. */
const MOST_PER_PEER = 8
const MOST_OVERALL = 1_024
const EMPTY_SECONDS = 30
const LONGEST_REQUEST_MS = 5_000

export type Sent = {
  readonly peerId: PeerId
  /** The same for requests that one kept answer answers. */
  readonly question: string
}

/** How a request ended: with what may be kept, which is as long as it was before if nothing has changed; or otherwise. */
export type Ending = 'some records' | 'no records' | 'unchanged' | 'lost'

export type Traffic = {
  begin(sent: Sent): void
  end(sent: Sent, ending: Ending): void
  /** What is kept has been overtaken, so that asking again is no waste. */
  overtake(): void
  /** All that is kept, and under way, is another question's from now on; what waits for a slot may still be sent. */
  startAnew(): void
  /** Until the returned function is called, asking again is no waste, whatever is kept. */
  allowWhile(): () => void
  /** When somebody last had to wait for a slot, as far as can be seen from here; of the clock that never jumps. */
  fullAt(peerId: PeerId): number
  readonly underWay: number
  readonly requests: number
  /** Rules that were broken, in words. */
  readonly faults: readonly string[]
}

export function createTraffic({
  clock,
  ttlSeconds,
}: {
  readonly clock: Clock
  readonly ttlSeconds: number
}): Traffic {
  const asking = new Map<string, number>()
  const byPeer = new Map<PeerId, number>()
  const keptUntil = new Map<string, number>()
  const secondsFor = new Map<string, number>()
  const fullByPeer = new Map<PeerId, number>()
  const faults: string[] = []
  let [underWay, requests, lenient] = [0, 0, 0]
  let [fullAt, mixedUntil] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]

  const count = <K>(counts: Map<K, number>, key: K, change: number): number => {
    const now = (counts.get(key) ?? 0) + change
    counts.set(key, now)
    return now
  }

  return {
    begin({ peerId, question }) {
      requests += 1
      underWay += 1
      const now = clock.monotonic()
      if (count(asking, question, 1) > 1 && now > mixedUntil)
        faults.push(`asked twice at one time: ${question}`)
      const ofPeer = count(byPeer, peerId, 1)
      if (ofPeer > MOST_PER_PEER) faults.push(`${ofPeer} requests under way to ${peerId}`)
      if (underWay > MOST_OVERALL) faults.push(`${underWay} requests under way`)
      if (ofPeer === MOST_PER_PEER) fullByPeer.set(peerId, now)
      if (underWay === MOST_OVERALL) fullAt = now
      const until = keptUntil.get(question)
      if (lenient === 0 && until !== undefined && now < until)
        faults.push(`asked for what is kept: ${question}`)
    },
    end({ peerId, question }, ending) {
      underWay -= 1
      count(asking, question, -1)
      if (count(byPeer, peerId, -1) === MOST_PER_PEER - 1) fullByPeer.set(peerId, clock.monotonic())
      if (underWay === MOST_OVERALL - 1) fullAt = clock.monotonic()
      if (ending === 'lost' || clock.monotonic() <= mixedUntil) return
      if (ending !== 'unchanged')
        secondsFor.set(question, ending === 'no records' ? EMPTY_SECONDS : ttlSeconds)
      keptUntil.set(question, clock.monotonic() + (secondsFor.get(question) ?? 0) * 1_000)
    },
    overtake: () => keptUntil.clear(),
    startAnew() {
      keptUntil.clear()
      mixedUntil = clock.monotonic() + 2 * LONGEST_REQUEST_MS
    },
    allowWhile() {
      lenient += 1
      return () => {
        lenient -= 1
      }
    },
    fullAt: (peerId) => Math.max(fullAt, fullByPeer.get(peerId) ?? Number.NEGATIVE_INFINITY),
    get underWay() {
      return underWay
    },
    get requests() {
      return requests
    },
    faults,
  }
}
