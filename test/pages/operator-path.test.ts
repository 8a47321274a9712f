/** Two operators become peers, share, search across and part again: in the browser, by keyboard, and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible, hasBrowser, openPage, startWithPages } from '../support/browser.ts'
import { PATIENT_CLOCK } from '../support/clocks.ts'
import { publish } from '../support/records.ts'
import type { RunningRegistry } from '../support/registry.ts'
import { press, tabTo, type } from './keyboard.ts'

const WHAT = 'a new operator goes from two fresh registries to a shared search and back, by keyboard alone'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  const harbor = await startWithPages(t, { name: 'Harbor Commons' })
  const lumen = await startWithPages(t, { name: 'Lumen Directory', overrides: { clock: PATIENT_CLOCK } })
  await publish(harbor, { name: 'Tide reader', visibility: 'federated', tags: ['tides'] })
  await publish(harbor, { name: 'Tide archive', visibility: 'federated', tags: ['internal'] })
  const atHarbor = await signInByKeyboard(await openPage(t, `${harbor.url}/console`), harbor)
  const atLumen = await signInByKeyboard(await openPage(t, `${lumen.url}/console`), lumen)

  await press(atHarbor, 'Invites')
  await press(atHarbor, 'Make the invite')
  const line = (await atHarbor.locator('pre code').innerText()).trim()
  assert.match(line, /^avp_/)
  await assertAccessible(atHarbor)

  await press(atLumen, 'Invites')
  await press(atLumen, 'Accept an invite of another registry')
  await type(atLumen, 'Invite', line)
  await atLumen.getByText(harbor.url).first().waitFor()
  await assertAccessible(atLumen)
  await press(atLumen, 'Accept the invite')
  await atLumen.getByText('its operator has to confirm us').first().waitFor()
  const told = await fingerprintBeside(atLumen, 'Our fingerprint')
  const shown = await fingerprintBeside(atLumen, 'Its fingerprint')
  await assertAccessible(atLumen)

  await press(atHarbor, 'Peers')
  await atHarbor.getByText('waits for you').first().waitFor()
  await press(atHarbor, 'Lumen Directory')
  await type(atHarbor, 'What its operator tells you', shown)
  await atHarbor.getByText('Not the same').waitFor()
  await type(atHarbor, 'What its operator tells you', told)
  await atHarbor.getByText('The same', { exact: true }).waitFor()
  await press(atHarbor, 'Confirm the peer')
  await atHarbor.getByText('healthy').first().waitFor()

  await shareOnly(atHarbor, 'tides')
  await searchFor(atLumen, lumen, 'tide')
  await atLumen.getByRole('link', { name: 'Tide reader' }).first().waitFor()
  assert.equal(await atLumen.getByText('Tide archive').count(), 0)

  await press(atHarbor, 'Peers')
  await press(atHarbor, 'Lumen Directory')
  await press(atHarbor, 'Remove the peer')
  await atHarbor.getByText('its tokens are revoked').waitFor()
  await press(atHarbor, 'Remove the peer')
  await atHarbor.getByText('No peers yet').waitFor()

  await searchFor(atLumen, lumen, 'tide reader')
  await atLumen.getByText('refused').first().waitFor()
  await atLumen.getByRole('link', { name: 'Tide reader' }).first().waitFor({ state: 'detached' })
})

async function signInByKeyboard(page: Page, { adminKey }: RunningRegistry): Promise<Page> {
  await page.getByLabel('API key').waitFor()
  await page.keyboard.insertText(adminKey) // the field has the focus
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  assert.equal(await page.getByLabel('API key').count(), 0)
  return page
}

async function fingerprintBeside(page: Page, term: string): Promise<string> {
  const beside = page.locator('dt', { hasText: term }).locator('xpath=following-sibling::dd[1]')
  return (await beside.locator('code').innerText()).replaceAll(/\s/g, '')
}

/** Writes a policy that shares the records of one tag, sees what it does, and saves it. */
async function shareOnly(page: Page, tag: string): Promise<void> {
  await press(page, 'Share policy')
  await page.getByText('2 records').waitFor()
  await tabTo(page, 'Every record marked federated')
  await page.keyboard.press('ArrowDown')
  await type(page, 'Tag', tag)
  await page.getByText('1 vanish').waitFor()
  await page.getByText(`Shares records with the tag “${tag}”.`).waitFor()
  await assertAccessible(page)
  await press(page, 'Save the policy')
  await page.getByText('from its next question on').waitFor()
  await press(page, 'Save the policy')
  await page.getByText('Saved.').waitFor()
  await page.getByText('1 record', { exact: true }).waitFor()
}

/** From wherever one is, by the link in the head. */
async function searchFor(page: Page, registry: RunningRegistry, words: string): Promise<void> {
  if (page.url().includes('/console')) await press(page, 'Search')
  await page.waitForURL((url) => url.href.startsWith(`${registry.url}/`) && !url.pathname.includes('console'))
  await page.getByRole('searchbox').waitFor()
  await page.keyboard.press('/')
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.insertText(words)
  await page.keyboard.press('Enter')
}
