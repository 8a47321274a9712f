/** The search as people use it, in a real browser over registries that answer, hang and die. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { hasBrowser, openPage, startWithPages } from '../support/browser.ts'
import { enrol, type RunningRegistry } from '../support/registry.ts'
import { waitUntil } from './console-steps.ts'
import {
  addHungPeer,
  namesOf,
  type ProcessRegistry,
  register,
  startProcess,
  type,
  waitUntilShown,
} from './search-steps.ts'

const SILENT = 'Sleepy Hollow'
const WAITED_FOR_MS = 30_000
/** Around the pause after which a search begins, with time for the page to see the key. */
const SHORTER_THAN_A_PAUSE_MS = 80
const A_PAUSE_MS = 200

const HOME_AGENTS = ['Weather Desk', 'Weather Archive', 'Letter Translator']

/** Home, with agents of its own and a peer that never answers. */
async function startHome(t: TestContext): Promise<RunningRegistry> {
  const home = await startWithPages(t, {
    name: 'Home Registry',
    env: { FEDERATION_QUERY_TIMEOUT: String(WAITED_FOR_MS) },
  })
  for (const name of HOME_AGENTS)
    await register(home, { name, tags: ['demo'], description: `${name}, at home.` })
  return home
}

/** A peer with better answers to "storm" than home has. */
async function startPeer(t: TestContext, home: RunningRegistry): Promise<ProcessRegistry> {
  const peer = await startProcess(t, 'Harbor Commons')
  for (const name of ['Storm', 'Storm Storm']) await register(peer, { name, tags: ['storm'] })
  const { peerId } = await enrol(home, peer)
  // As long as a slow machine may need to open a page and move a pointer.
  await home.succeed('PUT', `/federation/peers/${peerId}`, { body: { timeout_ms: WAITED_FOR_MS } })
  return peer
}

/** The line of a registry, in the column of registries. */
function lineOf(page: Page, name: string) {
  return page.locator('.registry').filter({ hasText: name })
}

const skip = hasBrowser('the search page') ? false : 'there is no Chromium'

test('the search page', { skip }, async (suite) => {
  await suite.test('shows results as one types, whoever hangs', async (t) => {
    const home = await startHome(t)
    await addHungPeer(t, home, SILENT)
    const page = await openPage(t, home.url)
    await page.locator('.result').first().waitFor()
    for (const word of ['weather', 'letter', 'archive']) {
      await page.getByRole('searchbox').fill('')
      await type(page, word)
      await waitUntil(word, async () => {
        const names = await namesOf(page)
        return names.length > 0 && names.every((name) => name.toLowerCase().includes(word))
      })
      assert.doesNotMatch(await lineOf(page, SILENT).innerText(), /answered/)
    }
  })

  await suite.test('asks once a pause, however many keys come before it', async (t) => {
    const home = await startHome(t)
    const page = await openPage(t, home.url)
    await page.locator('.result').first().waitFor()
    // The page's time stands still but where it is told to go on: a slow machine is no pause of who types.
    await page.clock.install()
    await page.clock.pauseAt(Date.now() + 60_000)
    const asked: (string | null)[] = []
    page.on('request', (request) => {
      const { pathname, searchParams } = new URL(request.url())
      if (pathname.endsWith('discovery/agents')) asked.push(searchParams.get('search'))
    })
    for (const letter of 'letter') {
      await page.getByRole('searchbox').press(letter)
      await page.clock.runFor(SHORTER_THAN_A_PAUSE_MS)
    }
    assert.deepEqual(asked, [])
    await page.clock.runFor(A_PAUSE_MS)
    await waitUntil('a request', async () => asked.length > 0)
    await page.clock.resume()
    await waitUntilShown(page, 1)
    assert.deepEqual(asked, ['letter'])
  })

  await suite.test('says who did not answer and why, with numbers that add up', async (t) => {
    const home = await startHome(t)
    await startPeer(t, home)
    await addHungPeer(t, home, SILENT)
    const page = await openPage(t, `${home.url}/?search=storm`)
    await page.getByText('Of 2 peers, 1 answered, 1 failed.').waitFor()
    assert.match(await lineOf(page, SILENT).innerText(), /no answer in time[\s\S]*did not answer within/)
    assert.match(await lineOf(page, 'Harbor Commons').innerText(), /2\n?[\s\S]*answered/)
    assert.match(
      await page.locator('.registries-total').innerText(),
      /may be missing: \u2068Sleepy Hollow\u2069\./,
    )
    const fact = page.locator('.result').filter({ hasText: 'Storm Storm' }).locator('.result-facts')
    assert.match(await fact.innerText(), /Harbor Commons[\s\S]*fresh[\s\S]*unverified/)
  })

  await suite.test('tells of a peer that dies while the search runs', async (t) => {
    const home = await startHome(t)
    const peer = await startPeer(t, home)
    peer.signal('SIGSTOP')
    const page = await openPage(t, `${home.url}/?search=weather`)
    await page.locator('.result').first().waitFor()
    await lineOf(page, 'Harbor Commons').getByText('waiting').waitFor()
    peer.signal('SIGKILL')
    await lineOf(page, 'Harbor Commons').getByText('not reachable').waitFor()
    await page.getByText('Of 1 peer, 0 answered, 1 failed.').waitFor()
    assert.equal((await namesOf(page)).length, 2)
  })

  await suite.test(
    'moves nothing under a pointer: better results wait until they are asked for',
    async (t) => {
      const home = await startHome(t)
      const peer = await startPeer(t, home)
      await register(home, { name: 'Harbour log', description: 'Notes on a storm.' })
      peer.signal('SIGSTOP')
      const page = await openPage(t, `${home.url}/?search=storm`)
      const first = page.locator('.result-name').first()
      await first.waitFor()
      const before = [await namesOf(page), await first.boundingBox()] as const
      const { x = 0, y = 0 } = before[1] ?? {}
      await page.mouse.move(x + 4, y + 4)
      await page.mouse.move(x + 12, y + 6)
      peer.signal('SIGCONT')
      await lineOf(page, 'Harbor Commons').getByText('answered').waitFor()
      const show = page.getByRole('button', { name: '2 better results: show' })
      await show.waitFor()
      assert.deepEqual([await namesOf(page), await first.boundingBox()], before)
      await show.click()
      assert.deepEqual((await namesOf(page)).sort(), ['Harbour log', 'Storm', 'Storm Storm'])
      assert.equal((await namesOf(page)).at(-1), 'Harbour log')
      assert.equal(await show.count(), 0)
    },
  )

  await suite.test('holds the search in the address, and goes back', async (t) => {
    const home = await startHome(t)
    const page = await openPage(t, home.url)
    await type(page, 'weather')
    await waitUntil('two results', async () => (await namesOf(page)).length === 2)
    assert.equal(new URL(page.url()).search, '?search=weather')
    await page.keyboard.press('Enter')
    await page.getByRole('searchbox').fill('letter')
    await waitUntil('one result', async () => (await namesOf(page)).length === 1)
    await page.reload()
    await waitUntil('one result after loading anew', async () => (await namesOf(page)).length === 1)
    assert.equal(await page.getByRole('searchbox').inputValue(), 'letter')
    await page.goBack()
    await waitUntil('two results again', async () => (await namesOf(page)).length === 2)
    assert.equal(await page.getByRole('searchbox').inputValue(), 'weather')
  })

  await suite.test('is used by keyboard alone', async (t) => {
    const home = await startHome(t)
    const page = await openPage(t, home.url)
    await page.locator('.result').first().waitFor()
    const focused = () => page.evaluate<string>('document.activeElement?.textContent')
    await page.keyboard.press('Tab')
    await page.locator('body').press('/')
    await page.keyboard.type('weather', { delay: 30 })
    await waitUntil('two results', async () => (await namesOf(page)).length === 2)
    const [one, two] = await namesOf(page)
    await page.keyboard.press('ArrowDown')
    assert.equal(await focused(), one)
    await page.keyboard.press('j')
    assert.equal(await focused(), two)
    await page.keyboard.press('k')
    assert.equal(await focused(), one)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: one ?? '' }).waitFor()
    await page.keyboard.press('Escape')
    await waitUntil('the focus is back on the result', async () => (await focused()) === one)
    await page.keyboard.press('Escape')
    assert.equal(await page.evaluate<string>('document.activeElement?.id'), 'search')
  })

  await suite.test('narrows by tag, type and registry, and says how many each would leave', async (t) => {
    const home = await startHome(t)
    await startPeer(t, home)
    const page = await openPage(t, home.url)
    await waitUntilShown(page, 5)
    const tag = page.getByRole('button', { name: /^storm\b/ })
    assert.match(await tag.innerText(), /2/)
    await tag.click()
    await waitUntil('those with the tag', async () => (await namesOf(page)).length === 2)
    assert.equal(new URL(page.url()).search, '?tag=storm')
    await page.goBack()
    await lineOf(page, 'Home Registry').getByRole('checkbox').check()
    await waitUntil('our own only', async () => (await namesOf(page)).length === 3)
    assert.equal(await page.getByText('This registry has no peers').count(), 0)
  })

  await suite.test('gives further pages without repeating anything', async (t) => {
    const home = await startHome(t)
    const peer = await startPeer(t, home)
    const importInto = async (registry: RunningRegistry, what: string, count: number): Promise<void> => {
      const lines = Array.from({ length: count }, (_, n) =>
        JSON.stringify({ name: `${what} ${n}`, agent_type: 'a2a', visibility: 'public' }),
      )
      await registry.succeed('POST', '/agents/import', {
        body: lines.join('\n'),
        headers: { 'content-type': 'application/x-ndjson' },
      })
    }
    await importInto(peer, 'Older', 45)
    // The newest come first: a page of our own, so that nothing of the peer belongs before it, however late it comes.
    await importInto(home, 'Newer', 20)
    const page = await openPage(t, home.url)
    const more = page.getByRole('button', { name: 'More results' })
    for (const count of [40, 60, 70]) {
      await more.click()
      await waitUntil(`${count} results`, async () => (await namesOf(page)).length === count)
    }
    await page.getByText('Those are all 70 results of who answered.').waitFor()
    assert.equal(new Set(await namesOf(page)).size, 70)
  })

  await suite.test(
    'leads on from an address that names a registry which is no peer, or a wrong page',
    async (t) => {
      const home = await startHome(t)
      await startPeer(t, home)
      const page = await openPage(t, `${home.url}/?search=storm&registry=Nobody`)
      await page.getByText('No active peer has this id or name: "Nobody".').waitFor()
      await page.getByRole('button', { name: 'Search without type, tags and registries' }).click()
      await waitUntil('the results', async () => (await namesOf(page)).length === 2)
      await page.goto(`${home.url}/plain?search=storm&cursor=rubbish`)
      await page.getByRole('link', { name: 'Begin this search again' }).click()
      await waitUntil('the results', async () => (await namesOf(page)).length === 2)
    },
  )

  await suite.test('works without JavaScript', async (t) => {
    const home = await startHome(t)
    await startPeer(t, home)
    const page = await openPage(t, home.url, { javaScriptEnabled: false })
    await page.waitForURL(/\/plain$/)
    await page.getByRole('searchbox').fill('storm')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.waitForURL(/search=storm/)
    assert.deepEqual((await namesOf(page)).sort(), ['Storm', 'Storm Storm'])
    await page.getByText('Of 1 peer, 1 answered.').waitFor()
    await page.getByRole('checkbox', { name: 'Home Registry' }).check()
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByText('No agent matches.').waitFor()
    // The question goes along to the page with script, and without it comes back from there.
    const question = 'search=storm&type=a2a&tag=sea+side&tag=b&registry=Home+Registry&registry=Harbor'
    await page.goto(`${home.url}/plain?${question}`)
    const withScript = page.getByRole('link', { name: 'With script' })
    assert.equal(await withScript.getAttribute('href'), `./?${question}`)
    await withScript.click()
    await page.waitForURL(`${home.url}/plain?${question}`)
    assert.equal(await page.getByRole('searchbox').inputValue(), 'storm')
  })

  await suite.test('shows something to wait with on a slow network, and then results', async (t) => {
    const home = await startHome(t)
    const page = await openPage(t, home.url)
    await page.locator('.result').first().waitFor()
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: 600, downloadThroughput: 20_000, uploadThroughput: 20_000 },
    })
    await page.goto(`${home.url}/?search=letter`, { waitUntil: 'commit' })
    await page.locator('.skeleton').waitFor({ timeout: 20_000 })
    await page.getByRole('link', { name: 'Letter Translator' }).waitFor()
    // A search that is no longer wanted is called off. Nobody answers this one, so it is under way until then.
    const { promise: asked, resolve: hold } = Promise.withResolvers<Route>()
    const isUnwanted = ({ pathname, searchParams }: URL) =>
      pathname.endsWith('/discovery/agents') && searchParams.get('search') === 'letters'
    await page.route(isUnwanted, hold)
    await type(page, 's')
    const unwanted = (await asked).request()
    const calledOff = page.waitForEvent('requestfailed', (request) => request === unwanted)
    await page.getByRole('searchbox').fill('weather')
    await calledOff
    await waitUntil('two results', async () => (await namesOf(page)).length === 2)
  })
})
