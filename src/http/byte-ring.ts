/**
 * Bytes that are kept for a moment, in memory that is taken once. What is kept longest makes room for what is new.
 *
 * In memory of their own they would live just long enough for V8 to hold them for old, and each second of a busy
 * registry would leave it megabytes to find among everything else that is old.
 */

/** Where bytes were put, as a count of all that was put before. */
export type RingPlace = { readonly start: number; readonly length: number }

export interface ByteRing {
  /** @throws RangeError for more bytes than it holds. */
  put(bytes: Uint8Array): RingPlace
  /** A copy of what was put there, which stays what it is; undefined once it had to make room. */
  take(place: RingPlace): Buffer | undefined
}

/** @param size in bytes; memory is taken with the first that are put. */
export function createByteRing(size: number): ByteRing {
  let memory: Buffer | undefined
  let end = 0

  return {
    put(bytes) {
      const { length } = bytes
      if (length > size) throw new RangeError(`${length} bytes do not fit into a ring of ${size}`)
      memory ??= Buffer.allocUnsafeSlow(size)
      const leftBehind = size - (end % size)
      // In one piece: what does not fit behind the last begins anew at the front.
      const start = length <= leftBehind ? end : end + leftBehind
      memory.set(bytes, start % size)
      end = start + length
      return { start, length }
    },
    take({ start, length }) {
      if (memory === undefined || end - start > size) return undefined
      const copy = Buffer.allocUnsafeSlow(length)
      memory.copy(copy, 0, start % size, (start % size) + length)
      return copy
    },
  }
}
