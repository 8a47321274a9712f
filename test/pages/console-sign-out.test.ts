/** What a browser that others use next still has of the console after a sign-out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { hasBrowser, openConsole, startWithPages } from '../support/browser.ts'
import { publish } from '../support/records.ts'
import { typeKey } from './console-steps.ts'

const WHAT = 'signing out leaves nothing in the browser'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

const SEARCH = 'api/v1/discovery/agents?search=secretive'

/** The answer that the browser kept, without asking the registry; null when it kept none. */
function kept(page: Page, path: string): Promise<string | null> {
  const options = "{ cache: 'only-if-cached', mode: 'same-origin' }"
  return page.evaluate(`fetch('${path}', ${options}).then((answer) => answer.text(), () => null)`)
}

test(WHAT, { skip }, async (t) => {
  const registry = await startWithPages(t)
  await publish(registry, { name: 'Secretive', visibility: 'private' })
  const page = await openConsole(t, registry)
  // An answer is found again with its own cookie only, a page by anybody: by that one sees that both went.
  for (const path of [SEARCH, 'console']) {
    await page.evaluate(`fetch('${path}').then((answer) => answer.text())`)
  }
  await page.getByRole('button', { name: 'Theme: system' }).click()
  assert.match((await kept(page, SEARCH)) ?? '', /"Secretive"/)
  assert.match((await kept(page, 'console')) ?? '', /<!doctype html>/)
  assert.equal(await page.evaluate('localStorage.length'), 1)
  // Of another program at this host.
  const theirs = { name: 'theirs', value: 'stays', url: registry.url }
  await page.context().addCookies([theirs])

  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out.').waitFor()
  for (const path of [SEARCH, 'console']) assert.equal(await kept(page, path), null, path)
  assert.equal(await page.evaluate('localStorage.length'), 0)
  assert.deepEqual(
    (await page.context().cookies()).map(({ name, value }) => [name, value]),
    [['theirs', 'stays']],
  )
  // The page looks as it did, and goes on to work.
  assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'light')
  await typeKey(page, registry.adminKey)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByText('You are signed out.').waitFor()
  await page.reload()
  await page.getByLabel('API key').waitFor()
})
