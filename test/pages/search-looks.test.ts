/** What holds on the pages for everybody, however they are looked at: access, width, themes, foreign text. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { assertAccessible, hasBrowser, openPage, startWithPages } from '../support/browser.ts'
import { enrol, type RunningRegistry } from '../support/registry.ts'
import { assertNoSidewaysScroll } from './console-steps.ts'
import { addHungPeer, type Registered, register, startProcess, untilAnswered } from './search-steps.ts'

/** HTML, Markdown, right-to-left words, words without end, letters that look like others. */
const MARKUP = '<img src=x onerror="alert(1)"><b>bold</b> [click](javascript:alert(1)) **loud**'
const HOSTILE_NAME = `${MARKUP} שלום مرحبا pаypal ${'W'.repeat(200)}`.slice(0, 200)
const HOSTILE_TEXT = `${MARKUP} שלום مرحبا ${'x'.repeat(10_000)}`.slice(0, 4_000)
const MIXED_NAME = 'Pаypal Payments hostile' // its second letter is Cyrillic

type World = { readonly home: RunningRegistry; readonly agents: readonly Registered[] }

/** Home, a peer with hostile records, and one that never answers. */
async function startWorld(t: TestContext): Promise<World> {
  const home = await startWithPages(t, { name: 'Home Registry' })
  const peer = await startProcess(t, 'Harbor <b>Commons</b>')
  const hostile = {
    ...{ name: HOSTILE_NAME, description: HOSTILE_TEXT, status: 'deprecated' },
    ...{ status_message: HOSTILE_TEXT.slice(0, 190), tags: ['hostile', '<b>bold</b>', 'x'.repeat(60)] },
    skills: [{ id: 's', name: HOSTILE_NAME, description: HOSTILE_TEXT.slice(0, 900), tags: [] }],
    endpoints: [{ url: `https://agents.example/${'long'.repeat(100)}`, protocol: 'mcp', binding: 'sse' }],
    provider: { organization: HOSTILE_NAME, url: 'https://acme.example/<script>' },
  }
  const agents = [await register(peer, hostile), await register(peer, { name: MIXED_NAME })]
  const card = {
    ...{ name: 'Carded hostile', description: HOSTILE_TEXT, url: 'https://agents.example/a2a', version: '1' },
    ...{
      protocolVersion: '0.3.0',
      capabilities: {},
      defaultInputModes: ['text'],
      defaultOutputModes: ['text'],
    },
    skills: [{ id: 's', name: MARKUP, description: HOSTILE_TEXT, tags: ['a'] }],
    documentation: 'x'.repeat(10_000),
    notes: `safe\u202egnp.exe ${MARKUP}`,
  }
  agents.push(await register(home, { card }))
  await enrol(home, peer)
  await addHungPeer(t, home, 'Sleepy Hollow')
  for (const search of ['hostile', 'payments']) await untilAnswered(home, search, { peers: 1, key: null })
  return { home, agents }
}

const LOOKS = [
  { name: 'wide and light', options: { theme: 'light' } },
  { name: 'wide and dark', options: { theme: 'dark' } },
  { name: '360 px, light', options: { theme: 'light', width: 360, height: 740 } },
  { name: '360 px, dark', options: { theme: 'dark', width: 360, height: 740 } },
  // What a window of 1280 px is to the page at a zoom of 200 %.
  { name: '200 % zoom', options: { width: 640, height: 450, deviceScaleFactor: 2 } },
] as const

/** Foreign text is there as text: nothing of it became an element, and nothing of it was run. */
async function assertInert(page: Page): Promise<void> {
  assert.equal(await page.locator('main b, main img, main script, main strong, main em').count(), 0)
  const hrefs = await page
    .locator('a')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''))
  for (const href of hrefs) assert.doesNotMatch(href, /^\s*javascript:/i)
}

async function assertSound(page: Page): Promise<void> {
  await assertInert(page)
  await assertNoSidewaysScroll(page)
  await assertAccessible(page)
}

const skip = hasBrowser('the pages for everybody') ? false : 'there is no Chromium'

test('the pages for everybody', { skip }, async (suite) => {
  const { home, agents } = await startWorld(suite)

  for (const { name, options } of LOOKS) {
    await suite.test(`search, ${name}: sound with hostile results and a peer that is silent`, async (t) => {
      const page = await openPage(t, `${home.url}/?search=hostile`, options)
      await page.getByText('[click](javascript:alert(1))').first().waitFor()
      for (const summary of await page.locator('details.aside > summary').all()) await summary.click()
      await page.getByText(/1 failed|1 was not asked/).waitFor()
      await page.getByRole('button', { name: /^hostile\b/ }).waitFor()
      await assertSound(page)
    })

    await suite.test(`agents, ${name}: sound with hostile records`, async (t) => {
      for (const { did } of agents) {
        const page = await openPage(t, `${home.url}/agent?did=${encodeURIComponent(did)}`, options)
        await page.getByRole('heading', { name: 'How to use it' }).waitFor()
        await page.getByText('No other registry').waitFor()
        await assertSound(page)
      }
    })

    await suite.test(`without JavaScript, ${name}: sound with hostile results`, async (t) => {
      const page = await openPage(t, `${home.url}/plain?search=hostile`, options)
      await page.getByText('[click](javascript:alert(1))').first().waitFor()
      await assertSound(page)
    })
  }

  await suite.test('says of names that may imitate others what the API says of them', async (t) => {
    const caution = 'A word of its name has letters of several scripts: it may imitate another.'
    for (const address of ['?search=payments', 'plain?search=payments']) {
      const page = await openPage(t, `${home.url}/${address}`)
      await page.locator('.result').filter({ hasText: 'Payments' }).getByText(caution).waitFor()
    }
    const page = await openPage(t, `${home.url}/agent?did=${encodeURIComponent(agents[1]?.did ?? '')}`)
    await page.locator('.agent-head').getByText(caution).waitFor()
  })

  await suite.test('shows a card as a list and as it was published', async (t) => {
    const page = await openPage(t, `${home.url}/agent?did=${encodeURIComponent(agents[2]?.did ?? '')}`)
    await page.getByRole('tabpanel').getByText('protocolVersion').waitFor()
    await page.getByRole('tab', { name: 'Read' }).press('ArrowRight')
    await page.getByRole('tabpanel').getByText('"protocolVersion"').waitFor()
    await assertSound(page)
  })

  await suite.test('has a page for nothing found, and for an agent that nobody has', async (t) => {
    const none = await openPage(t, `${home.url}/?search=zzzz`)
    await none.getByText('No agent matches.').waitFor()
    await assertSound(none)
    const missing = await openPage(t, `${home.url}/agent?did=did:web:localhost:agents:none`)
    await missing.getByRole('alert').waitFor()
    await assertSound(missing)
  })

  await suite.test('keeps the theme that was chosen, whatever the system says', async (t) => {
    const page = await openPage(t, home.url, { theme: 'light' })
    const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor')
    const light = await ground()
    await page.getByRole('button', { name: 'Theme: system' }).click()
    await page.getByRole('button', { name: 'Theme: light' }).click()
    assert.notEqual(await ground(), light)
    await page.reload()
    await page.getByRole('button', { name: 'Theme: dark' }).waitFor()
    assert.notEqual(await ground(), light)
    await assertAccessible(page)
  })
})
