/**
 * Registries that know each other by their keys (RFC 9421): what they say to each other over real sockets, and what
 * becomes of those who replay, change, weaken or answer in their place.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { createServer, request as forward, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { canonicalJwk, mintKeyPair } from '../src/security/ed25519-key.ts'
import { PATIENT_CLOCK } from './support/clocks.ts'
import { problemIn, type RawAnswer, sendRaw, signedBy } from './support/peer-request.ts'
import { discover, namesOf, publish, rowOf } from './support/records.ts'
import { findFreePort, type RunningRegistry, startRegistry, temporaryFolder } from './support/registry.ts'
import { enrolByKey, enrolSignedAsker, publicKeyOf, type SignedAsker } from './support/signed-asker.ts'

type Headers = Readonly<Record<string, string | undefined>>

/** A peer that has just failed is hardly waited for, on a machine that is busy with others too short. */
const PATIENT = { clock: PATIENT_CLOCK }
const TARGET = '/api/v1/agents?search=treasure'

/** Sends a request by hand; a header that is undefined is left out. */
function send(
  registry: RunningRegistry,
  headers: Headers,
  target = TARGET,
  method = 'GET',
): Promise<RawAnswer> {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `Host: ${new URL(registry.url).host}`,
    'Connection: close',
    ...Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`])),
  ]
  return sendRaw(registry.url, Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'))
}

function assertRefused(answer: RawAnswer, detail: RegExp): void {
  assert.equal(answer.status, 401, answer.text)
  assert.equal(problemIn(answer).code, 'signature-refused')
  assert.match(problemIn(answer).detail, detail)
  assert.doesNotMatch(answer.text, /Treasure|avf_/)
}

async function startWithAsker(
  t: TestContext,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly lumen: RunningRegistry; readonly asker: SignedAsker }> {
  const lumen = await startRegistry(t, { name: 'Lumen', env })
  await publish(lumen, { name: 'Treasure', visibility: 'federated' })
  return { lumen, asker: await enrolSignedAsker(lumen) }
}

type Tampering = (answer: { status: number; headers: IncomingMessage['headers']; body: Buffer }) => void

/** A registry that others reach by a way on which somebody may change its answers. */
async function startTampered(
  t: TestContext,
): Promise<{ readonly lumen: RunningRegistry; tamper: (how: Tampering | null) => void }> {
  const port = await findFreePort()
  let tampering: Tampering | null = null
  const proxy = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const onward = forward({ port, host: '127.0.0.1', method, path: url, headers }, async (received) => {
      const answer = {
        status: received.statusCode ?? 502,
        headers: { ...received.headers },
        body: Buffer.concat(await received.toArray()),
      }
      if (url?.includes('/agents')) tampering?.(answer)
      answer.headers['content-length'] = String(answer.body.length)
      outgoing.writeHead(answer.status, answer.headers).end(answer.status === 304 ? undefined : answer.body)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const lumen = await startRegistry(t, {
    name: 'Lumen',
    env: {
      REGISTRY_PORT: String(port),
      REGISTRY_PUBLIC_URL: `http://localhost:${(proxy.address() as AddressInfo).port}`,
    },
  })
  await publish(lumen, { name: 'Treasure', visibility: 'federated' })
  return {
    lumen,
    tamper(how) {
      tampering = how
    },
  }
}

test('registries that know each other by their keys search, look up and follow each other, both ways', async (t) => {
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor', overrides: PATIENT }),
    startRegistry(t, { name: 'Lumen' }),
  ])
  await publish(harbor, { name: 'Treasure of Harbor', visibility: 'federated' })
  const { did } = await publish(lumen, { name: 'Treasure of Lumen', visibility: 'federated' })
  const { peerId } = await enrolByKey(harbor, lumen)
  await enrolByKey(lumen, harbor)
  for (const registry of [harbor, lumen]) {
    const found = await discover(registry, 'search=treasure')
    assert.deepEqual(namesOf(found).sort(), ['Treasure of Harbor', 'Treasure of Lumen'])
    assert.equal(found.federation_stats?.complete, true)
  }
  // Asked again past the cache: a 304 is signed as well.
  const again = await discover(harbor, 'search=treasure&force_refresh=true')
  assert.equal(rowOf(again, 'Lumen').outcome, 'answered')
  const one = await harbor.succeed<{ name: string }>('GET', `/discovery/agents/${encodeURIComponent(did)}`)
  assert.ok(JSON.stringify(one).includes('Treasure of Lumen'))
  const checked = await harbor.succeed<{ health_status: string; probe: { problem?: string } }>(
    'POST',
    `/federation/peers/${peerId}/check`,
  )
  assert.deepEqual([checked.health_status, checked.probe.problem], ['healthy', undefined])
})

test('a signed request is answered once, and its answer is signed', async (t) => {
  const { lumen, asker } = await startWithAsker(t)
  const headers = asker.headersFor(TARGET)
  const answer = await send(lumen, headers)
  assert.equal(answer.status, 200, answer.text)
  assert.match(answer.text, /Treasure/)
  assert.match(answer.headers['signature-input'] ?? '', /^fed=\("@status" "content-digest" "@method";req /)
  assertRefused(await send(lumen, headers), /accepted before/)
  // Another request of the same second is another request.
  assert.equal((await send(lumen, asker.headersFor(TARGET))).status, 200)
  const missing = '/api/v1/agents/01997b2c-6f3a-7d51-9c0e-4b6f1d2a8e77'
  const notFound = await send(lumen, asker.headersFor(missing), missing)
  assert.equal(notFound.status, 404)
  assert.ok(notFound.headers.signature)
})

test('a peer that signs with its key cannot be made to take less', async (t) => {
  const { lumen, asker } = await startWithAsker(t, { FEDERATION_REQUIRE_SIGNATURE: 'false' })
  const { authorization, 'x-federation-registry': registry, ...signature } = asker.headersFor(TARGET)
  const base = { authorization, 'x-federation-registry': registry }
  const byHmac = signedBy({ registry, secret: asker.signingSecret }, TARGET)
  assertRefused(await send(lumen, base), /Signature-Input/)
  assertRefused(await send(lumen, { ...base, ...byHmac }), /rfc9421-ed25519 alone/)
  assertRefused(await send(lumen, { ...base, ...signature, 'signature-input': undefined }), /Signature-Input/)
  assertRefused(await send(lumen, { ...base, ...signature, 'content-digest': undefined }), /Content-Digest/)
  assertRefused(
    await send(lumen, { ...base, ...byHmac, ...signature, signature: `fed=:${'A'.repeat(86)}==:` }),
    /does not match/,
  )
  await lumen.succeed('PUT', `/federation/peers/${asker.peerId}`, { body: { require_signature: false } })
  assertRefused(await send(lumen, base), /Signature-Input/)
  // An operator may decide so, and then either scheme does.
  await lumen.succeed('PUT', `/federation/peers/${asker.peerId}`, {
    body: { signature_scheme: 'hmac-sha256', require_signature: true },
  })
  assert.equal((await send(lumen, { ...base, ...byHmac })).status, 200)
  assert.equal((await send(lumen, asker.headersFor(TARGET))).status, 200)
  assertRefused(await send(lumen, base), /no X-Federation-Signature/)
})

test('another key than the one a peer is known by signs for nobody', async (t) => {
  const { lumen, asker } = await startWithAsker(t)
  const other = await enrolSignedAsker(lumen, 'https://other.example')
  const stolen = { ...other.headersFor(TARGET), authorization: asker.headersFor(TARGET).authorization }
  const asOther = await send(lumen, stolen)
  assert.equal(asOther.status, 403)
  assertRefused(
    await send(lumen, { ...stolen, 'x-federation-registry': asker.registry }),
    /does not know you by the key/,
  )
})

test('a token without its key asks as much as its rate allows, and is not checked beyond', async (t) => {
  const { lumen, asker } = await startWithAsker(t, { REGISTRY_RATE_PEER: '3' })
  const forged = () => ({ ...asker.headersFor(TARGET), signature: `fed=:${'A'.repeat(86)}==:` })
  const statuses: number[] = []
  for (let sent = 0; sent < 5; sent += 1) statuses.push((await send(lumen, forged())).status)
  assert.deepEqual(statuses, [401, 401, 401, 429, 429])
})

test('of an answer changed, replaced, repeated or unsigned nothing is believed', async (t) => {
  const { lumen, tamper } = await startTampered(t)
  const harbor = await startRegistry(t, { name: 'Harbor', overrides: PATIENT })
  await enrolByKey(harbor, lumen)
  let kept: Parameters<Tampering>[0] | null = null
  const search = async (word: string) =>
    rowOf(await discover(harbor, `search=${word}&force_refresh=true`), 'Lumen')
  tamper((answer) => {
    kept = { ...answer, headers: { ...answer.headers } }
  })
  assert.equal((await search('treasure')).outcome, 'answered')
  const tamperings: [string, Tampering, RegExp][] = [
    [
      'a changed record',
      (a) => void Object.assign(a, { body: Buffer.from(a.body.toString().replace('Treasure', 'Malware!')) }),
      /Content-Digest/,
    ],
    [
      'a changed record and its digest',
      (a) => {
        a.body = Buffer.from('{"agents":[],"next_cursor":null}')
        delete a.headers['content-digest']
      },
      /not signed/,
    ],
    ['another status', (a) => void Object.assign(a, { status: 404 }), /does not match/],
    [
      'no signature',
      (a) => {
        delete a.headers.signature
        delete a.headers['signature-input']
      },
      /not signed/,
    ],
    [
      'a signature of nothing',
      (a) => void Object.assign(a.headers, { signature: `fed=:${'A'.repeat(86)}==:` }),
      /does not match/,
    ],
    ['an earlier answer', (a) => void Object.assign(a, kept), /does not match/],
    [
      'a claim of compression',
      (a) => void Object.assign(a.headers, { 'content-encoding': 'identity' }),
      /compressed|not valid|encoding/i,
    ],
  ]
  for (const [place, [what, how, error]] of tamperings.entries()) {
    tamper(how)
    const row = await search(`treasure ${place}`)
    assert.equal(row.outcome, 'bad-response', what)
    assert.match(row.error ?? '', error, what)
  }
  tamper(null)
  assert.equal((await search('treasure again')).outcome, 'answered')
  // A gateway that has nobody behind it signs nothing, and need not.
  tamper((answer) => {
    answer.status = 429
    answer.headers = { 'content-type': 'text/plain' }
  })
  assert.equal((await search('treasure later')).outcome, 'rate-limited')
})

type PeerAnswer = {
  readonly key_thumbprint: string
  readonly previous_key_thumbprint: string | null
  readonly offered_key: { public_key: string; thumbprint: string; announced: boolean } | null
}

test("a peer's new key is told to the operators, and counts when they have accepted it", async (t) => {
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor', overrides: PATIENT }),
    startRegistry(t, { name: 'Lumen' }),
  ])
  await publish(lumen, { name: 'Treasure', visibility: 'federated' })
  const { peerId } = await enrolByKey(harbor, lumen)
  const check = () => harbor.succeed<PeerAnswer>('POST', `/federation/peers/${peerId}/check`)
  const accept = (key: string | undefined) =>
    harbor.succeed<PeerAnswer>('PUT', `/federation/peers/${peerId}`, { body: { public_key: key } })
  const outcome = async (word: string) =>
    rowOf(await discover(harbor, `search=${word}&force_refresh=true`), 'Lumen').outcome
  const first = await check()
  assert.equal(first.offered_key, null)

  // Announced by the key that is known: accepted, both are good.
  await lumen.succeed('POST', '/federation/identity/rotate', { body: { overlap_seconds: 3_600 } })
  const announced = await check()
  assert.equal(announced.key_thumbprint, first.key_thumbprint)
  assert.equal(announced.offered_key?.announced, true)
  const accepted = await accept(announced.offered_key?.public_key)
  assert.equal(accepted.key_thumbprint, announced.offered_key?.thumbprint)
  assert.equal(accepted.previous_key_thumbprint, first.key_thumbprint)
  assert.equal(accepted.offered_key, null)
  assert.equal(await outcome('treasure'), 'answered')
  assert.equal((await check()).previous_key_thumbprint, first.key_thumbprint)

  // In place of all others, by nobody's word: what it signs is not believed, and the key is not taken.
  await lumen.succeed('POST', '/federation/identity/rotate', { body: { overlap_seconds: 0 } })
  assert.equal(await outcome('treasure one'), 'bad-response')
  const unannounced = await check()
  assert.equal(unannounced.offered_key?.announced, false)
  assert.equal(unannounced.key_thumbprint, accepted.key_thumbprint)
  assert.equal(await outcome('treasure two'), 'bad-response')
  const { audit } = await harbor.succeed<{ audit: { action: string; actor: string }[] }>('GET', '/audit')
  assert.deepEqual(
    audit.filter(({ action }) => action === 'peer.key-offered').map(({ actor }) => actor),
    ['system', 'system'],
  )
  const trusted = await accept(unannounced.offered_key?.public_key)
  assert.deepEqual(
    [trusted.key_thumbprint, trusted.previous_key_thumbprint, trusted.offered_key],
    [unannounced.offered_key?.thumbprint, null, null],
  )
  assert.equal(await outcome('treasure three'), 'answered')
})

test('a key is set as JWK or PEM, in one form; what is none, or a scheme without a key, is refused', async (t) => {
  const { lumen, asker } = await startWithAsker(t)
  const put = (body: unknown) => lumen.call('PUT', `/federation/peers/${asker.peerId}`, { body })
  const key = await publicKeyOf(lumen)
  const refused = [
    [{ public_key: 'MCow' }, '/public_key'],
    [{ public_key: null }, '/public_key'],
    [{ public_key: null, signature_scheme: 'rfc9421-ed25519' }, '/public_key'],
    [{ signature_scheme: 'none' }, '/signature_scheme'],
  ] as const
  for (const [body, pointer] of refused) {
    const answer = await put(body)
    assert.equal(answer.status, 422, JSON.stringify(body))
    assert.equal(answer.body.errors?.[0]?.pointer, pointer)
  }
  const without = await lumen.call('POST', '/federation/peers', {
    body: { name: 'Keyless', registry_url: 'http://127.0.0.1:9', signature_scheme: 'rfc9421-ed25519' },
  })
  assert.deepEqual([without.status, without.body.errors?.[0]?.pointer], [422, '/signature_scheme'])
  const spelled = await put({ public_key: JSON.stringify({ ...JSON.parse(key), kid: 'k' }, null, 1) })
  assert.equal((spelled.body as unknown as { public_key: string }).public_key, key)
  assert.equal((await put({ public_key: null, signature_scheme: 'hmac-sha256' })).status, 200)
})

test('a key in the trusted peers file pins its peer, and a difference from what is stored is told', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'peers.yaml')
  const database = { kind: 'sqlite', address: join(folder, 'registry.db') } as const
  const lumen = await startRegistry(t, { name: 'Lumen' })
  const [key, url] = [await publicKeyOf(lumen), lumen.url]
  const start = async (publicKey: string) => {
    await writeFile(path, JSON.stringify([{ name: 'Lumen', url, public_key: publicKey }]))
    return startRegistry(t, { name: 'Harbor', database, env: { FEDERATION_PEERS_FILE: path } })
  }
  const first = await start(key)
  const { peers } = await first.succeed<{ peers: { public_key: string; signature_scheme: string }[] }>(
    'GET',
    '/federation/peers',
  )
  assert.deepEqual(
    peers.map((peer) => [peer.public_key, peer.signature_scheme]),
    [[key, 'rfc9421-ed25519']],
  )
  assert.match(first.notices.join('\n'), /Peer "Lumen" .* was added from the peers file/)
  await first.stop()
  const second = await start(canonicalJwk(mintKeyPair().x))
  assert.match(
    second.notices.join('\n'),
    /differs from the peers file \(public_key\); the stored values are kept/,
  )
  const again = await second.succeed<{ peers: { public_key: string }[] }>('GET', '/federation/peers')
  assert.equal(again.peers[0]?.public_key, key)
})
