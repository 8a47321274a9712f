/** Keys, tokens, logs, moderation, settings and the first run in the console. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WireAgent } from '../../src/wire/agent.ts'
import { hasBrowser, openConsole, startWithPages } from '../support/browser.ts'
import { makeKey } from '../support/keys.ts'
import { befriend, enrol } from '../support/registry.ts'
import { downloaded, endSession, waitUntil } from './console-steps.ts'
import { tabTo } from './keyboard.ts'
import { untilAnswered } from './search-steps.ts'

const RECORD = { name: 'Summarizer', agent_type: 'a2a', visibility: 'public', description: 'Sums up.' }

const WHAT = 'administration in the console'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  await t.test('a key is made, shown once, suspended, resumed, rotated and revoked', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'keys' })
    await page.getByLabel('What it is for').fill('nightly import')
    await page.getByLabel('Role').selectOption('publisher')
    await page.getByRole('button', { name: 'Make the key' }).click()
    const secret = page.getByRole('region', { name: 'The key “nightly import”' })
    const key = await secret.locator('pre').innerText()
    const status = async (used: string): Promise<number> =>
      (await registry.call('GET', '/me', { key: used })).status
    assert.equal(await status(key), 200)
    await secret.getByRole('button', { name: 'I have copied it' }).click()
    assert.ok(!(await page.content()).includes(key))
    const row = page.getByRole('row').filter({ hasText: 'nightly import' }).first()
    await row.getByText('live').waitFor()

    await row.getByRole('button', { name: 'Suspend the key nightly import' }).click()
    await page.getByRole('dialog').getByLabel('Reason').fill('Leaked on a forum')
    await page.getByRole('dialog').getByRole('button', { name: 'Suspend it' }).click()
    await row.getByText('Leaked on a forum').waitFor()
    assert.notEqual(await status(key), 200)
    await row.getByRole('button', { name: 'Resume the key nightly import' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Resume it' }).click()
    await row.getByText('live').waitFor()
    assert.equal(await status(key), 200)

    await row.getByRole('button', { name: 'Rotate the key nightly import' }).click()
    await page.getByRole('dialog').getByLabel('Overlap').selectOption('0')
    await page.getByRole('dialog').getByRole('button', { name: 'Make the new one' }).click()
    const rotated = await secret.locator('pre').innerText()
    assert.notEqual(rotated, key)
    assert.equal(await status(rotated), 200)
    assert.notEqual(await status(key), 200)

    // The list has both keys only when it was loaded again: before, the row is the old one's.
    await page.getByRole('row').filter({ hasText: 'expired' }).waitFor()
    await row.getByRole('button', { name: 'Revoke the key nightly import' }).click()
    await page.getByRole('dialog').getByText('This cannot be taken back.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke it' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('row').filter({ hasText: 'revoked' }).waitFor()
    assert.notEqual(await status(rotated), 200)
  })

  await t.test(
    'a key is made and revoked with the keyboard alone, and Escape leaves a question',
    async (t) => {
      const registry = await startWithPages(t)
      const page = await openConsole(t, registry, { at: 'keys' })
      await page.getByRole('table').waitFor()
      await tabTo(page, 'What it is for')
      await page.keyboard.type('by keyboard')
      await page.keyboard.press('Enter')
      await tabTo(page, 'I have copied it')
      await page.keyboard.press('Enter')
      await tabTo(page, 'Revoke the key by keyboard')
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.equal(
        await page.evaluate('document.activeElement.getAttribute("aria-label")'),
        'Revoke the key by keyboard',
      )
      await page.keyboard.press('Enter')
      await tabTo(page, 'Revoke it')
      await page.keyboard.press('Enter')
      await page.getByRole('row').filter({ hasText: 'revoked' }).waitFor()
    },
  )

  await t.test('a token is made for a registry, with its last use shown, and revoked', async (t) => {
    const [registry, partner] = await Promise.all([startWithPages(t), startWithPages(t, { name: 'Partner' })])
    const page = await openConsole(t, registry, { at: 'tokens' })
    await page.getByLabel('Its name').fill('Partner')
    await page.getByLabel('Its public address').fill(partner.url)
    await page.getByRole('button', { name: 'Make the token' }).click()
    const shown = page.getByRole('region', { name: 'The token' }).locator('pre')
    await shown.nth(1).waitFor()
    const [token = '', secret = ''] = await shown.allInnerTexts()
    await partner.succeed('POST', '/federation/peers', {
      body: { name: 'Registry', registry_url: registry.url, api_key: token, signing_secret: secret },
    })
    await page.reload()
    const row = page.getByRole('row').filter({ hasText: 'Partner' }).first()
    await row.getByText('live').waitFor()

    await row.getByRole('button', { name: 'Revoke the token of Partner' }).click()
    await page.getByRole('dialog').getByText('The peer can no longer ask by it.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke it' }).click()
    await page.getByRole('row').filter({ hasText: 'revoked' }).waitFor()
    const { tokens } = await registry.succeed<{ tokens: { revoked_at: string | null }[] }>(
      'GET',
      '/federation/tokens',
    )
    assert.notEqual(tokens[0]?.revoked_at, null)
  })

  await t.test('the audit log is filtered, walked, exported, and its head kept', async (t) => {
    const registry = await startWithPages(t)
    for (let at = 0; at < 120; at += 1)
      await registry.succeed('POST', '/blocks', { body: { origin: `spam${at}.example` } })
    const page = await openConsole(t, registry, { at: 'audit', key: await makeKey(registry, 'auditor') })
    const rows = page.getByRole('table', { name: 'Changes, newest first' }).locator('tbody tr')
    await rows.first().waitFor()
    assert.equal(await rows.count(), 100)
    await page.getByLabel('Action').fill('key.create')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.waitForURL(/action=key.create/)
    await waitUntil('the keys made', async () => (await rows.count()) === 2)
    await rows.getByText('key.create').first().waitFor()

    await page.goto(`${registry.url}/console/audit?action=block`)
    await page.getByRole('button', { name: 'Next page' }).click()
    await waitUntil('the second page', async () => (await rows.count()) === 20)
    const exported = await downloaded(page, () =>
      page.getByRole('button', { name: 'Export all of it' }).click(),
    )
    const lines = exported.trimEnd().split('\n')
    assert.ok(lines.length > 120)
    // The last one is the head, which moves on.
    assert.ok((await registry.call('GET', '/audit/export')).text.startsWith(lines.slice(0, -1).join('\n')))
    const head = JSON.parse(
      await downloaded(page, () => page.getByRole('button', { name: 'Save the head' }).click()),
    )
    assert.ok(head.seq >= 121 && typeof head.signature === 'string')

    await page.getByLabel('Action').fill('no such thing!')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByRole('alert').getByText('Takes an action such as peer.create').first().waitFor()

    await page.goto(`${registry.url}/console/audit/report`)
    await page.getByLabel('Month', { exact: true }).fill(new Date().toISOString().slice(0, 7))
    await page.getByRole('button', { name: 'Show it' }).click()
    await page.getByText('which is not over yet').waitFor()
    await page.getByRole('table', { name: 'Acts, counted' }).getByText('block.create').waitFor()
  })

  await t.test('the query log shows questions in both directions, and filters them', async (t) => {
    const [registry, partner] = await Promise.all([startWithPages(t), startWithPages(t, { name: 'Partner' })])
    await befriend(registry, partner)
    await partner.succeed('POST', '/agents', { body: RECORD })
    await registry.succeed('GET', '/discovery/agents?search=sums&include_federated=true')
    await partner.succeed('GET', '/discovery/agents?search=nothing&include_federated=true')
    await new Promise((resolve) => setTimeout(resolve, 1_500)) // rows are there within a second
    const page = await openConsole(t, registry, { at: 'query-log' })
    const rows = page.getByRole('table', { name: 'Questions, newest first' }).locator('tbody tr')
    await rows.first().waitFor()
    const cells = rows.locator('td:nth-child(2)')
    const directions = new Set(await cells.allInnerTexts())
    assert.deepEqual(directions, new Set(['to', 'from']))
    await page.getByLabel('Direction').selectOption('outbound')
    await page.getByLabel('Peer', { exact: true }).selectOption({ label: 'Partner' })
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.waitForURL(/direction=outbound/)
    await waitUntil('only ours', async () => new Set(await cells.allInnerTexts()).size === 1)
    const exported = await downloaded(page, () =>
      page.getByRole('button', { name: 'Export all of it' }).click(),
    )
    assert.equal(exported, (await registry.call('GET', '/federation/query-log/export')).text)
  })

  await t.test(
    'an export with a session that ended leads to the sign-in, and saves no refusal',
    async (t) => {
      const registry = await startWithPages(t)
      const page = await openConsole(t, registry, { at: 'audit' })
      const saved: string[] = []
      page.on('download', (download) => saved.push(download.suggestedFilename()))
      const button = page.getByRole('button', { name: 'Export all of it' })
      await button.waitFor()
      await endSession(page.context())
      await button.click()
      await page.getByText('Your session ended.').waitFor()
      await page.getByLabel('API key').waitFor()
      assert.deepEqual(saved, [])
    },
  )

  await t.test('a report is read, its agent blocked from it, resolved, and the block lifted', async (t) => {
    const registry = await startWithPages(t)
    const { id } = await registry.succeed<WireAgent>('POST', '/agents', { body: RECORD })
    const reader = await makeKey(registry, 'viewer')
    const report = { category: 'impersonation', detail: 'We are Acme, <b>and this is not ours</b>.' }
    await registry.succeed('POST', `/agents/${id}/report`, { body: report, key: reader })
    const page = await openConsole(t, registry, { at: 'reports' })
    await page.getByText('We are Acme, <b>and this is not ours</b>.').waitFor()
    await page.getByRole('link', { name: 'Block', exact: true }).click()
    await page.getByLabel('Reason').fill('Impersonates Acme')
    await page.getByRole('button', { name: 'Block it…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Block it' }).click()
    const lift = page.getByRole('button', { name: /^Lift the block of did:web/ })
    await lift.waitFor()
    const isSeen = async (): Promise<boolean> =>
      (await registry.call('GET', `/agents/${id}`, { key: reader })).status === 200
    assert.equal(await isSeen(), false)

    await page.goto(`${registry.url}/console/reports`)
    await page.getByRole('button', { name: /^Resolve the report/ }).click()
    await page.getByRole('dialog').getByLabel('What became of it').selectOption('blocked')
    await page.getByRole('dialog').getByLabel('Note for the operators').fill('Confirmed by telephone')
    await page.getByRole('dialog').getByRole('button', { name: 'Resolve it' }).click()
    await page.getByText('No open reports').waitFor()
    await page.getByLabel('State').selectOption('resolved')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.getByText('Confirmed by telephone').waitFor()

    await page.goto(`${registry.url}/console/blocks`)
    await lift.click()
    await page.getByRole('dialog').getByRole('button', { name: 'Lift the block' }).click()
    await page.getByText('Nothing is blocked').waitFor()
    assert.equal(await isSeen(), true)
    await page.getByLabel('What to block').selectOption('origin')
    await page.getByLabel('Pattern').fill('not a host at all')
    await page.getByRole('button', { name: 'Block it…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Block it' }).click()
    await page.getByRole('alert').waitFor()
  })

  await t.test(
    'settings are shown as they are, secrets masked; caches of peers are cleared after asking',
    async (t) => {
      const [registry, partner] = await Promise.all([
        startWithPages(t, { name: 'Main' }),
        startWithPages(t, { name: 'Partner' }),
      ])
      await enrol(registry, partner)
      await partner.succeed('POST', '/agents', { body: RECORD })
      await untilAnswered(registry, 'sums', { peers: 1, key: registry.adminKey })
      const page = await openConsole(t, registry, { at: 'settings' })
      const name = page.getByRole('row').filter({ hasText: 'REGISTRY_NAME' })
      assert.match(await name.innerText(), /Main changed\s+AgentVault Registry\s+environment/)
      assert.match(
        await page.getByRole('row').filter({ hasText: 'FEDERATION_CACHE_TTL' }).innerText(),
        /300\s+300\s+default/,
      )
      assert.ok(!(await page.content()).includes(registry.adminKey))
      await page.getByRole('button', { name: 'Clear the caches of all peers…' }).click()
      await page.getByRole('dialog').getByText('on every replica').waitFor()
      await page.getByRole('dialog').getByRole('button', { name: 'Clear the caches' }).click()
      await page.getByText('cleared, with 1 record').waitFor()
    },
  )

  await t.test(
    'an empty registry greets its operator with three next steps, until it has an agent',
    async (t) => {
      const registry = await startWithPages(t)
      const page = await openConsole(t, registry)
      await page.getByRole('heading', { name: 'This registry is new' }).waitFor()
      for (const step of ['Add an agent', 'Invite a peer', 'Search']) {
        await page.getByRole('heading', { name: step }).waitFor()
      }
      await page.getByRole('main').getByRole('link', { name: 'Add an agent' }).click()
      await page.waitForURL(/console\/agents\/add/)
      await registry.succeed('POST', '/agents', { body: RECORD })
      await page.goto(`${registry.url}/console`)
      await page.getByRole('heading', { name: 'Federation', level: 1 }).waitFor()
    },
  )

  await t.test('a role is shown what it may do and nothing else', async (t) => {
    const registry = await startWithPages(t)
    const linksOf = async (role: string): Promise<string[]> => {
      const page = await openConsole(t, registry, { key: await makeKey(registry, role) })
      return page.getByRole('navigation', { name: 'Console' }).getByRole('link').allInnerTexts()
    }
    const mine = [
      'Agents',
      'Reports',
      'Blocks',
      'Federation tokens',
      'Query log',
      'Keys',
      'Audit log',
      'Settings',
      'Your key',
    ]
    const shown = async (role: string): Promise<string[]> => {
      const links = await linksOf(role)
      return mine.filter((title) => links.includes(title))
    }
    assert.deepEqual(await shown('viewer'), ['Agents', 'Your key'])
    assert.deepEqual(await shown('auditor'), ['Agents', 'Query log', 'Audit log', 'Your key'])
    assert.deepEqual(await shown('operator'), [
      'Agents',
      'Reports',
      'Blocks',
      'Query log',
      'Settings',
      'Your key',
    ])
    assert.deepEqual(await shown('admin'), mine)
  })
})
