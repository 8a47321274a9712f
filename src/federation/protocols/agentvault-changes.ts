/** The feed of changes as a registry like this one sends it. */
import { isObject } from '../../cards/place.ts'
import { failed } from './agentvault-page.ts'
import type { PeerChange, PeerChanges } from './protocol.ts'

const MAX_NAME_CHARS = 2_048
const MAX_EPOCH_CHARS = 200

/**
 * @param options.isTooOld the peer no longer has the changes since the position it was asked for.
 * @param options.pageSize how many were asked for: as many mean that there are more.
 * @returns a failure for what cannot be relied on: with a hole in it, a feed is worth nothing.
 */
export function readChanges(
  value: unknown,
  { isTooOld, pageSize }: { readonly isTooOld: boolean; readonly pageSize: number },
): PeerChanges {
  if (!isObject(value)) return failed('bad-response', 'Its changes are not an object.')
  const { next, epoch } = value
  if (typeof next !== 'number' || !Number.isSafeInteger(next) || next < 0) {
    return failed('bad-response', 'Its changes have no usable `next`.')
  }
  if (typeof epoch !== 'string' || epoch === '' || epoch.length > MAX_EPOCH_CHARS) {
    return failed('bad-response', 'Its changes have no usable `epoch`.')
  }
  if (isTooOld) return { kind: 'restart', next, epoch }
  const { changes, more } = value
  if (!Array.isArray(changes)) return failed('bad-response', 'Its answer has no list `changes`.')
  const read = changes.map(readChange).filter((change) => change !== undefined)
  if (read.length !== changes.length) return failed('bad-response', 'One of its changes is not usable.')
  const hasMore = more === true || changes.length >= pageSize
  return { kind: 'changes', changes: read, next, epoch, hasMore }
}

function readChange(value: unknown): PeerChange | undefined {
  if (!isObject(value)) return undefined
  const { id, did, op } = value
  if (typeof id !== 'string' || typeof did !== 'string') return undefined
  if (id.length > MAX_NAME_CHARS || did.length > MAX_NAME_CHARS) return undefined
  return op === 'upsert' || op === 'delete' ? { id, did, op } : undefined
}
