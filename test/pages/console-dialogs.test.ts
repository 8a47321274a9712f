/** Dialogs of the console while what they asked for is under way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { hasBrowser, openConsole, startWithPages } from '../support/browser.ts'
import { enrol } from '../support/registry.ts'

const WHAT = 'a dialog whose act is under way stays until what came of it is known'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  const [registry, partner] = await Promise.all([startWithPages(t), startWithPages(t, { name: 'Partner' })])
  const { peerId } = await enrol(registry, partner)

  await t.test('where it asks once', async (t) => {
    const page = await openConsole(t, registry, { at: `peers/${peerId}` })
    const held = await holdChange(page, '**/api/v1/federation/peers/*')
    await page.getByRole('button', { name: 'Stop asking it' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Stop asking it' }).click()
    await assertHeld(page)
    await (await held.route).fulfill({ status: 503, json: { detail: 'The storage is away.' } })
    await dialog.getByRole('alert').getByText('The storage is away.').waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  await t.test('where it has fields', async (t) => {
    const page = await openConsole(t, registry, { at: 'keys' })
    const held = await holdChange(page, '**/api/v1/keys/*/rotate')
    await page.getByRole('button', { name: /^Rotate the key/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Make the new one' }).click()
    await assertHeld(page)
    await (await held.route).continue()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('Shown this once').waitFor()
  })
})

type Held = { readonly route: Promise<Route> }

/** The request that changes what is at an address, once it comes; it waits for the test to let it go on. */
async function holdChange(page: Page, address: string): Promise<Held> {
  const { promise, resolve } = Promise.withResolvers<Route>()
  await page.route(address, (route) =>
    route.request().method() === 'GET' ? route.continue() : resolve(route),
  )
  return { route: promise }
}

/** Twice, since browsers let the second Escape through where only the first is prevented. */
async function assertHeld(page: Page): Promise<void> {
  const leave = page.getByRole('dialog').getByRole('button', { name: 'Leave it as it is' })
  assert.ok(await leave.isDisabled())
  for (let times = 0; times < 2; times += 1) await page.keyboard.press('Escape')
  assert.equal(await page.getByRole('dialog').count(), 1)
  assert.ok(await page.getByRole('dialog').isVisible())
}
