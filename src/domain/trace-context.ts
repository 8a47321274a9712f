/**
 * Names for what belongs together across processes, as far as their operators look at it.
 *
 * A caller's trace is for our log and our operator's collector alone. Peers are sent traces of our own making: theirs and
 * our logs can be matched, and nothing of a user (a trace id names one as long as it lasts) crosses to another registry.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
import { randomBytes } from 'node:crypto'

/** 32 digits of lower-case hex, not all 0. */
export type TraceId = string & { readonly __brand: 'TraceId' }

/** Where a request comes from. */
export type TraceParent = {
  readonly traceId: TraceId
  /** The caller's span: 16 digits of lower-case hex, not all 0. */
  readonly spanId: string
  /** Whether the caller keeps the trace. */
  readonly isSampled: boolean
}

/** Version, trace, span, flags; later versions may add more after another dash. */
const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]([0-9a-f])(?:$|-)/
const FIRST_VERSION_CHARS = 55
/** Later versions may be longer than the first; nobody needs one that is longer than this. */
const MOST_CHARS = 512

/** What a `traceparent` says; null for one that is not there or breaks the rules. */
export function findTraceParent(header: string | readonly string[] | undefined): TraceParent | null {
  if (typeof header !== 'string' || header.length > MOST_CHARS) return null
  const [, version, traceId, spanId, flags] = TRACEPARENT.exec(header) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return null
  if (version === '00' && header.length !== FIRST_VERSION_CHARS) return null
  return { traceId: traceId as TraceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

/** A trace that begins here. */
export function mintTraceId(): TraceId {
  return randomHex(32) as TraceId
}

/** The header of one request within a trace. Whether we keep it or not, nobody else need for our sake (flags 00). */
export function writeTraceparent(traceId: TraceId): string {
  return `00-${traceId}-${randomHex(16)}-00`
}

const DRAWN_BYTES = 4_096
let drawn = ''
let used = 0

/** Drawn for many at once: every peer asked needs two. That all digits are 0 happens once in 2^64 and need not be looked at. */
function randomHex(digits: number): string {
  if (used + digits > drawn.length) {
    drawn = randomBytes(DRAWN_BYTES).toString('hex')
    used = 0
  }
  used += digits
  return drawn.slice(used - digits, used)
}
