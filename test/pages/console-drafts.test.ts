/** What somebody typed is there again after a session ended in the middle, and secrets are not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { hasBrowser, openConsole, startWithPages } from '../support/browser.ts'
import { enrol } from '../support/registry.ts'
import { endSession, typeKey } from './console-steps.ts'

const WHAT = 'what was typed when a session ended'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  const [registry, partner] = await Promise.all([startWithPages(t), startWithPages(t, { name: 'Partner' })])
  const signInAgain = async (page: Page, act: () => Promise<void>): Promise<void> => {
    // A request by the page itself would find the session ended first, and what is to be done would be out of reach.
    const { promise: acted, resolve: letGo } = Promise.withResolvers<void>()
    const hold = (route: Route): Promise<void> => acted.then(() => route.continue())
    await page.route('**/api/**', hold)
    await endSession(page.context())
    await act()
    letGo()
    await page.getByText('Your session ended.').waitFor()
    await page.unroute('**/api/**', hold)
    await typeKey(page, registry.adminKey)
  }

  await t.test('a peer to add, without its token', async (t) => {
    const page = await openConsole(t, registry, { at: 'peers/add' })
    await page.getByLabel('Address').fill(partner.url)
    await page.getByLabel('Name').fill('Partner')
    await page.getByLabel('Token').fill('avf_secret')
    await page.getByLabel('Signing secret').fill('also secret')
    await page.getByLabel('Some, by a share policy').check()
    await page.getByLabel('Tag').first().fill('sea')
    await signInAgain(page, () => page.getByRole('button', { name: 'Add the peer' }).click())
    assert.equal(await page.getByLabel('Address').inputValue(), partner.url)
    assert.equal(await page.getByLabel('Name').inputValue(), 'Partner')
    assert.equal(await page.getByLabel('Tag').first().inputValue(), 'sea')
    assert.equal(await page.getByLabel('Token').inputValue(), '')
    assert.equal(await page.getByLabel('Signing secret').inputValue(), '')
  })

  await t.test('an invite to accept, which is to be pasted again', async (t) => {
    const { invite } = await partner.succeed<{ invite: string }>('POST', '/federation/invites', { body: {} })
    const page = await openConsole(t, registry, { at: 'invites/accept' })
    await page.getByLabel('Invite', { exact: true }).fill(invite)
    await page.getByLabel('What to call it here').fill('Our partner')
    await page.getByLabel('None yet; you choose later').check()
    await page.getByLabel('It may ask us').uncheck()
    await signInAgain(page, () => page.getByRole('button', { name: 'Accept the invite' }).click())
    assert.equal(await page.getByLabel('Invite', { exact: true }).inputValue(), '')
    await page.getByLabel('Invite', { exact: true }).fill(invite)
    assert.equal(await page.getByLabel('What to call it here').inputValue(), 'Our partner')
    assert.ok(await page.getByLabel('None yet; you choose later').isChecked())
    assert.ok(!(await page.getByLabel('It may ask us').isChecked()))
    assert.ok(await page.getByLabel('We ask it in our federated searches').isChecked())
  })

  await t.test('an invite to make', async (t) => {
    const page = await openConsole(t, registry, { at: 'invites' })
    await page.getByLabel('Good for').selectOption('1 day')
    await page.getByLabel('Whoever accepts it needs no confirmation here').check()
    await signInAgain(page, () => page.getByRole('button', { name: 'Make the invite' }).click())
    assert.equal(await page.getByLabel('Good for').inputValue(), '86400')
    assert.ok(await page.getByLabel('Whoever accepts it needs no confirmation here').isChecked())
  })

  await t.test('a peer to confirm', async (t) => {
    const { invite } = await registry.succeed<{ invite: string }>('POST', '/federation/invites', { body: {} })
    await partner.succeed('POST', '/federation/invites/accept', { body: { invite } })
    const { peers } = await registry.succeed<{ peers: { id: string }[] }>('GET', '/federation/peers')
    const page = await openConsole(t, registry, { at: `peers/${peers[0]?.id}` })
    await page.getByLabel('What its operator tells you').fill('not this one')
    await page.getByLabel('It may ask us').uncheck()
    await signInAgain(page, () => page.getByRole('button', { name: 'Check now' }).click())
    assert.equal(await page.getByLabel('What its operator tells you').inputValue(), 'not this one')
    assert.ok(!(await page.getByLabel('It may ask us').isChecked()))
  })

  await t.test('a share policy, as fields, as JSON, and while it is no policy yet', async (t) => {
    const { peerId } = await enrol(registry, await startWithPages(t, { name: 'Lumen' }))
    const page = await openConsole(t, registry, { at: `peers/${peerId}/sharing` })
    const json = page.getByLabel('Share policy as JSON')
    await page.getByLabel('Only these').check()
    await signInAgain(page, () => page.getByLabel('Tag', { exact: true }).fill('sea'))
    assert.equal(await page.getByLabel('Tag', { exact: true }).inputValue(), 'sea')

    await page.getByRole('tab', { name: 'JSON' }).click()
    assert.deepEqual(JSON.parse(await json.inputValue()).include, [{ tag: 'sea' }])
    const unfinished = '{"include": [{"tag": "sky"}'
    await signInAgain(page, async () => {
      // The preview asks for the policy, and finds the session ended, while more is typed.
      await json.fill(`${unfinished}]}`)
      await json.fill(unfinished)
    })
    assert.equal(await json.inputValue(), unfinished)
    await page.getByText('This is no JSON').waitFor()
    await page.getByText('Shares records with the tag “sky”.').waitFor()

    await page.getByRole('button', { name: 'Drop the changes' }).click()
    assert.equal(JSON.parse(await json.inputValue()).include, null)
    await json.fill('{"include": []}')
    await page.getByRole('button', { name: 'Save the policy' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Save the policy' }).click()
    await page.getByText('Saved.').waitFor()
    assert.deepEqual(JSON.parse(await json.inputValue()).max_results, null)
    await page.getByRole('tab', { name: 'Fields' }).click()
    assert.ok(await page.getByLabel('None').isChecked())
  })
})
