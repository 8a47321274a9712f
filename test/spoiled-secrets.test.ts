/** A secret that does not open any more: its peer is told of in words, all others go on. */
import assert from 'node:assert/strict'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createKeyRing, formatKeyRing } from '../src/security/key-ring.ts'
import { mintToken } from '../src/security/tokens.ts'
import { signedBy } from './support/peer-request.ts'
import { discover, namesOf, publish, rowOf, statsOf } from './support/records.ts'
import {
  ask,
  enrol,
  findFreePort,
  type Problem,
  settingsFor,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'
import { assertRefused, startServe } from './support/serve-process.ts'

function change(path: string, statement: string): void {
  const database = new DatabaseSync(path)
  database.exec(statement)
  database.close()
}

test('spoiled rows: the registry starts, names the peer, serves the others, and new credentials heal it', async (t) => {
  const path = join(await temporaryFolder(t), 'registry.db')
  const database = { kind: 'sqlite', address: path } as const
  // The same address before and after: peers know it by that.
  const options = { name: 'Harbor', database, env: { REGISTRY_PORT: String(await findFreePort()) } }
  const first = await startRegistry(t, options)
  const [lumen, meridian] = [
    await startRegistry(t, { name: 'Lumen' }),
    await startRegistry(t, { name: 'Meridian' }),
  ]
  for (const peer of [lumen, meridian]) await publish(peer, { name: `Ferry of ${peer.name}` })
  const toLumen = await enrol(first, lumen)
  await enrol(first, meridian)
  const spoiledToken = await enrol(lumen, first)
  const goodToken = await enrol(meridian, first)
  await first.stop()
  change(path, "update federation_peers set api_key = 'v1.k1.AAAA.AAAA' where name = 'Lumen'")
  const ofLumen = "(select id from federation_peers where name = 'Lumen')"
  const ofMeridian = "(select id from federation_peers where name = 'Meridian')"
  change(
    path,
    `update federation_tokens set hmac_secret =
      (select hmac_secret from federation_tokens where peer_id = ${ofMeridian}) where peer_id = ${ofLumen}`,
  )

  const harbor = await startRegistry(t, options)
  const answer = await discover(harbor, 'search=ferry')
  assert.deepEqual(namesOf(answer), ['Ferry of Meridian'])
  const row = rowOf(answer, 'Lumen')
  assert.equal(row.outcome, 'blocked')
  assert.match(row.error ?? '', /credentials kept for this peer do not open/)
  assert.equal(statsOf(answer).complete, false)
  await harbor.succeed('POST', `/federation/peers/${toLumen.peerId}/check`)
  const health = await harbor.call<{ peers: { name: string; error?: string }[] }>('GET', '/federation/health')
  const sick = health.body.peers.filter(({ error }) => error !== undefined && error !== null)
  assert.deepEqual(
    sick.map(({ name }) => name),
    ['Lumen'],
  )
  assert.match(sick[0]?.error ?? '', /do not open with our key ring/)

  const asPeer = (registry: string, { token, signingSecret }: typeof goodToken) => {
    const target = '/api/v1/agents?search=ferry'
    const headers = signedBy({ registry, secret: signingSecret }, target)
    return ask<Problem>('GET', harbor.url + target, { key: token, headers })
  }
  assert.equal((await asPeer(meridian.url, goodToken)).status, 200)
  const refused = await asPeer(lumen.url, spoiledToken)
  assert.deepEqual([refused.status, refused.body.code], [500, 'secret-unreadable'])

  const renewed = await lumen.succeed<{ token: string; signing_secret: string }>(
    'POST',
    '/federation/tokens',
    {
      body: { name: 'Harbor', registry_url: harbor.url },
    },
  )
  await harbor.succeed('PUT', `/federation/peers/${toLumen.peerId}`, {
    body: { api_key: renewed.token, signing_secret: renewed.signing_secret },
  })
  // Found well again: until then it is doubted for having failed, and a search hardly waits for it.
  await harbor.succeed('POST', `/federation/peers/${toLumen.peerId}/check`)
  const healed = await discover(harbor, 'search=ferry&force_refresh=true')
  assert.deepEqual(namesOf(healed).toSorted(), ['Ferry of Lumen', 'Ferry of Meridian'])
})

test('a start without a key that secrets need, or with another of its name, is refused in one sentence', async (t) => {
  const path = join(await temporaryFolder(t), 'registry.db')
  const database = { kind: 'sqlite', address: path } as const
  const registry = await startRegistry(t, { name: 'Harbor', database })
  await registry.succeed('POST', '/federation/tokens', {
    body: { name: 'Lumen', registry_url: 'http://127.0.0.1:9' },
  })
  await registry.stop()
  const env = settingsFor({ name: 'Harbor', adminKey: mintToken('ava'), database })
  const right = await readFile(`${path}.keys`, 'utf8')
  const another = formatKeyRing(createKeyRing())
  const start = async (keys: string) => {
    await writeFile(`${path}.keys`, keys, { mode: 0o600 })
    return startServe(t, env)
  }
  await assertRefused(await start(another.replace('k1:', 'k2:')), /not in the key ring \(k2\): "k1" \(2\)/)
  await assertRefused(await start(another), /"k1" of the key ring is not the one that sealed/)
  await assertRefused(await start('k1:AAAA\n'), /"k1" of the key ring has 3 bytes; it needs exactly 32/)
  await rename(`${path}.keys`, `${path}.away`)
  await assertRefused(startServe(t, env), /key file .* is missing/)
  await (await start(right)).listening
})
