/**
 * The demo: three registries on this machine, each with its own catalogue of real agents, enrolled with each other.
 * It shows a federated search, then what a search looks like when one registry is gone, and stays up to be tried.
 * Everything it makes is in one temporary folder, removed at the end.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderDiscovery } from '../cli/render-discovery.ts'
import { readShownAnswer } from '../cli/shown-answer.ts'
import harborCatalogue from './catalogues/harbor.json' with { type: 'json' }
import lumenCatalogue from './catalogues/lumen.json' with { type: 'json' }
import meridianCatalogue from './catalogues/meridian.json' with { type: 'json' }
import { befriend } from './enrol.ts'
import { RegistryProcess } from './registry-process.ts'

const REGISTRIES = [
  { name: 'Meridian Registry', slug: 'meridian', catalogue: meridianCatalogue },
  { name: 'Harbor Commons', slug: 'harbor', catalogue: harborCatalogue },
  { name: 'Lumen Directory', slug: 'lumen', catalogue: lumenCatalogue },
] as const

const SEARCH = 'search the web'

const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort())

const folder = await mkdtemp(join(tmpdir(), 'agentvault-demo-'))
const running: RegistryProcess[] = []
try {
  await tellStory()
  await untilStopped()
} catch (error) {
  if (!stopped.signal.aborted) {
    console.error(`The demo failed: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
} finally {
  await Promise.all(running.map((registry) => registry.stop()))
  await rm(folder, { recursive: true, force: true })
}

async function tellStory(): Promise<void> {
  say('Three registries start, each with its own database and its own catalogue …')
  await Promise.all(REGISTRIES.map(startWithCatalogue))
  running.sort((a, b) => orderOf(a) - orderOf(b))
  const [meridian, harbor] = running
  if (!meridian || !harbor) return

  say('… and become peers: one makes an invite, the other uses it, and what they ask and answer is signed.')
  for (const [place, inviter] of running.entries()) {
    for (const invited of running.slice(place + 1)) await befriend(inviter, invited)
  }

  heading(`One search, asked of ${meridian.name}, answered by all three: “${SEARCH}”`)
  await showSearch(meridian)

  heading(`${harbor.name} goes down. The same search again, past the caches:`)
  await harbor.stop()
  await showSearch(meridian)

  await harbor.restart()
  say(`\n${harbor.name} is back. All three stay up until you press Ctrl-C:\n`)
  for (const { name, url } of running) say(`  ${name.padEnd(18)} ${url}`)
  const pages = { search: `${meridian.url}/`, console: `${meridian.url}/console` }
  const width = pages.console.length + 2
  say(`\nIn a browser:\n
  ${pages.search.padEnd(width)}search all three, and see who answered
  ${pages.console.padEnd(width)}look after ${meridian.name} as its operator, with this key:\n
  ${meridian.adminKey}`)
  say(`\nIn a terminal:\n\n${curlLines(meridian, harbor).join('\n\n')}\n`)
}

async function startWithCatalogue({ name, slug, catalogue }: (typeof REGISTRIES)[number]): Promise<void> {
  const registry = await RegistryProcess.start({ name, slug }, folder)
  running.push(registry)
  const lines = catalogue.map((agent) => JSON.stringify(agent)).join('\n')
  const answer = (await registry.call('POST', '/agents/import', lines, 'application/x-ndjson')) as {
    created: number
    rejected: number
  }
  if (answer.rejected > 0) throw new Error(`${name} rejected ${answer.rejected} records of its catalogue`)
  say(`  ${name.padEnd(18)} ${answer.created} agents  ${registry.url}`)
}

function orderOf(registry: RegistryProcess): number {
  return REGISTRIES.findIndex(({ name }) => name === registry.name)
}

async function showSearch(asked: RegistryProcess): Promise<void> {
  const query = new URLSearchParams({
    search: SEARCH,
    include_federated: 'true',
    force_refresh: 'true',
    limit: '6',
  })
  const answer = await asked.call('GET', `/discovery/agents?${query}`)
  const width = process.stdout.columns ?? 100
  const color = process.stdout.isTTY === true && process.stdout.hasColors()
  say(renderDiscovery(readShownAnswer(answer), { width, color }))
}

function curlLines(first: RegistryProcess, second: RegistryProcess): string[] {
  return [
    `  curl '${first.url}/api/v1/discovery/agents?include_federated=true&search=translate+documents'`,
    `  curl '${second.url}/api/v1/agents?search=weather&limit=3'`,
    `  curl -H 'Authorization: Bearer ${first.adminKey}' ${first.url}/api/v1/federation/health`,
  ]
}

async function untilStopped(): Promise<void> {
  // A timer keeps the process alive; signals alone would not.
  const alive = setInterval(() => {}, 60_000)
  await new Promise<void>((resolve) => {
    if (stopped.signal.aborted) return resolve()
    stopped.signal.addEventListener('abort', () => resolve(), { once: true })
  })
  clearInterval(alive)
  say('\nStopping; nothing is left behind.')
}

function heading(text: string): void {
  say(`\n${text}\n${'─'.repeat(Math.min([...text].length, 100))}\n`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
