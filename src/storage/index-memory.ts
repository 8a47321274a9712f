/**
 * What searches read of the index, kept until a record changes. Where each reading is a round trip to a server, the
 * lists of frequent words and the records that many searches find are most of a search's time.
 */
import { LRUCache } from 'lru-cache'
import type { PostingList, Postings } from './engine.ts'

/** A record as searches read it, the caller's own form. */
export type Remembered = { readonly ordinal: number; readonly did: string; readonly terms: string }

export interface IndexMemory<Entry extends Remembered> {
  /**
   * What is known of the index as it stands at a revision, read before anything that is kept. What was read at
   * another revision is forgotten, and cannot be kept any more by whoever still reads.
   */
  at(revision: number): KnownIndex<Entry>
}

export interface KnownIndex<Entry extends Remembered> {
  /** The best `limit` postings of a list. */
  postings(list: PostingList & { readonly limit: number }): Postings | undefined
  keepPostings(list: PostingList & { readonly limit: number }, postings: Postings): void
  /** A record that this class of readers may see. */
  record(readers: string, ordinal: number): Entry | undefined
  keepRecord(readers: string, record: Entry): void
}

/**
 * @param maxBytes of lists, and as many of records; 0 keeps nothing.
 * @param sizeOf bytes that a record takes.
 */
export function createIndexMemory<Entry extends Remembered>(
  maxBytes: number,
  sizeOf: (record: Entry) => number,
): IndexMemory<Entry> {
  if (maxBytes === 0) return { at: () => NOTHING }
  let held = { revision: 0, known: knownIndex(maxBytes, sizeOf) }
  return {
    at(revision) {
      // Who read an older revision than the one held comes too late, and works with what it reads itself.
      if (revision < held.revision) return NOTHING
      if (revision > held.revision) held = { revision, known: knownIndex(maxBytes, sizeOf) }
      return held.known
    },
  }
}

const NOTHING: KnownIndex<never> = {
  postings: () => undefined,
  keepPostings: () => {},
  record: () => undefined,
  keepRecord: () => {},
}

const BYTES_OF_A_POSTING = 16
const BYTES_OF_AN_ENTRY = 200

function knownIndex<Entry extends Remembered>(
  maxBytes: number,
  sizeOf: (record: Entry) => number,
): KnownIndex<Entry> {
  const lists = new LRUCache<string, { readonly limit: number; readonly postings: Postings }>({
    maxSize: maxBytes,
    sizeCalculation: ({ postings }) => BYTES_OF_AN_ENTRY + BYTES_OF_A_POSTING * postings.ordinals.length,
  })
  const records = new LRUCache<string, Entry>({
    maxSize: maxBytes,
    sizeCalculation: (record) => BYTES_OF_AN_ENTRY + sizeOf(record),
  })
  return {
    postings({ termId, audienceId, limit }) {
      const found = lists.get(`${termId} ${audienceId}`)
      return found === undefined ? undefined : best(found, limit)
    },
    keepPostings: ({ termId, audienceId, limit }, postings) =>
      void lists.set(`${termId} ${audienceId}`, { limit, postings }),
    record: (readers, ordinal) => records.get(`${ordinal} ${readers}`),
    keepRecord: (readers, record) => void records.set(`${record.ordinal} ${readers}`, record),
  }
}

/** As many of the postings as wanted, unless fewer were read than that and there may be more. */
function best(
  { limit, postings }: { readonly limit: number; readonly postings: Postings },
  wanted: number,
): Postings | undefined {
  const { ordinals, impacts } = postings
  if (ordinals.length <= wanted) return limit >= wanted || ordinals.length < limit ? postings : undefined
  return {
    ordinals: Array.prototype.slice.call(ordinals, 0, wanted),
    impacts: Array.prototype.slice.call(impacts, 0, wanted),
  }
}
