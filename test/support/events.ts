/** Reading the events of a search as its users do, and making its answer of them. */

import type { WireDiscoveredAgent, WireDiscoveryAnswer } from '../../src/wire/discovery.ts'
import type { WireDiscoveryEvent, WireMerge } from '../../src/wire/discovery-events.ts'

/** An event as either form tells it; the members of `data` beside its name. */
export type ReadEvent = { readonly event: string } & Readonly<Record<string, unknown>>

/** Events of the browsers' form, with their ids. Comments and fields beside are passed over. */
export function readEventSource(text: string): (ReadEvent & { readonly id: string })[] {
  return text
    .split('\n\n')
    .filter((block) => /^data:/m.test(block))
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
      return { event: field('event'), id: field('id'), ...JSON.parse(field('data')) }
    })
}

export function readLines(text: string): ReadEvent[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReadEvent)
}

/** The answer that the events tell: all merges applied, and what `done` says. */
export function applyEvents(events: readonly (ReadEvent | WireDiscoveryEvent)[]): WireDiscoveryAnswer {
  const byKey = new Map<string, WireDiscoveredAgent>()
  let order: readonly string[] = []
  for (const merge of events.filter((event): event is WireMerge => event.event === 'merge')) {
    for (const { key, ...agent } of merge.upserts) byKey.set(key, agent as WireDiscoveredAgent)
    order = merge.order
  }
  const agents = order.map((key) => {
    const agent = byKey.get(key)
    if (agent === undefined) throw new Error(`the order names ${key}, which no merge brought`)
    return agent
  })
  const { event, id: _, ...done } = { id: '', ...events.at(-1) } as ReadEvent
  if (event !== 'done') throw new Error(`the last event is ${event}`)
  return { agents, ...done } as unknown as WireDiscoveryAnswer
}
