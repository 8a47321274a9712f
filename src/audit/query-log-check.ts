/** Whether the log of questions is what the chain says it was: reads the chain's digests, then the log, in order. */
import {
  createDigestMaker,
  DIGEST_ACTION,
  type DigestLine,
  type DigestMaker,
  PURGE_ACTION,
  type QueryLogDigest,
} from './query-log-digest.ts'

export type QueryLogVerdict = {
  /** Digests whose rows are all there, as they were. */
  readonly intact: number
  /** Digests of which retention removed rows: nothing can be said of the rest. */
  readonly forgotten: number
  /** Rows that are too young for a digest. */
  readonly uncovered: number
  readonly faultCount: number
  /** Sentences, the first of them. */
  readonly faults: readonly string[]
}

export type QueryLogCheck = {
  /** Takes the next row of the audit log; those that say nothing of the log of questions are passed over. */
  addAudit(text: string): void
  /** The id behind which there may be rows that can be checked. */
  firstToRead(): number
  /** Takes the next row of the log, in order of their ids. */
  addLine(line: DigestLine): void
  finish(): QueryLogVerdict
}

const MOST_FAULTS = 20
const PREFIXES = [DIGEST_ACTION, PURGE_ACTION].map((action) => `{"action":${JSON.stringify(action)},`)

export function createQueryLogCheck(): QueryLogCheck {
  let digests: QueryLogDigest[] = []
  let purgedBefore = ''
  let forgotten = 0
  let place = 0
  let maker: DigestMaker = createDigestMaker()
  let [intact, uncovered, faultCount, lastThrough] = [0, 0, 0, 0]
  const faults: string[] = []

  const tell = (message: string): void => {
    faultCount += 1
    if (faults.length < MOST_FAULTS) faults.push(message)
  }
  const close = (digest: QueryLogDigest): void => {
    const found = maker.finish({ after: digest.after_id, through: digest.through_id })
    maker = createDigestMaker()
    place += 1
    if (found?.sha256 === digest.sha256 && found.rows === digest.rows) intact += 1
    // A part of them is gone rightly; the rest cannot be proved without it.
    else if (digest.oldest < purgedBefore) forgotten += 1
    else {
      const range = `${digest.after_id + 1} to ${digest.through_id}`
      const there = found === undefined ? 'none of them are there' : `${found.rows} are there`
      const what = found?.rows === digest.rows ? 'they are not what was written' : there
      tell(
        `Rows ${range} of the query log were ${digest.rows}, asked from ${digest.oldest} to ${digest.newest}: ${what}.`,
      )
    }
  }

  return {
    addAudit(text) {
      if (!PREFIXES.some((prefix) => text.startsWith(prefix))) return
      const detail = readDetail(text)
      if (detail === undefined) return
      if (typeof detail.before === 'string') {
        if (detail.before > purgedBefore) purgedBefore = detail.before
        const kept = digests.filter(({ newest }) => newest >= purgedBefore)
        forgotten += digests.length - kept.length
        digests = kept
        return
      }
      const digest = detail as QueryLogDigest
      if (lastThrough !== 0 && digest.after_id !== lastThrough) {
        tell(
          `The digest of the query log's rows behind ${digest.after_id} does not go on from row ${lastThrough}.`,
        )
      }
      lastThrough = digest.through_id
      digests.push(digest)
    },
    firstToRead: () => digests[0]?.after_id ?? lastThrough,
    addLine(line) {
      for (
        let digest = digests[place];
        digest !== undefined && line.id > digest.through_id;
        digest = digests[place]
      ) {
        close(digest)
      }
      if (digests[place] === undefined) uncovered += 1
      else maker.add(line)
    },
    finish() {
      for (let digest = digests[place]; digest !== undefined; digest = digests[place]) close(digest)
      return { intact, forgotten, uncovered, faultCount, faults }
    },
  }
}

type Detail = Partial<QueryLogDigest> & { readonly before?: unknown }

/** `undefined` for a row that was altered beyond reading, which its hash tells. */
function readDetail(text: string): Detail | undefined {
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: Detail }
    const isDigest = ['after_id', 'through_id', 'rows'].every((name) =>
      Number.isInteger(Reflect.get(Object(detail), name)),
    )
    const isPurge = typeof detail?.before === 'string'
    return isDigest || isPurge ? detail : undefined
  } catch {
    return undefined
  }
}
