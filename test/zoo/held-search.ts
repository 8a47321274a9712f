/**
 * Searches in a time that stands still while peers answer: however slow this machine is, nobody is late but those who
 * never answer, and they are as soon as all others have.
 */
import assert from 'node:assert/strict'
import type { WireDiscoveryAnswer } from '../../src/wire/discovery.ts'
import type { ManualClock } from '../support/clocks.ts'
import { applyEvents, type ReadEvent, readLines } from '../support/events.ts'
import type { RunningRegistry } from '../support/registry.ts'

/** Longer than any search waits, and than a request to a peer may take. */
const PATIENCE_MS = 6_000

export type HeldSearch = {
  readonly query: string
  readonly clock: ManualClock
  /** How many peers are told of before time goes on. */
  readonly prompt: number
}

/** The answer as somebody has it who follows the search. */
export async function searchHeld(
  registry: RunningRegistry,
  { query, clock, prompt }: HeldSearch,
): Promise<WireDiscoveryAnswer> {
  const response = await fetch(`${registry.url}/api/v1/discovery/agents?include_federated=true&${query}`, {
    headers: { accept: 'application/x-ndjson', authorization: `Bearer ${registry.adminKey}` },
  })
  assert.equal(response.status, 200)
  const decoder = new TextDecoder()
  let text = ''
  let isHeld = true
  const release = (): void => {
    if (isHeld) clock.advance(PATIENCE_MS)
    isHeld = false
  }
  // Whoever has not answered by then never will, and is to be told as what it is.
  const giveUp = setTimeout(release, 20_000)
  for await (const bytes of response.body ?? assert.fail('nothing to read')) {
    text += decoder.decode(bytes, { stream: true })
    const events = readLines(text.slice(0, text.lastIndexOf('\n') + 1))
    if (peersOf(events) >= prompt) release()
  }
  clearTimeout(giveUp)
  return applyEvents(readLines(text))
}

function peersOf(events: readonly ReadEvent[]): number {
  return events.filter(({ event }) => event === 'peer').length
}
