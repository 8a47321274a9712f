/**
 * A real browser over real registries. A process starts one browser and builds the pages once, whatever the number of its
 * test files; each page of a test has a profile of its own.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext } from 'node:test'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { CHROMIUM_PATH, launchChromium } from '../../scripts/chromium.ts'
import { buildPages } from '../../scripts/pages.ts'
import { type RunningRegistry, type StartOptions, startRegistry } from './registry.ts'

/**
 * Whether there is a browser to test with; without one, tells what is left out.
 * @throws in continuous integration.
 */
export function hasBrowser(what: string): boolean {
  if (existsSync(CHROMIUM_PATH)) return true
  const sentence = `${what}: left out, there is no Chromium at ${CHROMIUM_PATH} (CHROMIUM_PATH)`
  if (process.env.CI === 'true') throw new Error(sentence)
  console.log(sentence)
  return false
}

let browser: Promise<Browser> | undefined
let built: Promise<string> | undefined

after(async () => {
  await (await browser)?.close()
  if (built !== undefined) await rm(await built, { recursive: true, force: true })
})

/** The browser of this process. */
export function openBrowser(): Promise<Browser> {
  browser ??= launchChromium()
  return browser
}

/** The folder of the pages as they are now, built for this process. */
export function findBuiltPages(): Promise<string> {
  built ??= build()
  return built
}

async function build(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'avr-pages-'))
  await buildPages(folder)
  return folder
}

/** A registry that serves the pages; it ends with the test. */
export async function startWithPages(t: TestContext, options: StartOptions = {}): Promise<RunningRegistry> {
  const pagesFolder = await findBuiltPages()
  return startRegistry(t, { ...options, overrides: { pagesFolder, ...options.overrides } })
}

export type PageOptions = Omit<BrowserContextOptions, 'colorScheme' | 'viewport'> & {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  /** Faults that the test brings about itself. */
  readonly allowed?: RegExp
}

/**
 * A page with a fresh profile; it closes with the test, which fails if the page threw an error, opened a dialog of the
 * browser's, asked another host for anything, or did what its Content-Security-Policy forbids.
 */
export async function openPage(
  t: TestContext,
  address: string,
  { theme = 'light', width = 1280, height = 900, allowed = /^$/, ...options }: PageOptions = {},
): Promise<Page> {
  const context = await (await openBrowser()).newContext({
    ...{ colorScheme: theme, viewport: { width, height }, reducedMotion: 'reduce' },
    ...options,
  })
  const faults = watch(context)
  t.after(async () => {
    await context.close()
    assert.deepEqual(
      faults.filter((fault) => !allowed.test(fault)),
      [],
    )
  })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000) // for a slow machine; who waits goes on as soon as it holds
  await page.goto(address)
  return page
}

/** Opens the console and signs in, as somebody at the keyboard. @param at below `console/`. */
export async function openConsole(
  t: TestContext,
  registry: RunningRegistry,
  {
    key = registry.adminKey,
    at = '',
    ...options
  }: PageOptions & { readonly key?: string; readonly at?: string } = {},
): Promise<Page> {
  const page = await openPage(t, `${registry.url}/console/${at}`, options)
  await page.getByLabel('API key').fill(key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  return page
}

/** What goes wrong in the pages of a profile, as it goes wrong. */
function watch(context: BrowserContext): string[] {
  const faults: string[] = []
  context.on('weberror', (error) => faults.push(`error: ${error.error().message}`))
  context.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  context.on('console', (message) => {
    // The browser tells there what a policy kept from happening.
    const isForbidden = /content security policy|trusted ?types?|TrustedHTML|TrustedScript/i.test(
      message.text(),
    )
    if (message.type() === 'error' && isForbidden) faults.push(`policy: ${message.text()}`)
  })
  context.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url())
    const isOurs = hostname === 'localhost' || hostname === '127.0.0.1' || protocol === 'data:'
    if (!isOurs) faults.push(`asked elsewhere: ${request.url()}`)
  })
  return faults
}

/**
 * Fails unless axe finds nothing to complain of (WCAG 2.2 A and AA, and its best practices). It comes in by the
 * browser's own debugging interface, which no policy of the page holds for: that stays in force.
 */
export async function assertAccessible(page: Page): Promise<void> {
  const path = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
  await page.evaluate(await readFile(path, 'utf8'))
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>('axe.run(document)')
  const told = violations.map(
    ({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ html }) => html).join('\n')}`,
  )
  assert.deepEqual(told, [], page.url())
}

type Violation = {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string }[]
}
