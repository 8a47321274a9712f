/** The filters of lists: the address holds them, and the fields follow it without losing the focus. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasBrowser, openConsole, startWithPages } from '../support/browser.ts'
import { enrol } from '../support/registry.ts'
import { focusedName, press, type } from './keyboard.ts'

const WHAT = 'filters of lists in the console'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  const [registry, partner] = await Promise.all([startWithPages(t), startWithPages(t, { name: 'Partner' })])

  await t.test('leave the focus where it was, and show what the address says after going back', async (t) => {
    const page = await openConsole(t, registry, { at: 'audit' })
    const action = page.getByLabel('Action')
    await type(page, 'Action', 'block')
    await page.keyboard.press('Enter')
    await page.waitForURL(/action=block/)
    assert.equal(await focusedName(page), 'Action')
    await type(page, 'Actor', 'system')
    await press(page, 'Filter')
    await page.waitForURL(/actor=system/)
    assert.equal(await focusedName(page), 'Filter')

    await page.goBack()
    await page.waitForURL(/audit\?action=block$/)
    assert.equal(await page.getByLabel('Actor').inputValue(), '')
    assert.equal(await action.inputValue(), 'block')
    assert.equal(await focusedName(page), 'Filter')
    await press(page, 'Show all')
    await page.waitForURL(/audit$/)
    assert.deepEqual([await focusedName(page), await action.inputValue()], ['Action', ''])
  })

  await t.test('keep times in UTC, and show them in the reader’s zone', async (t) => {
    await registry.succeed('POST', '/blocks', { body: { origin: 'spam.example' } })
    const writer = await openConsole(t, registry, { at: 'audit', timezoneId: 'Asia/Kolkata' })
    await writer.getByLabel('From').fill('2020-11-01T10:00')
    await writer.getByRole('button', { name: 'Filter' }).click()
    await writer.waitForURL(/since=2020-11-01T04%3A30%3A00Z/)
    assert.equal(await writer.getByLabel('From').inputValue(), '2020-11-01T10:00')
    await writer.getByText('block.create').waitFor()

    const at = `audit${new URL(writer.url()).search}`
    const reader = await openConsole(t, registry, { at, timezoneId: 'America/New_York' })
    assert.equal(await reader.getByLabel('From').inputValue(), '2020-11-01T00:30')
    await reader.getByText('block.create').waitFor()
  })

  await t.test('show a peer by its name once the peers are known', async (t) => {
    const { peerId } = await enrol(registry, partner)
    const page = await openConsole(t, registry, { at: `query-log?direction=inbound&peer=${peerId}` })
    await page.getByRole('option', { name: 'Partner' }).waitFor({ state: 'attached' })
    assert.equal(await page.getByLabel('Peer', { exact: true }).inputValue(), peerId)
    assert.equal(await page.getByLabel('Direction').inputValue(), 'inbound')
  })
})
