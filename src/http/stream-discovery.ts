/** A search told as it runs. */
import type { Readable } from 'node:stream'
import type { DiscoveryAnswer } from '../domain/discovery.ts'
import type { DiscoveryOptions } from '../federation/discover.ts'
import { createDiscoveryTeller } from './discovery-teller.ts'
import { openEventStream, type StreamForm } from './event-stream.ts'
import type { WireProblem } from './problem-answers.ts'

export type StreamedSearch = {
  readonly form: StreamForm
  /** Whether our own records were asked for. */
  readonly includeLocal: boolean
  readonly search: (onProgress: NonNullable<DiscoveryOptions['onProgress']>) => Promise<DiscoveryAnswer>
  /** Tells the log of a failure and gives what is told to the reader. */
  readonly problemOf: (error: unknown) => WireProblem
  readonly onStalled: () => void
  readonly stalledMs?: number
}

/**
 * Resolves once there is something to tell, so that a search which fails before is refused with a status of its own.
 * @throws what the search threw before it told anything.
 */
export async function streamDiscovery(streamed: StreamedSearch): Promise<Readable> {
  const stream = openEventStream(streamed.form, streamed)
  const teller = createDiscoveryTeller(stream.put, streamed)
  const tellAll = async (): Promise<void> => {
    try {
      teller.finish(await streamed.search(teller.progress))
    } catch (error) {
      if (!stream.hasBegun()) throw error
      stream.put({ event: 'error', ...streamed.problemOf(error) })
    } finally {
      stream.end()
    }
  }
  await Promise.race([stream.begun, tellAll()])
  return stream.bytes
}
