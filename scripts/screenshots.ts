/**
 * Takes the main views of the search page and the console, in both themes, into docs/screenshots/. Three registries are
 * started as the demo does it, with its catalogues; one has reports, keys and a month's questions beside, and a fourth
 * registry as a peer that is down: the pictures are to show how that looks, too.
 * README.md shows two of the pictures, which are kept; the others are for whoever changes the pages to look at.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import harborCatalogue from '../src/demo/catalogues/harbor.json' with { type: 'json' }
import lumenCatalogue from '../src/demo/catalogues/lumen.json' with { type: 'json' }
import meridianCatalogue from '../src/demo/catalogues/meridian.json' with { type: 'json' }
import { befriend } from '../src/demo/enrol.ts'
import { RegistryProcess } from '../src/demo/registry-process.ts'
import { buildPages } from './pages.ts'

const FOLDER = 'docs/screenshots'
const THEMES = ['light', 'dark'] as const
const SIZE = { width: 1280, height: 800 }
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

const REGISTRIES = [
  { name: 'Meridian Registry', slug: 'meridian', catalogue: meridianCatalogue },
  { name: 'Harbor Commons', slug: 'harbor', catalogue: harborCatalogue },
  { name: 'Lumen Directory', slug: 'lumen', catalogue: lumenCatalogue },
] as const

/** It is enrolled and then stopped. */
const DOWN = { name: 'Northern Index', slug: 'northern', catalogue: lumenCatalogue }

/** So many views so fast are more than one person asks for. */
const IMPATIENT = { REGISTRY_RATE_KEY: '100000', REGISTRY_RATE_ANONYMOUS: '100000' }

/** By file: where the view is, below the registry's address. */
const SEARCH_VIEWS: Readonly<Record<string, string>> = {
  'search-empty': '',
  search: '?search=search+the+web',
}

const CONSOLE_VIEWS: Readonly<Record<string, string>> = {
  federation: 'console',
  'agents-add-by-address': 'console/agents/add?by=address',
  ...Object.fromEntries(
    [
      ...['peers', 'invites', 'agents', 'agents/add', 'agents/import', 'reports', 'blocks', 'tokens', 'keys'],
      ...['query-log', 'audit', 'audit/report', 'settings', 'account', 'welcome'],
    ].map((view) => [view.replaceAll('/', '-'), `console/${view}`]),
  ),
}

const SEARCHES = [
  'search the web',
  'translate documents',
  'weather',
  'read a database',
  'summarize',
  'calendar',
  'maps',
]

const folder = await mkdtemp(join(tmpdir(), 'agentvault-screenshots-'))
const running: RegistryProcess[] = []
try {
  await buildPages('dist/web')
  await mkdir(FOLDER, { recursive: true })
  const first = await startAll()
  await takeAll(first)
} finally {
  await Promise.all(running.map((registry) => registry.stop()))
  await rm(folder, { recursive: true, force: true })
}

async function startAll(): Promise<RegistryProcess> {
  const started: RegistryProcess[] = []
  for (const { name, slug, catalogue } of [...REGISTRIES, DOWN]) {
    const registry = await RegistryProcess.start({ name, slug, env: IMPATIENT }, folder)
    running.push(registry)
    started.push(registry)
    const lines = catalogue.map((agent) => JSON.stringify(agent)).join('\n')
    await registry.call('POST', '/agents/import', lines, 'application/x-ndjson')
  }
  const [meridian, harbor, lumen, northern] = started
  if (meridian === undefined || harbor === undefined || lumen === undefined || northern === undefined)
    throw new Error('too few registries')
  await befriend(meridian, harbor)
  await befriend(meridian, lumen)
  await befriend(harbor, lumen)
  await live(meridian, [harbor, lumen])
  // Last, so that the searches in the pictures are among the first to find it down, and still ask it.
  await befriend(meridian, northern)
  await northern.stop()
  return meridian
}

/** What happens in a registry that is used: questions both ways, keys, reports, a block, a change of mind. */
async function live(registry: RegistryProcess, peers: readonly RegistryProcess[]): Promise<void> {
  for (const search of SEARCHES) {
    const query = new URLSearchParams({ search, include_federated: 'true', force_refresh: 'true' })
    for (const asked of [registry, ...peers]) await asked.call('GET', `/discovery/agents?${query}`)
  }
  const { peers: known } = (await registry.call('GET', '/federation/peers')) as {
    peers: readonly { id: string }[]
  }
  for (const { id } of known) await registry.call('POST', `/federation/peers/${id}/check`)
  for (const [name, role] of [
    ['Nightly import', 'publisher'],
    ['Ada Brandt', 'operator'],
    ['Yearly audit', 'auditor'],
  ] as const) {
    await registry.call('POST', '/keys', { name, role, expires_in: 90 * 86_400 })
  }
  const { agents } = (await registry.call('GET', '/agents?limit=3')) as { agents: readonly { id: string }[] }
  const [one, other] = agents
  if (one === undefined || other === undefined) throw new Error('the catalogue has too few agents')
  const outdated = { category: 'broken', detail: 'It has answered with status 404 since Tuesday.' }
  await registry.call('POST', `/agents/${one.id}/report`, outdated)
  const impersonation = {
    category: 'impersonation',
    detail: 'Its name is ours, and we do not know who runs it.',
  }
  await registry.call('POST', `/agents/${other.id}/report`, {
    ...impersonation,
    contact: 'press@acme.example',
  })
  await registry.call('POST', '/blocks', {
    origin: 'https://spam.example',
    reason: 'Lists agents that do not exist.',
  })
}

async function takeAll(registry: RegistryProcess): Promise<void> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: FLAGS,
  })
  try {
    for (const theme of THEMES) await takeTheme(browser, theme, registry)
  } finally {
    await browser.close()
  }
}

async function takeTheme(
  browser: Browser,
  theme: (typeof THEMES)[number],
  registry: RegistryProcess,
): Promise<void> {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: theme, reducedMotion: 'reduce' })
  const page = await context.newPage()
  for (const [name, path] of Object.entries(SEARCH_VIEWS))
    await take(page, `${registry.url}/${path}`, `${name}-${theme}`)
  await page.locator('a.result-name').first().click()
  await take(page, null, `agent-${theme}`)
  await page.goto(`${registry.url}/console`)
  await page.getByLabel('API key').fill(registry.adminKey)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
  for (const [name, path] of Object.entries(CONSOLE_VIEWS)) {
    await take(page, `${registry.url}/${path}`, `console-${name}-${theme}`)
  }
  await page.goto(`${registry.url}/console/agents`)
  await page.getByRole('table').getByRole('link').first().click()
  await take(page, null, `console-agent-${theme}`)
  await page.goto(`${registry.url}/console/peers`)
  await page.getByRole('table').getByRole('link').first().click()
  await take(page, null, `console-peer-${theme}`)
  await context.close()
}

/** @param url where to go first; null where the page is already there. */
async function take(page: Page, url: string | null, name: string): Promise<void> {
  if (url !== null) await page.goto(url)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.locator('.skeleton').first().waitFor({ state: 'detached' })
  // Charts are drawn a moment after their figures came, and the search asks its peers.
  await page.waitForTimeout(700)
  await page.screenshot({ path: join(FOLDER, `${name}.png`) })
}
