/**
 * Records that were read before. Most of what a peer sends was sent before, in answer to another search; equal bytes
 * give the very same record, so that what was worked out of it (its words, its identity) holds as well.
 */
import { randomInt } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Slice } from '../security/json-slices.ts'
import { type ReadAgent, type RecordSource, recordSource } from '../wire/agent-from-peer.ts'

export interface RecordMemory {
  /** What reading a registry's records depends on beside their bytes. */
  sourceOf(registryUrl: string, askedVisibility: RecordSource['askedVisibility']): RecordSource
  /** The memory of records of this source, for those in this page. */
  open(source: RecordSource, page: Buffer): PageMemory
}

/** What is known of the records in one page, by where they begin. */
export interface PageMemory {
  /** The record that begins here, if all its bytes are those of a known one. */
  recall(start: number): Slice<ReadAgent> | undefined
  /** Keeps what was read of these bytes, which must be a JSON object. */
  keep(slice: Slice<ReadAgent>, read: ReadAgent): void
}

type Known = { readonly source: RecordSource; readonly bytes: Buffer; readonly read: ReadAgent }

/** @param maxBytes about how much memory the records may take; the least recently used are given up first. */
export function createRecordMemory(maxBytes: number): RecordMemory {
  // By what the beginning of their bytes comes to, where their identifier stands: of two that begin alike the later one
  // is kept.
  const records = new LRUCache<number, Known>({ maxSize: maxBytes })
  const seeds = new WeakMap<RecordSource, number>()
  // By the registry's own text, which is looked up faster than one made for each page.
  const sources = {
    public: new LRUCache<string, RecordSource>({ max: MOST_SOURCES }),
    federated: new LRUCache<string, RecordSource>({ max: MOST_SOURCES }),
  }
  return {
    sourceOf(registryUrl, askedVisibility) {
      const known = sources[askedVisibility].get(registryUrl)
      if (known !== undefined) return known
      const source = recordSource(registryUrl, askedVisibility)
      sources[askedVisibility].set(registryUrl, source)
      return source
    },
    open(source, page) {
      const seed = seeds.get(source) ?? randomInt(MOST_SEED)
      seeds.set(source, seed)
      return {
        recall(start) {
          const known = records.get(keyOf(page, start, seed))
          if (known?.source !== source) return undefined
          // To the last byte: no peer can make one record pass for another.
          const end = start + known.bytes.length
          const isSame = end <= page.length && known.bytes.compare(page, start, end) === 0
          return isSame ? { start, end, known: known.read } : undefined
        },
        keep({ start, end }, read) {
          // A copy: the page must not stay for the sake of one record.
          const bytes = Buffer.from(page.subarray(start, end))
          const size = RECORD_BYTES + bytes.length * BYTES_PER_BYTE
          records.set(keyOf(page, start, seed), { source, bytes, read }, { size })
        },
      }
    },
  }
}

/**
 * What the first bytes of a record come to, as a number of 32 bits: one is looked up several times faster than a text, or
 * a larger number, made for it.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv/ (FNV-1a, with a start that nobody else knows)
 */
function keyOf(page: Buffer, start: number, seed: number): number {
  const end = Math.min(start + BEGINNING_BYTES, page.length)
  let key = seed
  for (let at = start; at < end; at += 1) key = Math.imul(key ^ (page[at] ?? 0), FNV_PRIME)
  return key
}

const FNV_PRIME = 0x01000193
const MOST_SEED = 2 ** 32
const MOST_SOURCES = 1_000 // peers
const BEGINNING_BYTES = 64 // `{"id":"`, a UUID, and a little of what follows
const RECORD_BYTES = 2_000 // objects, lists and the memory's own entry
const BYTES_PER_BYTE = 4 // texts, as much again for their words, for its JSON in answers, and the bytes
