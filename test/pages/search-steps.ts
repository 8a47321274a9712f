/** Registries and steps for tests of the search page. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { TestContext } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { mintToken } from '../../src/security/tokens.ts'
import { createSqliteDatabase } from '../conformance/engines.ts'
import { describeRunning, findFreePort, type RunningRegistry, settingsFor } from '../support/registry.ts'
import { startServe, stopServe } from '../support/serve-process.ts'
import { waitUntil } from './console-steps.ts'

/** A registry in a process of its own, which can be stopped in its tracks and killed. */
export type ProcessRegistry = RunningRegistry & { readonly signal: (name: NodeJS.Signals) => void }

export async function startProcess(t: TestContext, name: string): Promise<ProcessRegistry> {
  const database = await createSqliteDatabase()
  const port = String(await findFreePort())
  const adminKey = mintToken('ava')
  const env = { ...settingsFor({ name, adminKey, database }), REGISTRY_PORT: port }
  const serving = startServe(t, env)
  t.after(() => database.dispose())
  await serving.listening
  const at = `http://localhost:${port}`
  const stop = async (): Promise<void> => void (await stopServe(serving))
  const running = describeRunning(
    { notices: [], publicUrl: at, [Symbol.asyncDispose]: stop },
    { name, adminKey, at },
  )
  return { ...running, signal: (signal) => void serving.child.kill(signal) }
}

/** Gives a registry a peer that takes connections and never says anything. */
export async function addHungPeer(t: TestContext, home: RunningRegistry, name: string): Promise<void> {
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  const sockets = new Set<{ destroy: () => void }>()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  await home.succeed('POST', '/federation/peers', {
    body: { name, registry_url: `http://127.0.0.1:${address.port}`, api_key: mintToken('avf') },
  })
}

/**
 * Searches the federation until so many peers have answered: a first answer may come too late for a page on a busy
 * machine, and nobody asks again there.
 *
 * @param key of who will ask; null is everybody.
 */
export async function untilAnswered(
  home: RunningRegistry,
  search: string,
  { peers, key }: { readonly peers: number; readonly key: string | null },
): Promise<void> {
  const query = new URLSearchParams({ search, include_federated: 'true' })
  await waitUntil(`${peers} peers answer “${search}”`, async () => {
    type Counted = { readonly federation_stats: { readonly successful_queries: number } }
    const { status, body } = await home.call<Counted>('GET', `/discovery/agents?${query}`, { key })
    assert.equal(status, 200, JSON.stringify(body))
    return body.federation_stats.successful_queries === peers
  })
}

export type Registered = { readonly id: string; readonly did: string }

/** Registers an agent that everybody may see. */
export function register(
  registry: RunningRegistry,
  fields: Readonly<Record<string, unknown>>,
): Promise<Registered> {
  return registry.succeed('POST', '/agents', {
    body: { agent_type: 'a2a', visibility: 'public', ...fields },
  })
}

/** Types as people do. */
export async function type(page: Page, text: string): Promise<void> {
  await page.getByRole('searchbox').pressSequentially(text, { delay: 40 })
}

/** The names of the results, from the top. */
export function namesOf(page: Page): Promise<string[]> {
  return page.locator('.result-name').allTextContents()
}

/** What came later than a reader looked, and waits to be asked for. */
function waitingIn(page: Page): Locator {
  return page.getByRole('button', { name: /^(\d+ better|News of) .*: show$/ })
}

/** Waits for so many results, and asks for those that wait because their peer was slower than a reader. */
export async function waitUntilShown(page: Page, count: number): Promise<void> {
  const waiting = waitingIn(page)
  await waitUntil(`${count} results`, async () => {
    if ((await namesOf(page)).length === count) return true
    if (await waiting.isVisible()) await waiting.click()
    return false
  })
}

/** Waits for something that a peer's answer adds to a result, and asks for it where it came too late to be shown. */
export async function waitForNews(page: Page, news: Locator): Promise<void> {
  const waiting = waitingIn(page)
  await news.or(waiting).first().waitFor()
  if (await waiting.isVisible()) await waiting.click()
  await news.waitFor()
}
