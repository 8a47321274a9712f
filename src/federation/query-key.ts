/** Which questions to a peer are the same question, so that one answer serves them all. */
import { hash } from 'node:crypto'
import { foldCase } from '../domain/fold-case.ts'
import type { Peer } from '../domain/peer.ts'
import type { PeerProtocol, PeerRequest } from './protocols/protocol.ts'

/**
 * One spelling for questions with one answer: Unicode NFC, tags in order and once, filters in lower case (they
 * compare without case). A trailing space of the search stays: it says that the last word is complete.
 */
export function normalizeRequest(request: PeerRequest): PeerRequest {
  const { search, filter, limit, visibility, cursor, reference } = request
  return {
    search: search === null ? null : search.normalize('NFC'),
    filter: {
      agentType: filter.agentType === null ? null : foldCase(filter.agentType),
      tags: [...new Set(filter.tags.map(foldCase))].sort(),
      status: filter.status,
      provider: filter.provider === null ? null : foldCase(filter.provider),
    },
    limit,
    visibility,
    cursor,
    reference,
  }
}

/** A question as all who have it put it alike. */
export type Question = {
  readonly peer: Peer
  readonly protocol: PeerProtocol
  readonly request: PeerRequest
  readonly key: string
}

/**
 * Gives the keys of one question's answers: `<peer id>:<epoch>.<SHA-256, hex>`. Answers for anonymous users and for key
 * holders never share one, and raising the peer's epoch makes all its keys new. The peer's id leads, so that a cache
 * can forget a peer.
 *
 * @param request as `normalizeRequest` gives it.
 */
export function createQueryKeys(request: PeerRequest): (peer: Peer, protocol: PeerProtocol) => string {
  const { search, filter, limit, visibility, cursor, reference } = request
  // Canonical by construction: an array has an order, an object written by hand might change its own.
  const question = [
    ...[visibility, search, filter.agentType, filter.tags, filter.status, filter.provider],
    ...[limit, cursor, reference],
  ]
  const asked = JSON.stringify(question)
  // Once for all peers that speak one protocol.
  const hashes = new Map<PeerProtocol, string>()
  return ({ id, epoch }, protocol) => {
    const known = hashes.get(protocol)
    if (known !== undefined) return `${id}:${epoch}.${known}`
    const hashed = hash('sha256', JSON.stringify([protocol.name, protocol.version]) + asked)
    hashes.set(protocol, hashed)
    return `${id}:${epoch}.${hashed}`
  }
}
