/** What an operator does day by day, by keyboard alone: no pointer, and nothing that Tab does not lead to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import type { WireAgent } from '../../src/wire/agent.ts'
import { hasBrowser, openPage, startWithPages } from '../support/browser.ts'
import { makeKey } from '../support/keys.ts'
import { discover, publish } from '../support/records.ts'
import { befriend, type RunningRegistry } from '../support/registry.ts'
import { downloaded, waitUntil } from './console-steps.ts'
import { choose, confirm, focusedName, openDialog, press, tabTo, type } from './keyboard.ts'
import { namesOf } from './search-steps.ts'

const CARD = {
  ...{ protocolVersion: '0.3.0', name: 'Tide Tables', description: 'Tells the tides of any harbour.' },
  ...{ url: 'https://tides.example/a2a', version: '2.1.0', capabilities: {} },
  ...{ defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'], skills: [] },
}

/** More than the search shows at once. */
const IMPORTED = 30

function importFile(): Buffer {
  const lines = Array.from({ length: IMPORTED }, (_, at) =>
    JSON.stringify({
      ...{ name: `Number ${at}`, agent_type: 'a2a', visibility: 'public', tags: at < 3 ? ['rare'] : [] },
      endpoints: [{ url: `https://agents.example/${at}`, protocol: 'a2a' }],
    }),
  )
  return Buffer.from([...lines, '{"name": "no type"}'].join('\n'))
}

const WHAT = 'every flow of the console, by keyboard alone'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  const harbor = await startWithPages(t, { name: 'Harbor Commons' })
  const lumen = await startWithPages(t, { name: 'Lumen Directory' })
  await befriend(harbor, lumen)
  await publish(lumen, { name: 'Heron' })
  await discover(harbor, 'search=heron')
  const [publisher, viewer] = [await makeKey(harbor, 'publisher'), await makeKey(harbor, 'viewer')]
  const statusOf = async (path: string, key: string): Promise<number> =>
    (await harbor.call('GET', path, { key })).status
  const page = await openPage(t, `${harbor.url}/console`)

  await t.test('one signs in, changes the theme, signs out and in again', async () => {
    await signIn(page, harbor)
    await press(page, 'Theme: system')
    assert.equal(await focusedName(page), 'Theme: light')
    await page.keyboard.press('Space')
    assert.equal(await page.evaluate('document.documentElement.dataset.theme'), 'dark')
    await page.keyboard.press('Space')
    await press(page, 'Sign out')
    await signIn(page, harbor)
  })

  await t.test('an agent is changed, taken down, shown again, given away and deleted', async () => {
    const { id } = await publish(harbor, { name: 'Summarizer' })
    await press(page, 'Agents')
    await press(page, 'Summarizer')
    await choose(page, 'Status', 'deprecated')
    await type(page, 'What to say about the status', 'Use the new one.')
    await press(page, 'Save the changes')
    await waitUntil('the change', async () => {
      const { body } = await harbor.call<WireAgent>('GET', `/agents/${id}`, { key: viewer })
      return body.status === 'deprecated'
    })
    await page.getByText('Use the new one.').first().waitFor()

    await openDialog(page, 'Take it down…')
    await type(page, 'Reason', 'Impersonates Acme')
    await confirm(page, 'Take it down')
    await page.getByText('Impersonates Acme').first().waitFor()
    assert.equal(await statusOf(`/agents/${id}`, viewer), 410)
    await press(page, 'Show it again')
    await page.getByRole('button', { name: 'Take it down…' }).waitFor()
    assert.equal(await statusOf(`/agents/${id}`, viewer), 200)

    await openDialog(page, 'Give it to another owner…')
    await choose(page, 'New owner', 'publisher')
    await confirm(page, 'Give it away')
    const change = { key: publisher, body: { description: 'Mine.' } }
    assert.equal((await harbor.call('PUT', `/agents/${id}`, change)).status, 200)

    await openDialog(page, 'Delete it…')
    await confirm(page, 'Delete the record')
    assert.equal(await statusOf(`/agents/${id}`, viewer), 410)
  })

  await t.test('a file is imported, and the line that was rejected is taken away', async () => {
    await press(page, 'Agents')
    await press(page, /^Import/)
    await tabTo(page, 'File')
    const file = { name: 'agents.ndjson', mimeType: 'application/x-ndjson', buffer: importFile() }
    await page.locator(':focus').setInputFiles(file)
    await press(page, 'Begin the import')
    await page.getByText(`Done: ${IMPORTED} records created, 0 updated`).waitFor()
    const rejected = await downloaded(page, () => press(page, 'Save them as NDJSON'))
    const { line, text } = JSON.parse(rejected)
    assert.deepEqual([line, text], [IMPORTED + 1, '{"name": "no type"}'])
  })

  await t.test('a key is made, suspended, resumed, rotated and revoked', async () => {
    const secret = page.getByRole('region', { name: 'The key “nightly import”' })
    await press(page, 'Keys')
    await type(page, 'What it is for', 'nightly import')
    await choose(page, 'Role', 'publisher')
    await press(page, 'Make the key')
    const key = await secret.locator('pre').innerText()
    await press(page, 'I have copied it')
    assert.equal(await statusOf('/me', key), 200)

    await openDialog(page, 'Suspend the key nightly import')
    await type(page, 'Reason', 'Leaked on a forum')
    await confirm(page, 'Suspend it')
    await page.getByText('Leaked on a forum').waitFor()
    assert.notEqual(await statusOf('/me', key), 200)
    await openDialog(page, 'Resume the key nightly import')
    await confirm(page, 'Resume it')
    await waitUntil('the key', async () => (await statusOf('/me', key)) === 200)

    await openDialog(page, 'Rotate the key nightly import')
    await choose(page, 'Overlap', 'none')
    await confirm(page, 'Make the new one')
    const rotated = await secret.locator('pre').innerText()
    assert.deepEqual([await statusOf('/me', rotated), await statusOf('/me', key)], [200, 401])
    await press(page, 'I have copied it')
    // The list has both keys only when it was loaded again: before, the row is the old one's.
    await page.getByRole('row').filter({ hasText: 'expired' }).waitFor()
    await openDialog(page, 'Revoke the key nightly import')
    await confirm(page, 'Revoke it')
    await page.getByRole('row').filter({ hasText: 'revoked' }).waitFor()
    assert.equal(await statusOf('/me', rotated), 401)
  })

  await t.test('a token is made and revoked', async () => {
    await press(page, 'Federation tokens')
    await type(page, 'Its name', 'Partner')
    await type(page, 'Its public address', 'https://partner.example')
    await press(page, 'Make the token')
    await page.getByRole('region', { name: 'The token' }).waitFor()
    await press(page, 'I have copied it')
    await openDialog(page, 'Revoke the token of Partner')
    await confirm(page, 'Revoke it')
    await page.getByRole('row').filter({ hasText: 'Partner' }).getByText('revoked').waitFor()
  })

  await t.test('the audit log is filtered, walked and exported, and a month looked back on', async () => {
    await blockAndLift(harbor, 60)
    const rows = page.getByRole('table', { name: 'Changes, newest first' }).locator('tbody tr')
    await press(page, 'Audit log')
    await type(page, 'Action', 'block')
    await page.keyboard.press('Enter')
    await page.waitForURL(/action=block/)
    await press(page, 'Next page')
    await waitUntil('the second page', async () => (await rows.count()) === 20)
    const exported = await downloaded(page, () => press(page, 'Export all of it (NDJSON)'))
    assert.ok(exported.split('\n').length > 120)

    await press(page, 'Report of a month')
    await chooseThisMonth(page)
    await page.getByText('which is not over yet').waitFor()
    await page.getByRole('table', { name: 'Acts, counted' }).getByText('block.create').waitFor()
  })

  await t.test('what is reported is blocked, the report resolved, and the block lifted', async () => {
    const { id } = await publish(harbor, { name: 'Impostor' })
    const report = { category: 'impersonation', detail: 'This is not ours.' }
    await harbor.succeed('POST', `/agents/${id}/report`, { body: report, key: viewer })
    await press(page, 'Reports')
    await press(page, 'Block')
    await type(page, 'Reason', 'Impersonates Acme')
    await openDialog(page, 'Block it…')
    await confirm(page, 'Block it')
    await page.getByRole('row').filter({ hasText: 'Impersonates Acme' }).waitFor()
    assert.notEqual(await statusOf(`/agents/${id}`, viewer), 200)

    await press(page, 'Reports')
    await openDialog(page, 'Resolve the report about Impostor')
    await choose(page, 'What became of it', 'blocked')
    await confirm(page, 'Resolve it')
    await page.getByText('No open reports').waitFor()

    await press(page, 'Blocks')
    await openDialog(page, /^Lift the block of did:web/)
    await confirm(page, 'Lift the block')
    await page.getByText('Nothing is blocked').waitFor()
    assert.equal(await statusOf(`/agents/${id}`, viewer), 200)
  })

  await t.test('the cache of one peer is cleared, and those of all', async () => {
    await press(page, 'Settings')
    await openDialog(page, 'Clear the cache of Lumen Directory')
    await confirm(page, 'Clear the cache')
    await page.getByText(/^cleared, with/).waitFor()
    await openDialog(page, 'Clear the caches of all peers…')
    await confirm(page, 'Clear the caches')
    // Lumen, and the one that a token was made for.
    await waitUntil('both', async () => (await page.getByText(/^cleared, with/).count()) === 2)
  })

  await t.test('a peer is checked, asked no more, asked again, shut out and removed', async () => {
    await press(page, 'Peers')
    await press(page, 'Lumen Directory')
    await press(page, 'Check now')
    await page.getByText('Checked just now: it answered in').waitFor()
    await openDialog(page, 'Stop asking it')
    await confirm(page, 'Stop asking it')
    await press(page, 'Ask it again')
    await page.getByText('It is asked again.').waitFor()
    await openDialog(page, 'Stop its questions')
    await confirm(page, 'Stop its questions')
    await page.getByText('Its questions are refused.').waitFor()
    await openDialog(page, 'Clear the cache')
    await confirm(page, 'Clear the cache')
    await openDialog(page, 'Remove the peer')
    await confirm(page, 'Remove the peer')
    const { peers } = await harbor.succeed<{ peers: { name: string }[] }>('GET', '/federation/peers')
    assert.deepEqual(
      peers.map(({ name }) => name),
      ['Partner'],
    )
  })

  await t.test('an invite is made and revoked', async () => {
    await press(page, 'Invites')
    await press(page, 'Make the invite')
    await page.getByText(/^avp_/).waitFor()
    await press(page, 'I have sent it')
    await openDialog(page, 'Revoke')
    await confirm(page, 'Revoke the invite')
    await page.getByRole('row').filter({ hasText: 'revoked' }).waitFor()
  })

  await t.test('a search goes on, is narrowed, and leads to an agent, its tabs and back', async () => {
    await harbor.succeed('POST', '/agents?visibility=public', { body: CARD })
    await press(page, 'Search')
    await page.getByRole('button', { name: 'More results' }).waitFor()
    const first = (await namesOf(page)).length
    await press(page, 'More results')
    await waitUntil('more results', async () => (await namesOf(page)).length > first)
    await press(page, /^rare/)
    await waitUntil('those with the tag', async () => (await namesOf(page)).length === 3)
    assert.match(page.url(), /tag=rare/)
    await press(page, /^rare/)
    await waitUntil('all again', async () => (await namesOf(page)).length === first)

    await type(page, /^search for agents/i, 'tide tables')
    await waitUntil('the agent', async () => (await namesOf(page)).join() === 'Tide Tables')
    await press(page, 'Tide Tables')
    await page.getByRole('heading', { name: 'Tide Tables' }).waitFor()
    await page.getByRole('tab', { name: 'Read' }).waitFor()
    await tabTo(page, 'Read')
    await page.keyboard.press('ArrowRight')
    assert.equal(await focusedName(page), 'Raw')
    await page.getByText('The card as it was published').first().waitFor()
    await page.keyboard.press('ArrowLeft')
    assert.equal(await focusedName(page), 'Read')
    await press(page, '← Back')
    await waitUntil('the focus on the result', async () => (await focusedName(page)) === 'Tide Tables')
  })
})

test('the way past the head of the console leads into the view that one is in', { skip }, async (t) => {
  const harbor = await startWithPages(t, { name: 'Harbor Commons' })
  const page = await openPage(t, `${harbor.url}/console`)
  await page.getByLabel('API key').waitFor()
  await press(page, 'Skip to the content')
  assert.deepEqual([page.url(), await focusedId(page)], [`${harbor.url}/console`, 'main'])
  await tabTo(page, 'API key')
  await signIn(page, harbor)
  await press(page, 'Agents')
  await page.getByRole('heading', { name: 'Agents', exact: true }).waitFor()
  await press(page, 'Skip to the content')
  assert.deepEqual([page.url(), await focusedId(page)], [`${harbor.url}/console/agents`, 'main'])
  await page.getByRole('heading', { name: 'Agents', exact: true }).waitFor()
})

function focusedId(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement?.id')
}

async function signIn(page: Page, { adminKey }: RunningRegistry): Promise<void> {
  await page.getByLabel('API key').waitFor()
  await waitUntil('the focus in the field', async () => (await focusedName(page)) === 'API key')
  await page.keyboard.insertText(adminKey)
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}

/** Twice as many rows in the audit log, and nothing else left of it. */
async function blockAndLift(registry: RunningRegistry, count: number): Promise<void> {
  const key = await makeKey(registry, 'admin')
  for (let at = 0; at < count; at += 1) {
    const body = { origin: `spam${at}.example` }
    const { id } = await registry.succeed<{ id: string }>('POST', '/blocks', { key, body })
    await registry.succeed('DELETE', `/blocks/${id}`, { key })
  }
}

/** By the parts of the field: the month by its name, the year in figures. */
async function chooseThisMonth(page: Page): Promise<void> {
  const now = new Date()
  await tabTo(page, 'Month')
  await page.keyboard.type(now.toLocaleString('en', { month: 'long', timeZone: 'UTC' }))
  await page.keyboard.press('ArrowRight')
  await page.keyboard.type(String(now.getUTCFullYear()))
  await press(page, 'Show it')
}
