/** A key that somebody pastes where words to look for belong goes nowhere: to no peer, into no log, and not back. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { mintToken } from '../src/security/tokens.ts'
import { addAsker } from './support/peer-asker.ts'
import { publish } from './support/records.ts'
import {
  describeRunning,
  type Problem,
  settingsFor,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'
import { logWith } from './support/reports.ts'
import { startScriptedRegistry } from './support/scripted-registry.ts'
import { startServe, stopServe } from './support/serve-process.ts'

const ROUTES = [
  '/discovery/agents?include_federated=true&',
  '/discovery/agents?',
  '/discovery/facets?include_federated=true&',
  '/discovery/facets?',
  '/agents?',
]

test('a search with a key in it is refused: no peer is asked, and no log has it', async (t) => {
  await using peer = await startScriptedRegistry(() => ({
    headers: { 'content-type': 'application/json' },
    body: { agents: [], next_cursor: null },
  }))
  const [folder, adminKey] = [await temporaryFolder(t), mintToken('ava')]
  const database = { kind: 'sqlite', address: join(folder, 'registry.db') } as const
  const serving = startServe(t, {
    ...settingsFor({ name: 'Registry', adminKey, database }),
    ...{ REGISTRY_LOG_LEVEL: 'trace', REGISTRY_LOG_QUERIES: 'plain', REGISTRY_ANONYMOUS_FEDERATED: 'true' },
  })
  const at = await serving.listening
  const dispose = async () => void (await stopServe(serving))
  const registry = describeRunning(
    { notices: [], publicUrl: at, [Symbol.asyncDispose]: dispose },
    { name: 'Registry', adminKey },
  )
  await registry.succeed('POST', '/federation/peers', { body: { name: 'Partner', registry_url: peer.url } })

  const pasted = [mintToken('ava'), mintToken('avf'), mintToken('avs'), `avp_${'eyJ2IjoxfQ'.repeat(4)}`]
  const secrets = pasted.map((text) => text.slice(4))
  const refuses = async (path: string, name: string, key: string | null) => {
    const answer = await registry.call<Problem>('GET', path, { key })
    assert.deepEqual([answer.status, answer.body.code], [400, 'invalid-parameter'], path)
    assert.deepEqual(
      answer.body.errors?.map(({ pointer }) => pointer),
      [`?${name}`],
    )
    assert.match(answer.body.detail, new RegExp(`^${name}: It holds what looks like a key`))
    for (const secret of secrets) assert.ok(!answer.text.includes(secret))
  }
  for (const text of [...pasted, `who knows ${pasted[0]}?`]) {
    for (const route of ROUTES) {
      for (const key of [adminKey, null]) {
        await refuses(`${route}search=${encodeURIComponent(text)}`, 'search', key)
      }
    }
  }
  for (const name of ['agent_type', 'tags', 'provider']) {
    for (const route of ROUTES) await refuses(`${route}${name}=${pasted[0]}`, name, adminKey)
  }
  const stream = await registry.call<Problem>('GET', `${ROUTES[0]}search=${pasted[0]}`, {
    headers: { accept: 'application/x-ndjson' },
  })
  assert.equal(stream.status, 400)
  assert.deepEqual(
    peer.asked.filter(({ target }) => /^\/agents|av[afps]_/.test(target)),
    [],
  )

  // What only begins like a key is a name, and is searched for everywhere.
  await registry.succeed('GET', `${ROUTES[0]}search=ava_concierge`)
  assert.ok(peer.asked.some(({ target }) => target.includes('search=ava_concierge')))

  const { out, err } = await stopServe(serving)
  assert.match(out, /request served/)
  const kept = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1')),
  )
  for (const secret of secrets) {
    assert.ok(!(out + err).includes(secret), 'in the log')
    assert.ok(!kept.some((text) => text.includes(secret)), 'in the database')
  }
})

test('a peer that passes on a key is answered as ever, and the key is masked in the log of questions', async (t) => {
  const registry = await startRegistry(t, { env: { REGISTRY_LOG_QUERIES: 'plain' } })
  await publish(registry, { name: 'Weather' })
  const peer = await addAsker(registry)
  const key = mintToken('ava')
  // Refused, it would count us as failing; and who searches there could bring that about.
  assert.equal((await peer.ask(`/agents?search=${key}`)).status, 200)
  const [row] = await logWith(registry, 1)
  assert.equal(row?.query_text, 'ava_[redacted]')
})
