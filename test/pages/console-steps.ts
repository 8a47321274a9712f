/** Steps that tests of the console take again and again. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import type { BrowserContext, Page } from 'playwright-core'

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

/** Fails if the page is wider than its window. */
export async function assertNoSidewaysScroll(page: Page): Promise<void> {
  const excess = await page.evaluate<number>('document.body.scrollWidth - document.body.clientWidth')
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
