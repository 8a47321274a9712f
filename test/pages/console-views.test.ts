/** What holds on every view of records, credentials, logs and settings: access, width, states, and foreign text. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WireAgent } from '../../src/wire/agent.ts'
import { assertAccessible, hasBrowser, openConsole, startWithPages } from '../support/browser.ts'
import { befriend, type RunningRegistry } from '../support/registry.ts'
import { assertNoSidewaysScroll } from './console-steps.ts'

const VIEWS = [
  ...[
    'agents',
    'agents/add',
    'agents/add?by=address',
    'agents/add?by=command',
    'agents/import',
    'agents/withheld',
  ],
  ...[
    'reports',
    'blocks',
    'tokens',
    'keys',
    'query-log',
    'audit',
    'audit/report',
    'settings',
    'account',
    'welcome',
  ],
]

/** HTML, Markdown, right-to-left words, words without end, letters that look like others. */
const HOSTILE = '<img src=x onerror="alert(1)">[click](javascript:alert(1)) שלום مرحبا pаypal '
const HOSTILE_NAME = `${HOSTILE}${'W'.repeat(100)}`.slice(0, 200)
const HOSTILE_TEXT = `${HOSTILE.repeat(10)}${'wide'.repeat(700)}`.slice(0, 3_900)

/** Where that is shown, each by itself. */
const HOSTILE_VIEWS = [
  ...['agents', 'agents/withheld', 'agents/:id', 'reports', 'blocks'],
  ...['keys', 'tokens', 'audit', 'query-log', 'settings'],
]

/** Something in every view, and hostile wherever others may write. */
async function fill(registry: RunningRegistry): Promise<WireAgent> {
  const agent = await registry.succeed<WireAgent>('POST', '/agents', {
    body: {
      ...{ name: HOSTILE_NAME, description: HOSTILE_TEXT, agent_type: 'a2a', visibility: 'public' },
      ...{ status_message: HOSTILE_TEXT.slice(0, 190), tags: ['x'.repeat(60), '<b>bold</b>'] },
      skills: [{ id: 's', name: HOSTILE_NAME, description: HOSTILE_TEXT.slice(0, 900), tags: [] }],
      endpoints: [{ url: `https://agents.example/${'long'.repeat(100)}`, protocol: 'a2a' }],
      provider: { organization: HOSTILE_NAME, url: 'https://acme.example/<script>' },
    },
  })
  const taken = await registry.succeed<WireAgent>('POST', '/agents', {
    body: { name: `${HOSTILE_NAME.slice(0, 190)} 2`, agent_type: 'a2a' },
  })
  await registry.succeed('POST', `/agents/${taken.id}/take-down`, {
    body: { reason: HOSTILE_TEXT.slice(0, 480) },
  })
  const report = {
    category: 'other',
    detail: HOSTILE_TEXT.slice(0, 1_900),
    contact: HOSTILE_NAME.slice(0, 190),
  }
  await registry.succeed('POST', `/agents/${agent.id}/report`, { body: report })
  const block = { did: `did:web:spam.example:${'a'.repeat(300)}`, reason: HOSTILE_TEXT.slice(0, 480) }
  await registry.succeed('POST', '/blocks', { body: block })
  await registry.succeed('POST', '/keys', { body: { name: HOSTILE_NAME, role: 'viewer' } })
  return agent
}

const WHAT = 'every view of records, credentials, logs and settings'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  const registry = await startWithPages(t)
  const partner = await startWithPages(t, { name: HOSTILE_NAME.slice(0, 80) })
  await befriend(registry, partner)
  await partner.succeed('GET', '/discovery/agents?search=click&include_federated=true')
  await registry.succeed('GET', '/discovery/agents?search=click&include_federated=true')
  const { id } = await fill(registry)
  const views = [...VIEWS, `agents/${id}`]

  for (const theme of ['light', 'dark'] as const) {
    await t.test(`has nothing that axe complains of, in the ${theme} theme`, async (t) => {
      const page = await openConsole(t, registry, { theme })
      for (const view of views) {
        await page.goto(`${registry.url}/console/${view}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page.locator('.skeleton').first().waitFor({ state: 'detached' })
        await assertAccessible(page)
      }
    })
  }

  await t.test('fits a window of 360 px, with the longest words that others may write', async (t) => {
    const page = await openConsole(t, registry, { width: 360 })
    for (const view of views) {
      await page.goto(`${registry.url}/console/${view}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.locator('.skeleton').first().waitFor({ state: 'detached' })
      await assertNoSidewaysScroll(page)
    }
  })

  await t.test('shows foreign text as text: no element and no link comes of it', async (t) => {
    const page = await openConsole(t, registry)
    for (const view of HOSTILE_VIEWS.map((one) => one.replace(':id', id))) {
      await page.goto(`${registry.url}/console/${view}`)
      await page.locator('main').getByText('<img src=x').filter({ visible: true }).first().waitFor()
      await page.locator('.skeleton').first().waitFor({ state: 'detached' })
      assert.equal(
        await page.locator('main img, main b, main script, a[href^="javascript:"]').count(),
        0,
        view,
      )
    }
  })

  await t.test('tells that nothing is there, and what would be', async (t) => {
    const empty = await startWithPages(t)
    const page = await openConsole(t, empty)
    for (const [view, title] of [
      ['agents', 'No agents yet'],
      ['agents/withheld', 'Nothing is withheld'],
      ['reports', 'No open reports'],
      ['blocks', 'Nothing is blocked'],
      ['tokens', 'No tokens yet'],
      ['query-log', 'No questions yet'],
      ['settings', 'No peers, no caches'],
    ] as const) {
      await page.goto(`${empty.url}/console/${view}`)
      await page.getByRole('heading', { name: title }).waitFor()
    }
  })

  await t.test(
    'tells that the registry does not answer, keeps what was there marked as old, and loads again',
    async (t) => {
      const page = await openConsole(t, registry, { at: 'reports' })
      await page.getByRole('table').waitFor()
      await page.context().setOffline(true)
      // As when one comes back to the page.
      await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))')
      await page.getByRole('status').getByText('As of').waitFor()
      assert.equal(await page.getByRole('table').count(), 1)
      await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Blocks' }).click()
      await page.getByRole('alert').getByText('The registry does not answer.').first().waitFor()
      await page.context().setOffline(false)
      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).first().click()
      await page.getByRole('table').waitFor()
    },
  )
})
