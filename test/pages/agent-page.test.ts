/** The page of an agent, in a real browser: its record, where it comes from, its other records, how to use it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { hasBrowser, openPage, startWithPages } from '../support/browser.ts'
import { PATIENT_CLOCK } from '../support/clocks.ts'
import { enrol, type RunningRegistry, type Settings } from '../support/registry.ts'
import { namesOf, register, startProcess, waitForNews } from './search-steps.ts'

const skip = hasBrowser('the page of an agent') ? false : 'there is no Chromium'

const ENDPOINTS = [{ url: 'https://tides.example/mcp', protocol: 'mcp', binding: 'streamable-http' }]
const TIDES = { agent_type: 'mcp-server', endpoints: ENDPOINTS, auth_schemes: ['bearer'] }

type Two = { readonly home: RunningRegistry; readonly peer: RunningRegistry }

/** Home and a peer, who both have an agent at one address, and describe it in their own words. */
async function startTwo(t: TestContext, env: Settings = {}): Promise<Two> {
  const home = await startWithPages(t, { name: 'Home Registry', env, overrides: { clock: PATIENT_CLOCK } })
  const peer = await startProcess(t, 'Harbor Commons')
  await register(home, { ...TIDES, name: 'Tide Tables', description: 'High water, at home.' })
  await register(peer, { ...TIDES, name: 'Tide Tables', description: 'High water, at the harbor.' })
  await enrol(home, peer)
  return { home, peer }
}

const agentPage = (registry: RunningRegistry, did: string): string =>
  `${registry.url}/agent?did=${encodeURIComponent(did)}`

function section(page: Page, title: string) {
  return page.locator('.section').filter({ has: page.getByRole('heading', { name: title }) })
}

test('a result leads to its page, with its records in other registries and in what they differ', {
  skip,
}, async (t) => {
  const { home } = await startTwo(t)
  const page = await openPage(t, `${home.url}/?search=tide`)
  await waitForNews(page, page.getByText('also in Harbor Commons'))
  assert.deepEqual(await namesOf(page), ['Tide Tables'])
  await page.getByRole('link', { name: 'Tide Tables' }).click()
  const others = section(page, 'In other registries')
  const row = others.getByRole('row').filter({ hasText: 'description' })
  await row.waitFor()
  assert.match(await row.innerText(), /at home\.[\s\S]*at the harbor\./)
  assert.equal(await others.getByRole('row').count(), 2, 'one head, and one row: all else is the same')
  await others.getByRole('link', { name: 'Harbor Commons' }).click()
  await section(page, 'Where this comes from').getByText('this registry, asked it').waitFor()
  await page.getByText('High water, at the harbor.').first().waitFor()
})

test('a page that is opened by its address finds the other records by itself', { skip }, async (t) => {
  const { home } = await startTwo(t)
  const { agents } = await home.succeed<{ agents: { did: string }[] }>('GET', '/agents')
  const page = await openPage(t, agentPage(home, agents[0]?.did ?? ''))
  await section(page, 'In other registries').getByRole('link', { name: 'Harbor Commons' }).waitFor()
  await page.getByRole('button', { name: 'Back' }).click()
  await page.getByRole('searchbox').waitFor()
  assert.equal(new URL(page.url()).pathname, '/')
})

test('how to use it is what the record says, to be copied', { skip }, async (t) => {
  const { home } = await startTwo(t)
  const { agents } = await home.succeed<{ agents: { did: string }[] }>('GET', '/agents')
  const page = await openPage(t, agentPage(home, agents[0]?.did ?? ''), {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await page.getByRole('button', { name: /^Copy Configuration of an MCP client/ }).click()
  await page.getByText('Copied').waitFor()
  const copied = await page.evaluate<string>('navigator.clipboard.readText()')
  assert.deepEqual(JSON.parse(copied), {
    mcpServers: { 'tide-tables': { type: 'http', url: 'https://tides.example/mcp' } },
  })
  await page.getByText('The record asks for authentication: bearer.').waitFor()
})

test('what is deprecated says so, and leads to its successor', { skip }, async (t) => {
  const home = await startWithPages(t, { name: 'Home Registry' })
  const next = await register(home, { name: 'New Tides' })
  const old = await register(home, {
    ...{ name: 'Old Tides', status: 'deprecated', status_message: 'It stops in May.' },
    successor_did: next.did,
  })
  const page = await openPage(t, agentPage(home, old.did))
  await page.getByText('This agent is deprecated.').waitFor()
  await page.getByText('It stops in May.').waitFor()
  await page.getByRole('link', { name: next.did }).click()
  await page.getByRole('heading', { name: 'New Tides' }).waitFor()
})

test('a record whose registry has gone is shown as it was last seen, and marked', { skip }, async (t) => {
  const { home, peer } = await startTwo(t, { FEDERATION_CACHE_TTL: '1' })
  const { agents } = await peer.succeed<{ agents: { did: string }[] }>('GET', '/agents')
  const page = await openPage(t, agentPage(home, agents[0]?.did ?? ''))
  const way = section(page, 'Where this comes from')
  await way.getByText('fresh').waitFor()
  await peer.stop()
  await page.waitForTimeout(1_200)
  await page.reload()
  await page.getByText('Its registry did not answer just now').waitFor()
  await way.getByText('older copy').waitFor()
})

test('where peers need a key, our own records are shown, and what to do for more', { skip }, async (t) => {
  const home = await startWithPages(t, {
    name: 'Home Registry',
    env: { REGISTRY_ANONYMOUS_FEDERATED: 'false' },
  })
  const peer = await startProcess(t, 'Harbor Commons')
  await register(home, { name: 'Tide Tables' })
  await enrol(home, peer)
  const page = await openPage(t, home.url)
  await page.getByRole('link', { name: 'Tide Tables' }).waitFor()
  await page.getByText('Peers are searched here for those who have a key.').waitFor()
})
