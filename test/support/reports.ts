/** Reading the reports on traffic between registries, and registries that have some. */

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WireLoggedQuery } from '../../src/wire/query-log.ts'
import { createLaterClock } from './clocks.ts'
import { enrol, type RunningRegistry, type Settings, startRegistry } from './registry.ts'
import { startScriptedRegistry, type Told } from './scripted-registry.ts'

export type Question = WireLoggedQuery
export type LogPage = { readonly queries: readonly Question[]; readonly next_before: number | null }

type Figures = {
  readonly queries: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly average_response_time_ms: number | null
  readonly p50_response_time_ms: number | null
  readonly p95_response_time_ms: number | null
}

export type Stats = {
  readonly agent_count: number
  readonly outbound: Figures
  readonly inbound: Figures
  readonly replica: {
    readonly since: string
    readonly breaker: string
    readonly cache_hits: number
    readonly cache_misses: number
    readonly bytes_in: number
    readonly bytes_out: number
  }
}

export async function logOf(registry: RunningRegistry, query = ''): Promise<readonly Question[]> {
  return (await registry.succeed<LogPage>('GET', `/federation/query-log?limit=1000${query}`)).queries
}

/** Rows are there within a second; this waits for as many as there are to be, and sees that no more come. */
export async function logWith(registry: RunningRegistry, rows: number): Promise<readonly Question[]> {
  for (let time = 0; time < 100 && (await logOf(registry)).length < rows; time += 1) await sleep(30)
  const queries = await logOf(registry)
  assert.equal(queries.length, rows, JSON.stringify(queries))
  return queries
}

export function statsAbout(registry: RunningRegistry, peerId: string, query = ''): Promise<Stats> {
  return registry.succeed<Stats>('GET', `/federation/peers/${peerId}/stats${query}`)
}

/** The sum of all series of a name that have these labels. */
export async function metric(registry: RunningRegistry, name: string, labels = ''): Promise<number> {
  const { text } = await registry.send('GET', '/metrics')
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

export function count<T>(all: readonly T[], key: (one: T) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const one of all) counts[key(one)] = (counts[key(one)] ?? 0) + 1
  return counts
}

export type Pair = {
  readonly clock: ReturnType<typeof createLaterClock>
  readonly harbor: RunningRegistry
  readonly lumen: RunningRegistry
  readonly lumenId: string
  readonly harborId: string
}

/** Harbor and Lumen, which ask each other, at one time that can be advanced. */
export async function startPair(t: TestContext, env: Settings = {}): Promise<Pair> {
  const clock = createLaterClock()
  const [harbor, lumen] = await Promise.all(
    ['Harbor', 'Lumen'].map((name) => startRegistry(t, { name, overrides: { clock }, env })),
  )
  assert.ok(harbor && lumen)
  const { peerId: lumenId } = await enrol(harbor, lumen)
  const { peerId: harborId } = await enrol(lumen, harbor)
  return { clock, harbor, lumen, lumenId, harborId }
}

/** Adds a peer that is well, answers searches as told, and has nothing else; its id. */
export async function addScripted(
  t: TestContext,
  registry: RunningRegistry,
  { name, search }: { readonly name: string; readonly search: () => Told },
): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const peer = await startScriptedRegistry(({ target }) => {
    if (target === '/health') return { headers, body: { status: 'healthy' } }
    return target.startsWith('/agents') ? { headers, ...search() } : { status: 404 }
  })
  t.after(() => peer[Symbol.asyncDispose]())
  const body = { name, registry_url: peer.url }
  return (await registry.succeed<{ id: string }>('POST', '/federation/peers', { body })).id
}
