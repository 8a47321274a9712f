/**
 * Records that were read before. Most of what a peer sends was sent before, in answer to another search; equal bytes
 * give the very same record, so that what was worked out of it (its words, its identity) holds as well.
 */
import { LRUCache } from 'lru-cache'
import type { ReadAgent } from '../wire/agent-from-peer.ts'

export interface RecordMemory {
  /**
   * The record in these bytes, read only if they are new.
   * @param source all that `read` depends on beside the bytes, such as whose record it is.
   * @returns what `read` gave, which is not remembered if it is nothing.
   */
  recall(source: string, bytes: Uint8Array, read: () => ReadAgent | undefined): ReadAgent | undefined
}

/** @param maxBytes about how much memory the records may take; the least recently used are given up first. */
export function createRecordMemory(maxBytes: number): RecordMemory {
  const records = new LRUCache<string, { readonly source: string; readonly read: ReadAgent }>({
    maxSize: maxBytes,
  })
  return {
    recall(source, bytes, read) {
      // The bytes themselves, one to a character: no peer can make one record pass for another, and looking a text up
      // is cheaper than hashing it cryptographically.
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
      const known = records.get(text)
      if (known?.source === source) return known.read
      const record = read()
      if (record !== undefined) {
        records.set(text, { source, read: record }, { size: RECORD_BYTES + text.length * BYTES_PER_BYTE })
      }
      return record
    },
  }
}

const RECORD_BYTES = 2_000 // objects, lists and the memory's own entry
const BYTES_PER_BYTE = 4 // texts, as much again for their words, and the bytes
