/**
 * What somebody at a browser waits for: until the search page can be typed into, and from the pause after a keystroke to
 * the first result, while one of six peers hangs; and how much JavaScript comes over the wire before that.
 *
 * The registry with the real records is one process, the peers another, the browser its own. Times are the browser's
 * own: from the start of the navigation, and from the moment the page begins to search. Beside them, what the same
 * browser needs for a bare page with one field, and for the same search asked by `fetch`, until its first event is there.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../scripts/chromium.ts'
import { buildPages } from '../scripts/pages.ts'
import { percentile, report, sortNumbers } from './figures.ts'
import { makeFolder } from './places.ts'
import { loadRecords, makeQueries, toImportLine } from './records.ts'
import { startRegistry, writeImportFile } from './registry.ts'
import { runBench } from './run-bench.ts'
import { startPeers } from './start-peers.ts'

const LOADS = 20
const SEARCHES = 30
const KEY_EVERY_MS = 30
const SEARCH_ENDS_MS = 700 // of searches before there must be nothing left to do
const MOST_WAITS = 10
const KILOBYTE = 1_000
const BARE_PAGE = '<!doctype html><title>Bare</title><div id="page"><input type="search"></div>'

/** Notes when a field for searches is there that keys reach. */
const NOTE_FIELD = `new MutationObserver((_, observer) => {
  if (document.querySelector('#page input[type=search], #page input') === null) return
  window.fieldAt = performance.now()
  observer.disconnect()
}).observe(document, { childList: true, subtree: true })`

/** Notes when the page begins to search, and when it shows another first result than it did then. */
const NOTE_RESULTS = `const ask = window.fetch
const firstResult = () => document.querySelector('.result-name')?.textContent
window.fetch = (address, ...rest) => {
  const url = String(address.url ?? address)
  if (url.includes('discovery/agents?') && url.includes('search=')) {
    window.firstBefore = firstResult()
    window.askedAt = performance.now()
  }
  return ask(address, ...rest)
}
new MutationObserver(() => {
  if (window.shownAt !== undefined || window.askedAt === undefined) return
  const first = firstResult()
  if (first === undefined || first === window.firstBefore) return
  requestAnimationFrame(() => { window.shownAt ??= performance.now() })
}).observe(document, { childList: true, subtree: true, characterData: true })`

await runBench(async (stack) => {
  await buildPages('dist/web')
  const folder = await makeFolder(stack)
  const records = loadRecords()
  const registry = await startRegistry(stack, { folder, name: 'home' })
  await registry.importFile(await writeImportFile(folder, 'all', records.map(toImportLine)))
  const { peers } = await startPeers(stack, { good: 5, hung: 1 })
  for (const [place, { temper, url }] of peers.entries()) {
    await registry.call('POST', '/federation/peers', { name: `${temper} ${place}`, registry_url: url })
  }
  const browser = stack.adopt(await launchChromium(), (one) => one.close())
  await reportBytes(browser, `${registry.url}/`, { what: 'search', atMost: 60 })
  await reportBytes(browser, `${registry.url}/console`, { what: 'console', atMost: 150 })

  const bare = stack.adopt(await serveBare(), (server) => void server.close())
  const bareUrl = `http://localhost:${(bare.address() as AddressInfo).port}/`
  report({
    what: 'search page, from the navigation until it can be typed into, p50',
    measured: await usualLoad(browser, `${registry.url}/`),
    unit: 'ms',
    reference: { what: 'a bare page with one field', measured: await usualLoad(browser, bareUrl) },
    promise: { atMost: 500 },
  })

  const queries = [...new Set(makeQueries(records, 6 * SEARCHES, 51))].slice(0, 2 * SEARCHES)
  const { shown, asked } = await timeSearches(browser, `${registry.url}/`, queries)
  report({
    what: 'from the pause after the last key to the first result on the page, one of six peers hanging, p95',
    measured: percentile(sortNumbers(shown), 0.95),
    unit: 'ms',
    reference: { what: 'the first event by fetch', measured: percentile(sortNumbers(asked), 0.95) },
    promise: { atMost: 150 },
  })
  console.log(`  p50 ${percentile(sortNumbers(shown), 0.5).toFixed(1)} ms, of ${shown.length} searches`)
})

/** JavaScript as it comes over the wire. */
async function reportBytes(
  browser: Browser,
  url: string,
  { what, atMost }: { readonly what: string; readonly atMost: number },
): Promise<void> {
  const page = await browser.newPage()
  await page.goto(url, { waitUntil: 'networkidle' })
  const bytes = await page.evaluate<number>(`performance.getEntriesByType('resource')
    .filter(({ name }) => name.endsWith('.js')).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`)
  await page.close()
  if (bytes === 0) throw new Error(`${url} loads no JavaScript: this bench measures nothing`)
  report({
    what: `JavaScript of the first load of ${what}, compressed`,
    measured: bytes / KILOBYTE,
    unit: 'kB',
    promise: { atMost },
  })
}

async function usualLoad(browser: Browser, url: string): Promise<number> {
  const times: number[] = []
  for (let load = 0; load < LOADS; load += 1) {
    // A fresh profile: nothing is in its cache.
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.addInitScript(NOTE_FIELD)
    await page.goto(url)
    await page.locator('input').first().waitFor()
    times.push(await page.evaluate<number>('window.fieldAt'))
    await context.close()
  }
  return percentile(sortNumbers(times), 0.5)
}

/** No query twice: every other one is asked by the page, the rest by fetch. */
async function timeSearches(
  browser: Browser,
  url: string,
  queries: readonly string[],
): Promise<{ readonly shown: readonly number[]; readonly asked: readonly number[] }> {
  const shown: number[] = []
  const asked: number[] = []
  const page = await browser.newPage()
  await page.addInitScript(NOTE_RESULTS)
  await page.goto(url)
  for (const [turn, query] of queries.entries()) {
    if (turn % 2 === 0) shown.push(await typeAndWait(page, query))
    else asked.push(await firstEvent(page, query))
    await sleep(SEARCH_ENDS_MS)
  }
  await page.close()
  return { shown, asked }
}

async function typeAndWait(page: Page, query: string): Promise<number> {
  await page.evaluate('window.shownAt = window.askedAt = undefined')
  const field = page.getByRole('searchbox')
  await field.fill('')
  await sleep(SEARCH_ENDS_MS)
  await field.pressSequentially(query, { delay: KEY_EVERY_MS })
  for (let wait = 0; wait < MOST_WAITS; wait += 1) {
    await sleep(SEARCH_ENDS_MS)
    const shownAfter = await page.evaluate<number | null>(
      'window.shownAt ? window.shownAt - window.askedAt : null',
    )
    if (shownAfter !== null) return shownAfter
  }
  throw new Error(`no result is shown for "${query}"`)
}

function firstEvent(page: Page, query: string): Promise<number> {
  const parameters = new URLSearchParams({ search: query, include_federated: 'true' })
  return page.evaluate<number>(`(async () => {
    const started = performance.now()
    const response = await fetch('api/v1/discovery/agents?${parameters}', { headers: { accept: 'text/event-stream' } })
    const reader = response.body.getReader()
    await reader.read()
    const took = performance.now() - started
    await reader.cancel()
    return took
  })()`)
}

function serveBare(): Promise<Server> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(BARE_PAGE)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
