/** The console's views of peers: who sees them, what hostile text does to them, and that they stay true. */
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible, hasBrowser, openConsole, openPage, startWithPages } from '../support/browser.ts'
import { makeKey } from '../support/keys.ts'
import { discover, publish } from '../support/records.ts'
import { befriend, enrol, type RunningRegistry } from '../support/registry.ts'
import { addScripted } from '../support/reports.ts'
import { assertNoSidewaysScroll, endSession, typeKey, waitUntil } from './console-steps.ts'
import { tabTo } from './keyboard.ts'

const WHAT = 'the console’s views of peers'

/** What a peer may call itself, or say when it fails. */
const HOSTILE = '<img src=x onerror="alert(1)">[x](javascript:alert(1)) \u202egnp.exe\u202c שלום pаypal'
const HOSTILE_NAME = `${HOSTILE} ${'W'.repeat(190)}`.slice(0, 190)

/** A folder that pictures are put into, for whoever wants to look. */
const PICTURES = process.env.PICTURES

const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  const harbor = await startWithPages(t, { name: 'Harbor Commons' })
  const lumen = await startWithPages(t, { name: 'Lumen Directory' })
  await befriend(harbor, lumen)
  for (const name of ['Heron', 'Plover', 'Curlew']) await publish(lumen, { name })
  await publish(harbor, { name: 'Tern', visibility: 'federated', tags: ['sea'] })
  await addScripted(t, harbor, { name: HOSTILE_NAME, search: () => ({ status: 500, body: HOSTILE }) })
  for (const search of ['heron', 'plover', 'heron']) await discover(harbor, `search=${search}`)
  await discover(lumen, 'search=tern')
  const ids = await idsOf(harbor)

  await t.test('have nothing that axe complains of, in both themes', async (t) => {
    for (const theme of ['light', 'dark'] as const) {
      const page = await openConsole(t, harbor, { theme })
      await walk(page, harbor, { ids, check: assertAccessible, picture: `${theme}-1280` })
    }
  })

  await t.test('fit on 360 px, with names of peers that do all they can, which stay text', async (t) => {
    const page = await openConsole(t, harbor, { width: 360, height: 740 })
    const check = async (page: Page): Promise<void> => {
      await assertNoSidewaysScroll(page)
      assert.equal(await page.locator('img, script:not([src])').count(), 0)
    }
    await walk(page, harbor, { ids, check, picture: 'light-360' })
    await page.goto(`${harbor.url}/console/peers`)
    await page.getByText('<img src=x onerror="alert(1)">').first().waitFor()
    await page.getByText('a word of its name has letters of several scripts').first().waitFor()
  })

  await t.test('a session that ends takes one back to the same place', async (t) => {
    const page = await openConsole(t, harbor, { at: 'peers?words=lumen' })
    await page.getByRole('link', { name: 'Lumen Directory' }).waitFor()
    await endSession(page.context())
    await page.getByText('Your session ended.').waitFor()
    assert.equal(await page.getByText('Lumen Directory').count(), 0)
    await typeKey(page, harbor.adminKey)
    await page.getByRole('link', { name: 'Lumen Directory' }).waitFor()
    assert.equal(await page.getByLabel('Name or address').inputValue(), 'lumen')
  })

  await t.test('a key that is revoked ends its sessions, and says so', async (t) => {
    const made = await harbor.succeed<{ id: string; key: string }>('POST', '/keys', {
      body: { name: 'Anna', role: 'operator' },
    })
    const page = await openConsole(t, harbor, { key: made.key, at: 'peers' })
    await page.getByRole('link', { name: 'Lumen Directory' }).waitFor()
    await harbor.succeed('DELETE', `/keys/${made.id}`)
    await page.getByText('Your session ended.').waitFor({ timeout: 20_000 })
    await page.getByLabel('API key').fill(made.key)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
  })

  await t.test('bear the registry’s name, and ask for its health once', async (t) => {
    const page = await openPage(t, `${harbor.url}/console/peers/${ids[0]}`)
    await page.getByRole('link', { name: 'Harbor Commons' }).waitFor()
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await typeKey(page, harbor.adminKey)
    await page.getByRole('heading', { name: 'Health' }).waitFor()
    // A title is set after the view it is of is drawn.
    await waitUntil(
      'its title',
      async () => (await page.title()) === 'Peer · Lumen Directory · Harbor Commons',
    )
    await page.getByRole('link', { name: 'Federation', exact: true }).click()
    await page.getByRole('table', { name: /^The peers, numbered/ }).waitFor()
    await waitUntil('its title', async () => (await page.title()) === 'Federation · Harbor Commons')
    const timesAsked = (path: string): number => asked.filter((one) => one === `/api/v1/${path}`).length
    await waitUntil('what the peers come to', async () => timesAsked('federation/health') > 0)
    assert.deepEqual([timesAsked('health'), timesAsked('federation/health')], [1, 1])
  })

  await t.test('a viewer sees the map and no more of peers', async (t) => {
    const page = await openConsole(t, harbor, { key: await makeKey(harbor, 'viewer') })
    await page.getByRole('img', { name: /Lumen Directory/ }).waitFor()
    // Nothing on it takes the focus, and none of its keys is told.
    await page.getByRole('group', { name: 'Map of the federation', exact: true }).waitFor()
    assert.equal(await page.locator('.map [tabindex], .map a').count(), 0)
    const offered = await page.getByRole('navigation', { name: 'Console' }).getByRole('link').allInnerTexts()
    for (const title of ['Peers', 'Invites', 'Federation tokens', 'Keys', 'Audit log', 'Settings']) {
      assert.equal(offered.includes(title), false, title)
    }
    assert.equal(await page.getByRole('link', { name: /Lumen/ }).count(), 0)
    for (const at of ['peers', `peers/${ids[0]}`, 'invites']) {
      await page.goto(`${harbor.url}/console/${at}`)
      await page.getByText('Your key has the role viewer').waitFor()
    }
  })

  await t.test('an operator may stop a peer and not change what it sees', async (t) => {
    const key = await makeKey(harbor, 'operator')
    const page = await openConsole(t, harbor, { key, at: `peers/${ids[0]}/sharing` })
    await page.getByRole('heading', { name: 'Try one out' }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Save the policy' }).count(), 0)
    await page.goto(`${harbor.url}/console/peers/${ids[0]}`)
    await page.getByRole('button', { name: 'Stop asking it' }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Remove the peer' }).count(), 0)
  })

  await t.test('a peer that is stopped elsewhere is shown so without loading the page', async (t) => {
    const page = await openConsole(t, harbor, { at: 'peers?words=lumen' })
    const row = page.getByRole('row', { name: /Lumen Directory/ })
    await row.getByText('healthy').waitFor()
    await harbor.succeed('PUT', `/federation/peers/${ids[0]}`, { body: { is_active: false } })
    await row.getByText('not asked').waitFor()
    await harbor.succeed('PUT', `/federation/peers/${ids[0]}`, { body: { is_active: true } })
    await row.getByText('healthy').waitFor()
  })

  await t.test('a chart that has not all checks of its time says so', async (t) => {
    const page = await openConsole(t, harbor, { at: `peers/${ids[0]}` })
    await page.getByText(/^Response time in ms over the last hour;/).waitFor()
    await page.route(/\/health\?window=24h/, async (route) => {
      const response = await route.fetch()
      await route.fulfill({
        response,
        json: { ...(await response.json()), next_before: '2026-01-01T00:00:00Z' },
      })
    })
    await page.getByLabel('24 hours').check()
    await page
      .getByText(/of the newest \d+ checks in the last 24 hours, those before are not drawn;/)
      .waitFor()
  })

  await t.test('what the registry no longer answers for is marked with its age', async (t) => {
    const page = await openConsole(t, harbor, { at: 'peers' })
    // The figures come by a request of their own: without them it would be theirs that fails, and not the list's.
    await page.getByRole('row', { name: /Lumen Directory.*%/ }).waitFor()
    await page.context().setOffline(true)
    await page.getByRole('button', { name: 'Load again' }).waitFor()
    await page.getByText('The registry does not answer.').waitFor()
    assert.equal(await page.getByRole('link', { name: 'Lumen Directory' }).count(), 1)
    await page.context().setOffline(false)
    await page.getByRole('button', { name: 'Load again' }).click()
    await page.getByText('The registry does not answer.').waitFor({ state: 'detached' })
  })

  await t.test('sixty peers are told apart on the map, and arrow keys go from one to the next', async (t) => {
    const many = await startWithPages(t)
    for (let place = 1; place <= 60; place += 1) {
      const registry_url = `http://127.0.0.1:1/${place}`
      await many.succeed('POST', '/federation/peers', { body: { name: `Peer ${place}`, registry_url } })
    }
    const page = await openConsole(t, many)
    await page.getByText('60 peers').waitFor()
    await tabTo(page, /^1\. .*Peer 1\b/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Peer', exact: true }).waitFor()
    assert.match(page.url(), /console\/peers\/[0-9a-f-]{36}$/)
    await page.goBack()
    await page.getByText('60 peers').waitFor()
    await assertAccessible(page)
    await picture(page, 'map-60-light-1280')
  })

  await t.test('clearing, disabling and removing ask once, and say what came of it', async (t) => {
    const asker = await startWithPages(t, { name: 'Asker' })
    const page = await openConsole(t, harbor, { at: `peers/${(await enrol(harbor, asker)).peerId}` })
    await page.getByRole('button', { name: 'Clear the cache' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Clear the cache' }).click()
    await page.getByText('The cache is cleared, with').waitFor()
    await page.getByRole('button', { name: 'Stop asking it' }).click()
    await assertAccessible(page)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'Stop asking it' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop asking it' }).click()
    await page.getByText('It is not asked any more.').waitFor()
    await page.getByRole('button', { name: 'Ask it again' }).click()
    await page.getByRole('button', { name: 'Check now' }).click()
    await page.getByText(/Checked just now: it answered in/).waitFor()
    await page.getByRole('button', { name: 'Remove the peer' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the peer' }).click()
    // The heading is there before the list: only the list tells who is gone.
    await page.getByRole('link', { name: 'Lumen Directory' }).waitFor()
    assert.equal(await page.getByRole('link', { name: 'Asker' }).count(), 0)
  })
})

/** Of the peers, in the order in which they were added. */
async function idsOf(registry: RunningRegistry): Promise<readonly string[]> {
  const { peers } = await registry.succeed<{ peers: readonly { id: string; name: string }[] }>(
    'GET',
    '/federation/peers',
  )
  const isLumen = ({ name }: { readonly name: string }): boolean => name === 'Lumen Directory'
  return [...peers.filter(isLumen), ...peers.filter((peer) => !isLumen(peer))].map(({ id }) => id)
}

async function walk(
  page: Page,
  registry: RunningRegistry,
  {
    ids,
    check,
    picture: kind,
  }: {
    readonly ids: readonly string[]
    readonly check: (page: Page) => Promise<void>
    readonly picture: string
  },
): Promise<void> {
  const [lumen, hostile] = ids
  const views = {
    map: '',
    peers: 'peers',
    peer: `peers/${lumen}`,
    hostile: `peers/${hostile}`,
    sharing: `peers/${lumen}/sharing`,
    invites: 'invites',
    accept: 'invites/accept',
    add: 'peers/add',
  }
  for (const [name, at] of Object.entries(views)) {
    await page.goto(`${registry.url}/console/${at}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.locator('.skeleton').first().waitFor({ state: 'detached' })
    await picture(page, `${name}-${kind}`)
    await check(page)
  }
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return
  await mkdir(PICTURES, { recursive: true })
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true })
}
