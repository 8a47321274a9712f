/** Imports in the console: progress, rejected lines, a session that ends in the middle. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { hasBrowser, openConsole, startWithPages } from '../support/browser.ts'
import { downloaded, typeKey } from './console-steps.ts'

const NDJSON = 'application/x-ndjson'

function recordLine(at: number): string {
  const endpoints = [{ url: `https://agents.example/${at}`, protocol: 'a2a' }]
  return JSON.stringify({ name: `Agent ${at}`, agent_type: 'a2a', visibility: 'local', endpoints })
}

function fileOf(name: string, text: string): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: NDJSON, buffer: Buffer.from(text) }
}

/** Where a file of the text is; it is gone with the test. */
async function fileOnDisk(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'avr-import-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'agents.ndjson')
  await writeFile(path, text)
  return path
}

const WHAT = 'imports in the console'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  const agentCount = async (registry: Awaited<ReturnType<typeof startWithPages>>): Promise<number> =>
    (await registry.succeed<{ agent_count: number }>('GET', '/health')).agent_count

  await t.test(
    'bad lines are told by number with their reason, can be taken away, and cost only themselves',
    async (t) => {
      const registry = await startWithPages(t)
      const page = await openConsole(t, registry, { at: 'agents/import' })
      const bad = '{"name": "=no type"}'
      const lines = [
        ...Array.from({ length: 2_500 }, (_, at) => recordLine(at)),
        bad,
        'no JSON <b>at all</b>',
        recordLine(9_999),
      ]
      await page.getByLabel('File').setInputFiles(fileOf('agents.ndjson', `${lines.join('\n')}\n`))
      await page.getByRole('button', { name: 'Begin the import' }).click()
      await page.getByText('Done: 2,501 records created, 0 updated, 0 unchanged; 2 lines rejected.').waitFor()
      assert.equal(await agentCount(registry), 2_501)

      const rows = page.getByRole('table', { name: '2 rejected lines' }).locator('tbody tr')
      assert.match(await rows.nth(0).innerText(), /2501[\s\S]*agent_type/)
      assert.match(await rows.nth(1).innerText(), /2502[\s\S]*no JSON <b>at all<\/b>/)
      const ndjson = await downloaded(page, () =>
        page.getByRole('button', { name: 'Save them as NDJSON' }).click(),
      )
      const told = ndjson
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
      assert.deepEqual(
        told.map(({ line, text }) => [line, text]),
        [
          [2_501, bad],
          [2_502, 'no JSON <b>at all</b>'],
        ],
      )
      const csv = await downloaded(page, () => page.getByRole('button', { name: 'Save them as CSV' }).click())
      assert.equal(csv.split('\r\n').length, 4)

      await page.getByRole('button', { name: 'Import another file' }).click()
      await page.getByLabel('File').setInputFiles(fileOf('again.ndjson', lines.slice(0, 10).join('\n')))
      await page.getByRole('button', { name: 'Begin the import' }).click()
      await page.getByText('Done: 0 records created, 0 updated, 10 unchanged; 0 lines rejected.').waitFor()
    },
  )

  await t.test(
    'a trial tells what would happen and stores nothing; a JSON list is numbered by records',
    async (t) => {
      const registry = await startWithPages(t)
      const page = await openConsole(t, registry, { at: 'agents/import' })
      const list = `[\n  ${recordLine(1)},\n  ${recordLine(2)},\n  {"name": 7}\n]`
      await page.getByLabel('File').setInputFiles(fileOf('agents.json', list))
      await page.getByLabel('Only try it').check()
      await page.getByRole('button', { name: 'Begin the import' }).click()
      await page
        .getByText('Done: 2 records would be created, 0 updated, 0 unchanged; 1 record rejected.')
        .waitFor()
      assert.equal(await page.getByRole('table').locator('tbody tr td').first().innerText(), '3')
      assert.equal(await agentCount(registry), 0)
    },
  )

  await t.test('a file that is no list and no lines is refused in a sentence', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'agents/import' })
    await page.getByLabel('File').setInputFiles(fileOf('half.json', '[{"name": "x"}'))
    await page.getByRole('button', { name: 'Begin the import' }).click()
    await page.getByRole('alert').getByText('The file begins as a JSON list and is not one').waitFor()
  })

  await t.test('a file that is gone when it is to be read is told, and another can be chosen', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'agents/import' })
    const path = await fileOnDisk(t, `${recordLine(1)}\n`)
    await page.getByLabel('File').setInputFiles(path)
    await page.getByText('Chosen:').waitFor()
    await rm(path)
    await page.getByRole('button', { name: 'Begin the import' }).click()
    await page.getByRole('alert').getByText('The file could not be read to its end.').waitFor()

    await page.getByLabel('File').setInputFiles(fileOf('agents.ndjson', recordLine(1)))
    await page.getByRole('button', { name: 'Begin the import' }).click()
    await page.getByText('Done: 1 record created').waitFor()
  })

  await t.test('a file that is cut off while it is sent is never said to be done', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'agents/import' })
    // More than a browser reads ahead.
    const lines = Array.from({ length: 100_000 }, (_, at) => recordLine(at))
    const path = await fileOnDisk(t, lines.join('\n'))
    await page.route('**/api/v1/agents/import*', async (route) => {
      await truncate(path, 10)
      await route.continue()
    })
    await page.getByLabel('File').setInputFiles(path)
    await page.getByLabel('Only try it').check()
    await page.getByRole('button', { name: 'Begin the import' }).click()
    await page.getByText('The file could not be read to its end.').waitFor()
    await page.getByText('Stopped at').waitFor()
    assert.equal(await page.getByRole('button', { name: 'Go on' }).count(), 0)
    await page.getByRole('button', { name: 'Import another file' }).click()
    await page.getByLabel('File').waitFor()
  })

  await t.test('an import whose session ends goes on after signing in, and doubles no record', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'agents/import' })
    let pieces = 0
    await page.route('**/api/v1/agents/import*', async (route) => {
      pieces += 1
      // The first piece is stored; before the second arrives the session is over.
      if (pieces === 2) await page.evaluate(() => fetch('api/v1/session', { method: 'DELETE' }))
      await route.continue()
    })
    const lines = Array.from({ length: 5_000 }, (_, at) => recordLine(at)).join('\n')
    await page.getByLabel('File').setInputFiles(fileOf('agents.ndjson', lines))
    await page.getByRole('button', { name: 'Begin the import' }).click()
    await page.getByText('Your session ended').waitFor()
    assert.equal(await agentCount(registry), 2_000)

    await typeKey(page, registry.adminKey)
    await page.getByText('Stopped at').waitFor()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('Done: 5,000 records created').waitFor()
    assert.equal(await agentCount(registry), 5_000)
  })
})
