/**
 * The events of a search on their way to one reader: for browsers (`text/event-stream`), or a line of JSON each
 * (`application/x-ndjson`).
 *
 * A reader who is slow gets fewer merges, never different results: one that is still waiting is joined with the next.
 * So what waits for a reader is bounded by one search: its plan, a row for each peer, every result once. What is on
 * its way in the socket is cut into pieces; a reader who takes none of them for 10 s is left.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @see https://github.com/ndjson/ndjson-spec
 */
import { Readable } from 'node:stream'
import { joinMerges, type WireDiscoveryEvent } from '../wire/discovery-events.ts'
import type { WireProblem } from './problem-answers.ts'

export type StreamForm = 'text/event-stream' | 'application/x-ndjson'

export type StreamedEvent = WireDiscoveryEvent | ({ readonly event: 'error' } & WireProblem)

export interface EventStream {
  /** The bytes for the answer. */
  readonly bytes: Readable
  /** Resolves with the first event. */
  readonly begun: Promise<void>
  hasBegun(): boolean
  put(event: StreamedEvent): void
  /** After the last event. */
  end(): void
}

/** The `id` of the last event of a search that is done: who asks again behind it has everything. */
export const DONE_ID = 'done'

const HEARTBEAT_MS = 15_000 // less than the 30 to 60 s after which proxies end silent connections
const RETRY_MS = 3_000 // a replica that was restarted is back by then
const STALLED_MS = 10_000
const PIECE_BYTES = 64 * 1024

export function openEventStream(
  form: StreamForm,
  {
    onStalled,
    stalledMs = STALLED_MS,
    heartbeatMs = HEARTBEAT_MS,
  }: {
    /** Told when the reader has taken nothing for so long; whoever hears it closes the connection. */
    readonly onStalled: () => void
    readonly stalledMs?: number
    readonly heartbeatMs?: number
  },
): EventStream {
  const waiting: StreamedEvent[] = []
  const begun = Promise.withResolvers<void>()
  let hasBegun = false
  let isEnded = false
  let wake = () => {}

  const waitForMore = (): Promise<'more' | 'nothing'> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve('nothing'), heartbeatMs)
      wake = () => {
        clearTimeout(timer)
        resolve('more')
      }
    })

  async function* write(): AsyncGenerator<Buffer> {
    const format = form === 'text/event-stream' ? formatForBrowsers() : formatAsLine
    for (;;) {
      const event = waiting.shift()
      if (event !== undefined) yield* pieces(Buffer.from(format(event)))
      else if (isEnded) return
      else if ((await waitForMore()) === 'nothing' && form === 'text/event-stream') yield Buffer.from(':\n\n')
    }
  }

  return {
    bytes: Readable.from(watchReader(write(), { onStalled, stalledMs })),
    begun: begun.promise,
    hasBegun: () => hasBegun,
    put(event) {
      hasBegun = true
      begun.resolve()
      waiting.push(event.event === 'merge' ? joinedWith(event, waiting) : event)
      wake()
    },
    end() {
      isEnded = true
      wake()
    },
  }
}

/** The merge with one that still waits, which is taken out: the joined one comes behind what it is the result of. */
function joinedWith(merge: Extract<StreamedEvent, { event: 'merge' }>, waiting: StreamedEvent[]) {
  const place = waiting.findIndex(({ event }) => event === 'merge')
  const [earlier] = place === -1 ? [] : waiting.splice(place, 1)
  return earlier?.event === 'merge' ? joinMerges(earlier, merge) : merge
}

function formatAsLine(event: StreamedEvent): string {
  return `${JSON.stringify(event)}\n`
}

/** JSON holds no line breaks, so the data of an event is one line. */
function formatForBrowsers(): (event: StreamedEvent) => string {
  let number = 0
  return ({ event, ...data }) => {
    number += 1
    const retry = number === 1 ? `retry: ${RETRY_MS}\n` : ''
    const id = event === 'done' ? DONE_ID : number
    return `${retry}id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  }
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    yield bytes.subarray(start, start + PIECE_BYTES)
  }
}

/** Passes pieces on and notices when the next one is not asked for. */
async function* watchReader(
  source: AsyncGenerator<Buffer>,
  { onStalled, stalledMs }: { readonly onStalled: () => void; readonly stalledMs: number },
): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    const timer = setTimeout(onStalled, stalledMs)
    try {
      yield piece
    } finally {
      clearTimeout(timer)
    }
  }
}
