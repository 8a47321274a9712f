/**
 * The records each peer was last seen to have, kept in the database for a day: for the days when a peer does not
 * answer, and to find one agent anywhere.
 *
 * Writes wait for a moment, so that many answers are one statement, and a record that was written within the hour is
 * not written again: `seenAt` may lie an hour back.
 */
import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Agent } from '../domain/agent.ts'
import { bytesOfAgent } from '../domain/agent-size.ts'
import { createAttachment } from '../domain/attachment.ts'
import type { PeerAnswer } from '../domain/discovery.ts'
import type { FederatedAgentStore, FederatedCopy } from '../domain/federation-ports.ts'
import type { Peer, PeerId } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import { agentToWire } from '../wire/agent.ts'
import { agentFromPeer, recordSource } from '../wire/agent-from-peer.ts'
import type { FederationEvents } from './federation-events.ts'
import { FALLBACK_SECONDS } from './freshness.ts'
import type { PeerRequest } from './protocols/protocol.ts'
import type { RecordFacts } from './record-facts.ts'
import { type Seen, SeenRecords } from './seen-records.ts'
import { LATE, waitAtMost } from './wait-at-most.ts'

export type LastSeenDeps = {
  readonly store: Pick<FederatedAgentStore, 'remember' | 'listOfPeer' | 'listSeenAt'>
  readonly clock: Clock
  readonly events: Pick<FederationEvents, 'fault' | 'recordsLost'>
  /** Where what is worked out of the records is kept: what they are put in order with others by, too. */
  readonly facts: RecordFacts
}

export interface LastSeen {
  /** What of the peer's records is at hand; undefined when there is nothing, or not yet. Never throws. */
  recall(peer: Peer, request: PeerRequest): PeerAnswer | undefined
  /** Whether what `recall` gives is all there is, so that nothing needs to be fetched. */
  isLoaded(peer: Peer): boolean
  /** Fetches the peer's records, so that `recall` has them. Never rejects. */
  load(peer: Peer): Promise<void>
}

export interface LastSeenMemory extends LastSeen, AsyncDisposable {
  /** Notes what a peer answered. */
  remember(peer: Peer, answer: PeerAnswer): void
  /** Writes what waits to be written. Never rejects. */
  flush(): Promise<void>
  /** Forgets what was loaded of a peer. */
  forget(peerId: PeerId): void
}

const WRITE_AFTER_MS = 500
const WRITE_AGAIN_MS = 3_600_000
/** No longer than it may be shown: an answer is as old as its oldest record, and would not be shown for its sake. */
const KEPT_MS = FALLBACK_SECONDS * 1000
/** Records that wait to be written while the database does not answer; more are not remembered, but counted. */
const MOST_WAITING = 20_000
const MOST_WAITING_BYTES = 64 * 1024 * 1024
/** Twenty times the largest of 13,000 real ones. A larger one is shown while its peer answers, and not remembered. */
const LARGEST_BYTES = 64 * 1024
/** What a peer's records may take in memory; all its words, which are indexed, take a multiple. */
const LOADED_PER_PEER_BYTES = 2.5 * 1024 * 1024
const LOADED_IN_ALL_BYTES = 10 * LOADED_PER_PEER_BYTES
/** Of usual size; where many peers are down, each has a share, and none is read anew because of the others. */
const LOADED_PER_PEER = 1_000
const LOADED_IN_ALL = 10_000
const READ_AT_ONCE = 50
const INDEXED_AT_ONCE = 2_000 // terms: some milliseconds
const LOADED_FOR_MS = 30_000
/** A search does not wait longer for the records of a peer that is down. */
const LOAD_MS = 250

/** Records of one peer that wait to be written, by their ids. */
type Waiting = { readonly peer: Peer; readonly agents: Map<string, Agent> }

type Loaded = {
  /** Of the peer, when it was read. */
  readonly epoch: number
  readonly records: SeenRecords
  readonly bytes: number
  /** Of what the database had: the same as long as that is. */
  readonly digest: string
}

/** When the database was last asked about a peer, in monotonic ms, and in which epoch of it. */
type Look = { readonly epoch: number; readonly at: number }

export function createLastSeen(deps: LastSeenDeps): LastSeenMemory {
  return new Memory(deps)
}

class Memory implements LastSeenMemory {
  readonly #deps: LastSeenDeps
  /** A record is written anew in each epoch of its peer: with the epoch before, its copy was voided. */
  readonly #written = createAttachment<Agent, { readonly epoch: number; readonly at: number }>()
  #waiting = new Map<PeerId, Waiting>()
  readonly #loaded: LRUCache<PeerId, Loaded>
  /** Kept apart from what was found, which others may push out: it would be read again by each search. */
  readonly #looks = new Map<PeerId, Look>()
  readonly #loading = new Map<PeerId, { readonly epoch: number; readonly read: Promise<void> }>()
  #waitingCount = 0
  #waitingBytes = 0
  /** Not remembered since the last write. */
  #lost = 0
  #forgets = 0
  #callOff: (() => void) | null = null
  #writing: Promise<void> = Promise.resolve()

  constructor(deps: LastSeenDeps) {
    this.#deps = deps
    this.#loaded = new LRUCache({
      maxSize: LOADED_IN_ALL_BYTES,
      sizeCalculation: ({ bytes }) => bytes + 1,
    })
  }

  remember(peer: Peer, { agents }: PeerAnswer): void {
    const now = this.#deps.clock.monotonic()
    const fresh = agents.filter((agent) => this.#isDue(agent, peer.epoch, now))
    if (fresh.length === 0) return
    this.#callOff ??= this.#deps.clock.after(WRITE_AFTER_MS, () => void this.flush())
    if (this.#waitingCount + fresh.length > MOST_WAITING || this.#waitingBytes > MOST_WAITING_BYTES) {
      this.#lost += fresh.length
      return
    }
    const waiting = this.#waitingOf(peer)
    if (waiting.peer.epoch > peer.epoch) return
    for (const agent of fresh) {
      this.#written.set(agent, { epoch: peer.epoch, at: now })
      this.#wait(agent, waiting)
    }
  }

  #wait(agent: Agent, { agents }: Waiting): void {
    const bytes = bytesOfAgent(agent)
    if (bytes > LARGEST_BYTES) {
      this.#lost += 1
      return
    }
    const before = agents.get(agent.id)
    if (before === undefined) this.#waitingCount += 1
    this.#waitingBytes += bytes - (before === undefined ? 0 : bytesOfAgent(before))
    agents.set(agent.id, agent)
  }

  #isDue(agent: Agent, epoch: number, now: number): boolean {
    const last = this.#written.get(agent)
    return last === undefined || last.epoch !== epoch || now - last.at >= WRITE_AGAIN_MS
  }

  /** What waits of the peer; of an earlier epoch, the database would not take it any more. */
  #waitingOf(peer: Peer): Waiting {
    const known = this.#waiting.get(peer.id)
    if (known !== undefined && known.peer.epoch >= peer.epoch) return known
    this.#waitingCount -= known?.agents.size ?? 0
    this.#waitingBytes -= bytesOf(known?.agents.values() ?? [])
    const waiting = { peer, agents: new Map<string, Agent>() }
    this.#waiting.set(peer.id, waiting)
    return waiting
  }

  async flush(): Promise<void> {
    this.#callOff?.()
    this.#callOff = null
    this.#writing = this.#writing.then(() => this.#write())
    await this.#writing
  }

  /** Takes what waits only when its turn comes: what waits for a write before it counts as waiting. */
  async #write(): Promise<void> {
    const { store, clock, events } = this.#deps
    const batches = [...this.#waiting.values()]
    this.#waiting = new Map()
    this.#waitingCount = 0
    this.#waitingBytes = 0
    if (this.#lost > 0) events.recordsLost(this.#lost)
    this.#lost = 0
    const seenAt = clock.now()
    for (const { peer, agents } of batches) {
      const registry = { url: peer.registryUrl, name: peer.name }
      const records = [...agents.values()].map((agent) => ({
        ...{ did: agent.did, agentId: agent.id, data: agentToWire(agent, registry) },
      }))
      try {
        await store.remember(peer.id, records, { epoch: peer.epoch, seenAt, expiresAt: seenAt + KEPT_MS })
      } catch (error) {
        for (const agent of agents.values()) this.#written.delete(agent)
        events.fault(error, 'keeping the records of a peer')
      }
      // The embedded database is written to at once, without a wait in which others would have their turn.
      await this.#othersFirst()
    }
  }

  isLoaded({ id, epoch }: Peer): boolean {
    const last = this.#looks.get(id)
    return last?.epoch === epoch && this.#deps.clock.monotonic() - last.at < LOADED_FOR_MS
  }

  async load(peer: Peer): Promise<void> {
    const { events } = this.#deps
    if (this.isLoaded(peer)) return
    try {
      if ((await waitAtMost(this.#readOnce(peer), LOAD_MS, null)) === LATE) return
    } catch (error) {
      // Nor is it tried again with each search: what is not there is not shown.
      this.#noteLook(peer)
      events.fault(error, 'reading the last seen records of a peer')
    }
  }

  #readOnce(peer: Peer): Promise<void> {
    const { id, epoch } = peer
    const known = this.#loading.get(id)
    if (known?.epoch === epoch) return known.read
    const read = this.#read(peer).finally(() => {
      if (this.#loading.get(id)?.read === read) this.#loading.delete(id)
    })
    this.#loading.set(id, { epoch, read })
    return read
  }

  async #read(peer: Peer): Promise<void> {
    const { store, facts } = this.#deps
    const { id, epoch } = peer
    const forgets = this.#forgets
    const seenAt = await store.listSeenAt(id, { limit: this.#shareOf(id) })
    const digest = hash('sha256', JSON.stringify(seenAt), 'base64url')
    const held = this.#loaded.get(id)
    if (held?.epoch === epoch && held.digest === digest) {
      // A peer that is down is asked about for hours, and its records stay what they are.
      this.#noteLook(peer)
      return
    }
    const dids = seenAt.map(({ did }) => did)
    const read = await this.#readRecords(dids, peer)
    const known = this.#loaded.get(id)
    const records = known?.epoch === epoch ? known.records.readAnew(read) : new SeenRecords(read, facts)
    while (records.indexSome(INDEXED_AT_ONCE)) await this.#othersFirst()
    // Who was forgotten meanwhile may be another peer: the next search reads again.
    if (forgets !== this.#forgets) return
    const latest = this.#loaded.get(id)
    if (latest !== undefined && latest.epoch > epoch) return
    this.#loaded.set(id, { epoch, records, bytes: bytesOf(read.map(({ agent }) => agent)), digest })
    this.#noteLook(peer)
  }

  #noteLook({ id, epoch }: Peer): void {
    this.#looks.set(id, { epoch, at: this.#deps.clock.monotonic() })
  }

  /** How many records of the peer are kept at hand, beside those of all others that are asked about now. */
  #shareOf(id: PeerId): number {
    const since = this.#deps.clock.monotonic() - 2 * LOADED_FOR_MS
    for (const [other, { at }] of this.#looks) if (at < since) this.#looks.delete(other)
    const others = this.#looks.size - (this.#looks.has(id) ? 1 : 0)
    return Math.min(LOADED_PER_PEER, Math.ceil(LOADED_IN_ALL / (1 + others)))
  }

  /** A few at a time, and others have their turn between. */
  async #readRecords(dids: readonly string[], peer: Peer): Promise<Seen[]> {
    const read: Seen[] = []
    let bytes = 0
    for (let at = 0; at < dids.length && bytes < LOADED_PER_PEER_BYTES; at += READ_AT_ONCE) {
      if (at > 0) await this.#othersFirst()
      const rows = await this.#deps.store.listOfPeer(peer.id, dids.slice(at, at + READ_AT_ONCE))
      const some = rows.map((row) => readSeen(row, peer)).filter((one) => one !== undefined)
      bytes += bytesOf(some.map(({ agent }) => agent))
      read.push(...some)
    }
    return read
  }

  #othersFirst(): Promise<void> {
    return new Promise((resolve) => this.#deps.clock.soon(resolve))
  }

  recall(peer: Peer, request: PeerRequest): PeerAnswer | undefined {
    const loaded = this.#loaded.get(peer.id)
    if (loaded === undefined || loaded.epoch !== peer.epoch) return undefined
    if (request.cursor !== null || request.reference !== null) return undefined
    return loaded.records.answer(request)
  }

  forget(peerId: PeerId): void {
    this.#forgets += 1
    this.#loaded.delete(peerId)
    this.#looks.delete(peerId)
    this.#loading.delete(peerId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush()
  }
}

function bytesOf(agents: Iterable<Agent>): number {
  let bytes = 0
  for (const agent of agents) bytes += bytesOfAgent(agent)
  return bytes
}

/** What the database gives is read like what the peer sends: undefined if it cannot be. */
export function readSeen(
  { data, seenAt }: Pick<FederatedCopy, 'data' | 'seenAt'>,
  peer: Peer,
): Seen | undefined {
  const read = agentFromPeer(data, recordSource(peer.registryUrl, 'federated'))
  return read.ok ? { agent: read.agent, seenAt } : undefined
}
