/** Whether a chain is whole: reads it once, in order, and says what is wrong with it, and where. */
import { BEFORE_ALL, type ChainLink, hashRow } from './chain.ts'

/** A row as it is to be checked: its number, the hash it is stored with, and the text the hash covers. */
export type ChainRow = ChainLink & { readonly text: string }

export type ChainFault = {
  /** The row where it shows; the fault may have been made before. */
  readonly seq: number
  readonly kind: 'altered' | 'missing' | 'start-unfounded' | 'head-differs' | 'truncated' | 'rewritten'
  /** A sentence for the person. */
  readonly message: string
}

export type ChainVerdict = {
  readonly isWhole: boolean
  /** Rows that were read. */
  readonly rows: number
  readonly first: ChainLink | null
  readonly last: ChainLink
  /** The first of them; one change may show in many rows. */
  readonly faults: readonly ChainFault[]
  readonly faultCount: number
  /** Heads kept elsewhere that the chain still goes through. */
  readonly heads: number
  /** What the row says that retention wrote when it removed what lies before the first; null when there is none. */
  readonly startStatement: object | null
  /** Heads kept elsewhere of rows that retention removed: they say nothing any more. */
  readonly headsForgotten: number
}

export type ChainCheck = {
  /** Takes the next row. */
  add(row: ChainRow): void
  /** @param head where the registry says that its chain ends. */
  finish(head: ChainLink): ChainVerdict
}

/** Enough to see what happened. */
const MOST_FAULTS = 20

/** What retention writes into the chain when it removes rows: only then may the chain begin later than at its start. */
export const PRUNE_ACTION = 'audit.prune'
const PRUNE_PREFIX = `{"action":${JSON.stringify(PRUNE_ACTION)},`

/**
 * @param start what the chain goes on from: `BEFORE_ALL`, or the last row that retention removed.
 * @param heads of signed heads that were kept elsewhere, their signatures verified.
 */
export function createChainCheck(start: ChainLink, heads: readonly ChainLink[]): ChainCheck {
  const headsOf = Map.groupBy(heads, ({ seq }) => seq)
  const faults: ChainFault[] = []
  let faultCount = 0
  let rows = 0
  let passed = 0
  let first: ChainLink | null = null
  let last = start
  let startStatement: object | null = null

  const tell = (kind: ChainFault['kind'], seq: number, message: string): void => {
    faultCount += 1
    if (faults.length < MOST_FAULTS) faults.push({ kind, seq, message })
  }
  const passHeads = (link: ChainLink): void => {
    for (const head of headsOf.get(link.seq) ?? []) {
      if (head.hash === link.hash) passed += 1
      else
        tell(
          'rewritten',
          link.seq,
          `Row ${link.seq} is not the one that was signed: the chain was written anew.`,
        )
    }
  }
  passHeads(start)

  return {
    add({ seq, hash, text }) {
      rows += 1
      first ??= { seq, hash }
      if (seq !== last.seq + 1) {
        const range = seq > last.seq + 2 ? `Rows ${last.seq + 1} to ${seq - 1} are` : `Row ${last.seq + 1} is`
        tell(
          'missing',
          seq,
          seq > last.seq ? `${range} missing.` : `Row ${seq} stands behind row ${last.seq}.`,
        )
      } else if (hashRow(last.hash, text) !== hash) {
        tell('altered', seq, `Row ${seq}, or the hash of the row before it, is not what was written.`)
      }
      if (text.startsWith(PRUNE_PREFIX)) startStatement = readStatement(text, start) ?? startStatement
      last = { seq, hash }
      passHeads(last)
    },
    finish(head) {
      const isWholeFromStart = start.seq === BEFORE_ALL.seq && start.hash === BEFORE_ALL.hash
      if (!isWholeFromStart && startStatement === null) {
        const message = `Rows up to ${start.seq} are gone, and no row says that retention removed them.`
        tell('start-unfounded', start.seq, message)
      }
      if (head.seq !== last.seq || head.hash !== last.hash) {
        const message = `The registry's chain ends at row ${head.seq}, the rows at ${last.seq}${head.seq === last.seq ? ' with another hash' : ''}.`
        tell('head-differs', last.seq, message)
      }
      for (const signed of heads.filter(({ seq }) => seq > last.seq)) {
        const message = `A head of row ${signed.seq} was signed, and the chain ends at row ${last.seq}: its end was cut off.`
        tell('truncated', last.seq, message)
      }
      return {
        ...{
          isWhole: faultCount === 0,
          rows,
          first,
          last,
          faults,
          faultCount,
          heads: passed,
          startStatement,
        },
        headsForgotten: heads.filter(({ seq }) => seq < start.seq).length,
      }
    },
  }
}

/** The details of a row of retention, if it says that the rows up to this link were removed. */
function readStatement(text: string, { seq, hash }: ChainLink): object | null {
  try {
    const detail = Object((JSON.parse(text) as { readonly detail?: unknown }).detail)
    return detail.through_seq === seq && detail.through_hash === hash ? detail : null
  } catch {
    return null // altered beyond reading, which its hash tells
  }
}
