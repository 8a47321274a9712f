/** What the pages for everybody say when a part of what they ask for fails, and where their ways back lead. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { mintToken } from '../../src/security/tokens.ts'
import { hasBrowser, openPage, startWithPages } from '../support/browser.ts'
import type { RunningRegistry } from '../support/registry.ts'
import { waitUntil } from './console-steps.ts'
import { namesOf, register } from './search-steps.ts'

const skip = hasBrowser('faults on the pages for everybody') ? false : 'there is no Chromium'

/** More than the search shows at once. */
const MANY = 30

const CARD = {
  ...{ protocolVersion: '0.3.0', name: 'Tide Tables', description: 'Tells the tides of any harbour.' },
  ...{ url: 'https://tides.example/a2a', version: '2.1.0', capabilities: {} },
  ...{ defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'], skills: [] },
}

const SERVER_CARD = {
  ...{ name: 'example.tides/tables', description: 'Tells the tides.', version: '1.0.0' },
  packages: [
    { registryType: 'npm', identifier: '@tides/tables', version: '1.0.0', transport: { type: 'stdio' } },
  ],
}

async function startHome(t: TestContext, count = 0): Promise<RunningRegistry> {
  const home = await startWithPages(t, { name: 'Home Registry' })
  for (let at = 0; at < count; at += 1) {
    await register(home, { name: `Number ${at}`, tags: at === 0 ? ['rare', 'all'] : ['all'] })
  }
  return home
}

/** Answers what the page asks at such addresses as a registry does that cannot serve it. */
async function refuse(page: Page, address: RegExp, code: string, detail: string): Promise<void> {
  const body = JSON.stringify({ code, detail, title: 'Refused' })
  await page.route(address, (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', body }),
  )
}

function filtersOf(page: Page) {
  return page.getByRole('region', { name: 'Narrow it down' })
}

const agentAddress = (home: RunningRegistry, did: string): string =>
  `${home.url}/agent?did=${encodeURIComponent(did)}`

test('where a part fails', { skip }, async (suite) => {
  await suite.test('a further page that fails leaves the results, and can be asked for again', async (t) => {
    const home = await startHome(t, MANY)
    const page = await openPage(t, home.url)
    const more = page.getByRole('button', { name: 'More results' })
    await more.waitFor()
    const first = await namesOf(page)
    await refuse(page, /[?&]cursor=/, 'storage-unavailable', 'The database does not answer.')
    await more.click()
    await page.getByRole('alert').getByText('The database does not answer.').waitFor()
    assert.equal(await page.getByText('The search failed.').count(), 0)
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0)
    assert.deepEqual(await namesOf(page), first)
    await page.unroute(/[?&]cursor=/)
    await more.click()
    await waitUntil('all', async () => (await namesOf(page)).length === MANY)
    assert.equal(await page.getByRole('alert').count(), 0)
  })

  await suite.test('where the pages are kept no longer, the search can be begun again', async (t) => {
    const home = await startHome(t, MANY)
    const page = await openPage(t, home.url)
    const more = page.getByRole('button', { name: 'More results' })
    await more.waitFor()
    const { length } = await namesOf(page)
    await refuse(page, /[?&]cursor=/, 'cursor-expired', 'The walk has expired.')
    await more.click()
    const again = page.getByRole('button', { name: 'Begin this search again' })
    await again.waitFor()
    assert.equal(await more.count(), 0, 'what cannot be had any more is not offered')
    await page.unroute(/[?&]cursor=/)
    await again.click()
    await more.waitFor()
    assert.equal((await namesOf(page)).length, length)
    assert.equal(await page.getByRole('alert').count(), 0)
  })

  await suite.test('counts that cannot be had are not shown, nor those of another question', async (t) => {
    const home = await startHome(t, 3)
    const page = await openPage(t, home.url)
    const filters = filtersOf(page)
    await filters.getByRole('button', { name: /^rare/ }).waitFor()
    await refuse(page, /discovery\/facets/, 'storage-unavailable', 'The database does not answer.')
    await page.getByRole('searchbox').fill('number')
    await filters.waitFor({ state: 'detached' })
  })

  await suite.test('tags of all types are not told as those of the type that is chosen', async (t) => {
    const home = await startHome(t, 3)
    const page = await openPage(t, 'about:blank')
    await refuse(page, /facets\?.*agent_type/, 'storage-unavailable', 'The database does not answer.')
    await page.goto(`${home.url}/?type=a2a`)
    const filters = filtersOf(page)
    await waitUntil('the count of the type', async () => /^3$/m.test(await filters.innerText()))
    assert.equal(await filters.getByRole('button', { name: /^rare/ }).count(), 0)
  })

  await suite.test('a search that fails leaves nothing open to narrow it down with', async (t) => {
    const home = await startHome(t, 1)
    const page = await openPage(t, `${home.url}/?registry=Nobody`)
    await page.getByText('No active peer has this id or name: "Nobody".').waitFor()
    await filtersOf(page).waitFor({ state: 'detached' })
  })

  await suite.test('a key in the search is told as such, also without JavaScript', async (t) => {
    const home = await startHome(t, 1)
    const key = mintToken('ava')
    const told = 'It holds what looks like a key, a token or an invite.'
    const page = await openPage(t, home.url)
    await page.getByRole('searchbox').fill(key)
    await page.getByRole('alert').getByText(told).waitFor()
    const plain = await openPage(t, `${home.url}/plain?search=${key}`, { javaScriptEnabled: false })
    await plain.getByText(told).waitFor()
  })

  await suite.test('other registries that cannot be asked are not said to have nothing', async (t) => {
    const home = await startHome(t)
    const { did } = await register(home, { name: 'Tide Tables' })
    const page = await openPage(t, 'about:blank')
    await refuse(page, /discovery\/agents\?/, 'storage-unavailable', 'The database does not answer.')
    await page.goto(agentAddress(home, did))
    const told = page.getByText('Other registries could not be asked: The database does not answer.')
    await told.waitFor()
    assert.equal(await page.getByText('No other registry').count(), 0)
  })
})

test('an agent’s card is asked for once, for all that shows it', { skip }, async (t) => {
  const home = await startHome(t)
  for (const [card, shown] of [
    [CARD, 'protocolVersion'],
    [SERVER_CARD, 'registryType'],
  ] as const) {
    const { did } = await home.succeed<{ did: string }>('POST', '/agents?visibility=public', { body: card })
    const page = await openPage(t, 'about:blank')
    const asked: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/card')) asked.push(request.url())
    })
    await page.goto(agentAddress(home, did))
    await page.getByRole('tabpanel').getByText(shown).first().waitFor()
    if (card === SERVER_CARD) await page.getByText('@tides/tables').first().waitFor()
    await page.waitForLoadState('networkidle')
    assert.equal(asked.length, 1, asked.join('\n'))
  }
})

test('the way back', { skip }, async (suite) => {
  await suite.test('leads to the search, also after one has come back to where one began', async (t) => {
    const home = await startHome(t)
    const { did } = await register(home, { name: 'Tide Tables' })
    const page = await openPage(t, agentAddress(home, did))
    const heading = page.getByRole('heading', { name: 'Tide Tables' })
    await heading.waitFor()
    await page.getByRole('link', { name: 'Search', exact: true }).click()
    await page.getByRole('searchbox').waitFor()
    await page.goBack()
    await heading.waitFor()
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('searchbox').waitFor()
    assert.equal(page.url(), `${home.url}/`)
    await page.goBack()
    await heading.waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('searchbox').waitFor()
    assert.equal(page.url(), `${home.url}/`)
  })

  await suite.test('leads to the search that one came from, also after loading anew', async (t) => {
    const home = await startHome(t)
    await register(home, { name: 'Tide Tables' })
    const page = await openPage(t, `${home.url}/?search=tide`)
    await page.getByRole('link', { name: 'Tide Tables' }).click()
    const heading = page.getByRole('heading', { name: 'Tide Tables' })
    await heading.waitFor()
    await page.reload()
    await heading.waitFor()
    await page.getByRole('button', { name: 'Back' }).click()
    await page.getByRole('searchbox').waitFor()
    assert.equal(page.url(), `${home.url}/?search=tide`)
  })
})
