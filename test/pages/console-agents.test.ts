/** Agents in the console: added, changed, taken down, deleted; in a real browser over a real registry. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WireAgent } from '../../src/wire/agent.ts'
import { hasBrowser, openConsole, startWithPages } from '../support/browser.ts'
import { serve } from '../support/federation.ts'
import { makeKey } from '../support/keys.ts'
import { endSession, typeKey, waitUntil } from './console-steps.ts'
import { tabTo } from './keyboard.ts'

/** Odd spacing on purpose: a card is kept byte for byte. */
const CARD = `{ "protocolVersion":"0.3.0",  "name": "Tide Tables", "description": "Tells the tides of any harbour.",
  "url": "https://tides.example/a2a", "version": "2.1.0", "capabilities": {},
  "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
  "skills": [{ "id": "tides", "name": "Tides", "description": "High and low water.", "tags": ["sea"] }] }`

const RECORD = { name: 'Summarizer', agent_type: 'a2a', visibility: 'local', description: 'Sums up.' }

const WHAT = 'agents in the console'
const skip = hasBrowser(WHAT) ? false : 'there is no Chromium'

test(WHAT, { skip }, async (t) => {
  await t.test(
    'a card is checked first, shown as it will be stored, and published as it was pasted',
    async (t) => {
      const registry = await startWithPages(t)
      const page = await openConsole(t, registry, { at: 'agents/add' })
      await page.getByLabel('Card or record, as JSON').fill('{"name": ""}')
      await page.getByRole('button', { name: 'Check it' }).click()
      await page.getByRole('alert').getByText('It cannot be published yet').waitFor()

      await page.getByLabel('Card or record, as JSON').fill(CARD)
      await page.getByRole('button', { name: 'Check it' }).click()
      await page
        .getByRole('table', { name: 'The record' })
        .getByText('Tells the tides of any harbour.')
        .waitFor()
      assert.deepEqual((await registry.succeed<{ agents: [] }>('GET', '/agents')).agents, [])
      await page.getByLabel('Seen by').selectOption('public')
      await page.getByRole('button', { name: 'Publish it' }).click()
      await page.getByRole('heading', { name: 'Tide Tables' }).waitFor()

      const { agents } = await registry.succeed<{ agents: WireAgent[] }>('GET', '/agents')
      assert.equal(agents.length, 1)
      assert.equal(agents[0]?.visibility, 'public')
      assert.equal((await registry.call('GET', `/agents/${agents[0]?.id}/card`)).text, CARD)
    },
  )

  await t.test(
    'an agent is added by its address: its card is looked for there, shown, and published',
    async (t) => {
      await using agent = await serve((request, response) => {
        const isCard = request.url === '/.well-known/agent-card.json'
        response.writeHead(isCard ? 200 : 404, { 'content-type': 'application/a2a-agent-card+json' })
        response.end(isCard ? CARD : '')
      })
      const registry = await startWithPages(t, { env: { REGISTRY_CARD_NETWORKS: '127.0.0.0/8' } })
      const page = await openConsole(t, registry, { at: 'agents/add?by=address' })
      await page.getByLabel('Address', { exact: true }).fill(`${agent.url}/tides/card.json`)
      await page.getByRole('button', { name: 'Look for its card' }).click()
      await page.getByRole('alert').getByText('It answered 404').waitFor()
      await page.getByLabel('Name', { exact: true }).waitFor()

      await page.getByLabel('Address', { exact: true }).fill(`${agent.url}/tides`)
      await page.getByLabel('Address', { exact: true }).press('Enter')
      await page.getByText(`${agent.url}/.well-known/agent-card.json`).waitFor()
      await page
        .getByRole('table', { name: 'The record' })
        .getByText('Tells the tides of any harbour.')
        .waitFor()
      await page.getByRole('button', { name: 'Publish it' }).first().click()
      await page.getByRole('heading', { name: 'Tide Tables' }).waitFor()
      const { agents } = await registry.succeed<{ agents: WireAgent[] }>('GET', '/agents')
      const card = await registry.call('GET', `/agents/${agents[0]?.id}/card`)
      assert.equal(card.text, CARD)
      assert.equal(card.headers.get('content-type'), 'application/a2a-agent-card+json')
    },
  )

  await t.test('a file that is dropped or chosen stands in the field to be checked', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'agents/add' })
    const file = { name: 'agent-card.json', mimeType: 'application/json', buffer: Buffer.from(CARD) }
    await page.getByLabel('Or a file of it').setInputFiles(file)
    const field = page.getByLabel('Card or record, as JSON')
    await waitUntil('the file read', async () => (await field.inputValue()) === CARD)
    await page.getByRole('button', { name: 'Check it' }).click()
    await page.getByText('It can be published').waitFor()
  })

  await t.test('a file that cannot be read is told, and what stands in the field stays', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'agents/add' })
    await page.getByLabel('Card or record, as JSON').fill(CARD)
    await page.evaluate('void (File.prototype.text = () => Promise.reject(new Error("gone")))')
    const file = { name: 'agent-card.json', mimeType: 'application/json', buffer: Buffer.from('{}') }
    await page.getByLabel('Or a file of it').setInputFiles(file)
    await page.getByRole('alert').getByText('The file could not be read to its end.').waitFor()
    assert.equal(await page.getByLabel('Card or record, as JSON').inputValue(), CARD)
  })

  await t.test('what was typed is not lost when the session ends in the middle of a form', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'agents/add?by=address' })
    await page.getByLabel('Address', { exact: true }).fill('https://agents.example/weather')
    await page.getByText('It shows no card').click()
    await page.getByLabel('Name', { exact: true }).fill('Weather of tomorrow')
    await page.getByLabel('Description').fill('Rain or shine.')
    await endSession(page.context())
    await page.getByRole('button', { name: 'Publish it' }).click()
    await page.getByText('Your session ended').waitFor()

    await typeKey(page, registry.adminKey)
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Weather of tomorrow')
    assert.equal(await page.getByLabel('Description').inputValue(), 'Rain or shine.')
    await page.getByRole('button', { name: 'Publish it' }).click()
    await page.getByRole('heading', { name: 'Weather of tomorrow' }).waitFor()
  })

  await t.test('what one owner typed is not shown to another who signs in after it', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'agents/add?by=address' })
    await page.getByText('It shows no card').click()
    await page.getByLabel('Name', { exact: true }).fill('Only mine')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await typeKey(page, await makeKey(registry, 'publisher'))
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), '')
  })

  await t.test(
    'a record is changed, and a change made meanwhile by somebody else is not written over',
    async (t) => {
      const registry = await startWithPages(t)
      const { id } = await registry.succeed<WireAgent>('POST', '/agents', { body: RECORD })
      const page = await openConsole(t, registry, { at: `agents/${id}` })
      await page.getByLabel('Status', { exact: true }).selectOption('deprecated')
      await page.getByLabel('What to say about the status').fill('Use the new one.')
      await registry.succeed('PUT', `/agents/${id}`, { body: { description: 'Changed meanwhile.' } })
      await page.getByRole('button', { name: 'Save the changes' }).click()
      await page.getByRole('alert').waitFor()
      assert.equal((await registry.succeed<WireAgent>('GET', `/agents/${id}`)).status, 'active')

      await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click()
      await page.getByText('Changed meanwhile.').waitFor()
      assert.equal(await page.getByLabel('What to say about the status').inputValue(), 'Use the new one.')
      await page.getByRole('button', { name: 'Save the changes' }).click()
      await page.locator('.pairs').getByText('deprecated').waitFor()
      assert.equal((await registry.succeed<WireAgent>('GET', `/agents/${id}`)).status, 'deprecated')
    },
  )

  await t.test('an operator takes a record down with a reason, and shows it again', async (t) => {
    const registry = await startWithPages(t)
    const { id } = await registry.succeed<WireAgent>('POST', '/agents', { body: RECORD })
    const page = await openConsole(t, registry, {
      at: `agents/${id}`,
      key: await makeKey(registry, 'operator'),
    })
    await page.getByRole('button', { name: 'Take it down…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Take this record down?' })
    await dialog.getByText('hidden from all but its owner and admins').waitFor()
    await dialog.getByLabel('Reason').fill('Impersonates Acme')
    await dialog.getByRole('button', { name: 'Take it down' }).click()
    await page.getByRole('heading', { name: 'A record that was taken down' }).waitFor()
    await page.getByText('Impersonates Acme').waitFor()
    assert.equal(
      (await registry.call('GET', `/agents/${id}`, { key: await makeKey(registry, 'viewer') })).status,
      410,
    )

    await page.goto(`${registry.url}/console/agents/withheld`)
    await page.getByRole('link', { name: 'Summarizer' }).click()
    await page.getByRole('button', { name: 'Show it again' }).click()
    await page.getByRole('heading', { name: 'Summarizer' }).waitFor()
  })

  await t.test(
    'a record goes to another owner, and is deleted only after its effect was named',
    async (t) => {
      const registry = await startWithPages(t)
      const { id } = await registry.succeed<WireAgent>('POST', '/agents', { body: RECORD })
      const publisher = await makeKey(registry, 'publisher')
      const page = await openConsole(t, registry, { at: `agents/${id}` })
      await page.getByRole('button', { name: 'Give it to another owner…' }).click()
      const transfer = page.getByRole('dialog')
      await transfer.getByLabel('New owner').selectOption({ label: 'publisher key' })
      await transfer.getByRole('button', { name: 'Give it away' }).click()
      await transfer.waitFor({ state: 'detached' })
      const changed = await registry.call('PUT', `/agents/${id}`, {
        key: publisher,
        body: { description: 'Mine.' },
      })
      assert.equal(changed.status, 200)

      await page.getByRole('button', { name: 'Delete it…' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText('This cannot be taken back.').waitFor()
      await dialog.getByRole('button', { name: 'Leave it as it is' }).click()
      assert.equal((await registry.call('GET', `/agents/${id}`)).status, 200)
      await page.getByRole('button', { name: 'Delete it…' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete the record' }).click()
      await page.getByText('No agents yet').waitFor()
      assert.equal((await registry.call('GET', `/agents/${id}`)).status, 410)
    },
  )

  await t.test(
    'a publisher is offered what the registry lets them do: with their own records alone',
    async (t) => {
      const registry = await startWithPages(t)
      const key = await makeKey(registry, 'publisher')
      const { id: own } = await registry.succeed<WireAgent>('POST', '/agents', { key, body: RECORD })
      const { id: other } = await registry.succeed<WireAgent>('POST', '/agents', { body: RECORD })
      const page = await openConsole(t, registry, { key, at: `agents/${other}` })
      await page.getByText('only its owner or a key of the role admin may change it').waitFor()
      assert.equal(await page.getByRole('button', { name: 'Delete it…' }).count(), 0)
      await page.goto(`${registry.url}/console/agents/${own}`)
      await page.getByRole('button', { name: 'Delete it…' }).waitFor()
      await page.getByRole('button', { name: 'Give it to another owner…' }).waitFor()
    },
  )

  await t.test('a long list is walked by pages, and its filters are in the address', async (t) => {
    const registry = await startWithPages(t)
    const lines = Array.from({ length: 120 }, (_, at) =>
      JSON.stringify({ ...RECORD, name: `Agent ${at}`, tags: at < 3 ? ['rare'] : [] }),
    )
    const headers = { 'content-type': 'application/x-ndjson' }
    await registry.succeed('POST', '/agents/import', { body: lines.join('\n'), headers })
    const page = await openConsole(t, registry, { at: 'agents' })
    const rows = page.getByRole('table').locator('tbody tr')
    const seen = new Set<string>()
    for (let number = 1; ; number += 1) {
      if (number > 1) await page.getByText(`Page ${number}`, { exact: true }).waitFor()
      await rows.first().waitFor()
      assert.ok((await rows.count()) <= 50)
      for (const name of await rows.locator('th').allInnerTexts()) seen.add(name)
      const on = page.getByRole('button', { name: 'Next page' })
      if (await on.isDisabled()) break
      const first = await rows.first().innerText()
      await on.click()
      await waitUntil('the next page', async () => (await rows.first().innerText()) !== first)
    }
    assert.equal(seen.size, 120)

    await page.getByLabel('Tag').fill('rare')
    await page.getByRole('button', { name: 'Filter' }).click()
    await page.waitForURL(/tags=rare/)
    await waitUntil('three rows', async () => (await rows.count()) === 3)
    await page.getByLabel('Tag').fill('nothing-like-it')
    await page.keyboard.press('Enter')
    await page.getByText('Nothing fits these filters.').waitFor()
    await page.goBack()
    await waitUntil('three rows', async () => (await rows.count()) === 3)
    assert.equal(await page.getByLabel('Tag').inputValue(), 'rare')
  })

  await t.test('an agent is added with the keyboard alone', async (t) => {
    const registry = await startWithPages(t)
    const page = await openConsole(t, registry, { at: 'agents/add' })
    await tabTo(page, 'By its card')
    await page.keyboard.press('ArrowRight')
    await tabTo(page, 'Address')
    await page.keyboard.type('https://agents.example/keys')
    await tabTo(page, 'It shows no card')
    await page.keyboard.press('Enter')
    await tabTo(page, 'Name')
    await page.keyboard.type('By keyboard')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'By keyboard' }).waitFor()
  })
})
