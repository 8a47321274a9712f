/** The network of a simulated world, as the engine sees it: requests that take virtual time and end as peers will. */
import type { PeerId } from '../../src/domain/peer.ts'
import type { Outbound, OutboundRequest, OutboundResult } from '../../src/security/outbound.ts'
import { createRandom } from '../support/random.ts'
import type { Catalogue } from './catalogue.ts'
import { seedOf } from './draws.ts'
import type { Exchange, Nature } from './nature.ts'
import type { Ending, Sent, Traffic } from './traffic.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** One simulated registry. */
export type Member = {
  readonly peerId: PeerId
  readonly registryUrl: string
  readonly nature: Nature
  readonly catalogue: Catalogue
}

export type NetworkOptions = {
  readonly seed: number
  readonly clock: VirtualClock
  readonly traffic: Pick<Traffic, 'begin' | 'end'>
}

const TIMED_OUT: OutboundResult = {
  ...{ kind: 'failed', reason: 'timeout', detail: 'No complete answer came in time.' },
}

export function createNetwork(
  members: ReadonlyMap<string, Member>,
  { seed, clock, traffic }: NetworkOptions,
): Pick<Outbound, 'request'> {
  let lastRequest = 0
  return {
    request(request) {
      const member = members.get(new URL(request.url).origin)
      if (member === undefined) throw new Error(`nobody lives at ${request.url}`)
      lastRequest += 1
      const exchange = exchangeOf(request, member)
      const random = createRandom(seedOf(seed, lastRequest))
      const at = (): Exchange => ({ ...exchange, random, elapsedMs: clock.monotonic() })
      const reply = member.nature.reply(at())
      const sent: Sent = { peerId: member.peerId, question: request.url }
      traffic.begin(sent)
      const { promise, resolve } = Promise.withResolvers<OutboundResult>()
      const end = (result: OutboundResult): void => {
        callOff()
        request.signal.removeEventListener('abort', giveUp)
        traffic.end(sent, endingOf(result, member.nature))
        resolve(result)
      }
      const giveUp = (): void => end(TIMED_OUT)
      const callOff =
        reply === 'silence' ? () => {} : clock.after(reply.afterMs, () => end(reply.result(at())))
      request.signal.addEventListener('abort', giveUp, { once: true })
      if (request.signal.aborted) giveUp()
      return promise
    },
  }
}

function exchangeOf(
  { url, headers }: OutboundRequest,
  { registryUrl, catalogue }: Member,
): Omit<Exchange, 'random' | 'elapsedMs'> {
  const query = new URL(url).searchParams
  return { registryUrl, catalogue, query, knownEtag: headers['if-none-match'] }
}

/** Whether an honest answer came, which is kept then. */
function endingOf(result: OutboundResult, { isHonest }: Nature): Ending {
  if (!isHonest || result.kind === 'failed') return 'lost'
  if (result.status === 304) return 'unchanged'
  if (result.status !== 200) return 'lost'
  return result.body.includes('"agents":[]') ? 'no records' : 'some records'
}
