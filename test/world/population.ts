/** Who lives in a simulated world, and what its operator does to them. */
import type { Peer, PeerId } from '../../src/domain/peer.ts'
import { makePeer } from '../support/federation.ts'
import { createRandom, type Random } from '../support/random.ts'
import { createCatalogue } from './catalogue.ts'
import { seedOf } from './draws.ts'
import { NATURES, type NatureName } from './nature.ts'
import type { Member } from './network.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What becomes of kept answers: nothing, or they are not fresh any more, or forgotten. */
export type Meddling = 'nothing' | 'overtaken' | 'forgotten'

export type Population = {
  /** As the operator has them now; the same list while nothing changes. */
  readonly peers: () => readonly Peer[]
  /** By origin. */
  readonly members: ReadonlyMap<string, Member>
  change(id: PeerId, to: (peer: Peer) => Peer): void
  /** Does one thing an operator might do. */
  meddle(random: Random): Meddling
}

const MIXES: readonly (readonly NatureName[])[] = [
  ['prompt', 'usual'],
  ['prompt', 'usual', 'usual', 'usual', 'flapping', 'slow', 'hung'],
  ['prompt', 'lying'],
  ['hung', 'absent', 'failing', 'refusing'],
  ['prompt', 'usual', 'slow', 'hung', 'flapping', 'absent', 'failing', 'busy', 'refusing', 'lying', 'lying'],
]

export function createPopulation(
  seed: number,
  { count, clock }: { readonly count: number; readonly clock: VirtualClock },
): Population {
  const random = createRandom(seed)
  const mix = random.pick(MIXES)
  const list: Peer[] = []
  const members = new Map<string, Member>()
  for (let place = 0; place < count; place += 1) {
    const registryUrl = `https://p${place}.example`
    const own = createRandom(seedOf(seed, place))
    const nature = NATURES[own.pick(mix)](own)
    const peer = makePeer(registryUrl, { name: `P${place}` })
    const changeEveryMs = own.pick([20_000, 400_000, Number.POSITIVE_INFINITY])
    const catalogue = createCatalogue({
      seed: seedOf(seed, place, 1),
      registryUrl,
      size: own.below(12),
      changeEveryMs,
    })
    members.set(registryUrl, { peerId: peer.id, registryUrl, nature, catalogue })
    list.push(peer)
  }
  let peers: readonly Peer[] = list

  const change = (id: PeerId, to: (peer: Peer) => Peer): void => {
    peers = peers.map((peer) => (peer.id === id ? to(peer) : peer))
  }

  return {
    peers: () => peers,
    members,
    change,
    meddle(chance) {
      const { id } = chance.pick(peers)
      const updatedAt = clock.now()
      switch (chance.pick(['switch', 'switch', 'epoch', 'overtake', 'priority', 'timeout'] as const)) {
        case 'switch':
          change(id, (peer) => ({ ...peer, isActive: !peer.isActive, updatedAt }))
          return 'nothing'
        case 'epoch':
          change(id, (peer) => ({ ...peer, epoch: peer.epoch + 1 }))
          return 'forgotten'
        case 'overtake':
          change(id, (peer) => ({ ...peer, staleBefore: clock.now() }))
          return 'overtaken'
        case 'priority':
          change(id, (peer) => ({ ...peer, priority: chance.below(3), updatedAt }))
          return 'nothing'
        case 'timeout':
          change(id, (peer) => ({ ...peer, timeoutMs: chance.pick([null, 100, 700, 3_000]), updatedAt }))
          return 'nothing'
      }
    },
  }
}
