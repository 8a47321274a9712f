/** The console in a real browser, over a real registry. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { TestContext } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { buildPages } from '../../scripts/pages.ts'
import {
  type RunningRegistry,
  type StartOptions,
  startRegistry,
  temporaryFolder,
} from '../support/registry.ts'

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** What a test of pages needs: one browser and one build for all tests of a file. */
export type Pages = {
  /** A registry that serves the pages. */
  readonly start: (t: TestContext, options?: StartOptions) => Promise<RunningRegistry>
  /** The console of a registry, signed in; what goes wrong in the page fails the test at its end. */
  readonly signIn: (t: TestContext, registry: RunningRegistry, options?: SignInOptions) => Promise<Page>
}

export type SignInOptions = {
  /** The admin key, if not given. */
  readonly key?: string
  /** Below `console/`. */
  readonly at?: string
  readonly theme?: 'light' | 'dark'
  readonly width?: number
}

/** @param t of the test around all others: the browser ends with it. */
export async function openPages(t: TestContext): Promise<Pages> {
  const pagesFolder = await temporaryFolder(t)
  await buildPages(pagesFolder)
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: FLAGS,
  })
  t.after(() => browser.close())
  return {
    start: (inner, options = {}) =>
      startRegistry(inner, { ...options, overrides: { ...options.overrides, pagesFolder } }),
    signIn: (inner, registry, options) => signIn(inner, registry, { browser, ...options }),
  }
}

async function signIn(
  t: TestContext,
  registry: RunningRegistry,
  options: SignInOptions & { readonly browser: Browser },
): Promise<Page> {
  const { browser, key = registry.adminKey, at = '', theme = 'light', width = 1280 } = options
  const context = await browser.newContext({
    ...{ viewport: { width, height: 900 }, colorScheme: theme, reducedMotion: 'reduce' },
  })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('dialog', (dialog) => {
    faults.push(`a dialog of the browser: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    // What the page may not do by its Content-Security-Policy is told here.
    if (message.type() === 'error' && /policy|trusted/i.test(message.text())) faults.push(message.text())
  })
  t.after(async () => {
    await context.close()
    assert.deepEqual(faults, [])
  })
  await page.goto(`${registry.url}/console/${at}`)
  await typeKey(page, key)
  return page
}

/** Types a key into the form that asks for one, and waits for what comes after. */
export async function typeKey(page: Page, key: string): Promise<void> {
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}

/** Ends the session behind the page's back, as its end or another tab would. */
export async function endSession(context: BrowserContext): Promise<void> {
  await context.clearCookies()
}

/** A key of a role. */
export async function makeKey(registry: RunningRegistry, role: string): Promise<string> {
  const { key } = await registry.succeed<{ key: string }>('POST', '/keys', {
    body: { name: `${role} key`, role },
  })
  return key
}

/** Fails unless axe finds nothing to complain of (WCAG 2.2 AA and its best practices). */
export async function assertAccessible(page: Page): Promise<void> {
  const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
  await page.evaluate(await readFile(axe, 'utf8'))
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run(document)')
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`)
  assert.deepEqual(told, [], page.url())
}

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] }

/** Fails if the page is wider than its window. */
export async function assertNoSidewaysScroll(page: Page): Promise<void> {
  const excess = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  assert.equal(excess, 0, `${page.url()} is ${excess} px too wide`)
}

/** The text of a file that the page gives when something is done. */
export async function downloaded(page: Page, act: () => Promise<void>): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), act()])
  return readFile(await download.path(), 'utf8')
}

/** Waits for what no locator says by itself. */
export async function waitUntil(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail(`${what}: not within 10 s`)
}
