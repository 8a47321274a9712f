/** What was revoked, rotated or removed at one replica opens nothing at another, five seconds later at the latest. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLaterClock } from './support/clocks.ts'
import { signedBy } from './support/peer-request.ts'
import type { RunningRegistry } from './support/registry.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'

const skip = (await hasPostgres('revocation at one of two replicas')) ? false : 'PostgreSQL does not answer'

const WITHIN_MS = 5_000
const PEER_URL = 'https://127.0.0.1/partner'

type Token = { readonly id: string; readonly token: string; readonly signing_secret: string }
type Key = { readonly id: string; readonly key: string }

async function startTwo(t: TestContext) {
  const clock = createLaterClock()
  const { all } = await startReplicas(t, [{ overrides: { clock } }, { overrides: { clock } }])
  const [one, other] = all
  assert.ok(one && other)
  return {
    ...{ one, other, clock },
    makeKey: () => one.succeed<Key>('POST', '/keys', { body: { name: 'Reader', role: 'viewer' } }),
    makeToken: () =>
      one.succeed<Token & { readonly peer_id: string }>('POST', '/federation/tokens', {
        body: { name: 'Partner', registry_url: PEER_URL },
      }),
    asKey: async (at: RunningRegistry, { key }: Key) => (await at.call('GET', '/me', { key })).status,
    async asPeer(at: RunningRegistry, { token, signing_secret: secret }: Token) {
      const signer = { registry: PEER_URL, secret, at: clock.now() }
      const headers = signedBy(signer, '/api/v1/agents')
      return (await at.call('GET', '/agents', { key: token, headers })).status
    },
  }
}

/** Asks at both, so that each remembers who it is. */
async function isGoodAtBoth(ask: (at: RunningRegistry) => Promise<number>, both: readonly RunningRegistry[]) {
  for (const replica of [...both, ...both]) assert.equal(await ask(replica), 200)
}

test('a key revoked at one replica', { skip }, async (t) => {
  const { one, other, clock, makeKey, asKey } = await startTwo(t)
  const made = await makeKey()
  await isGoodAtBoth((at) => asKey(at, made), [one, other])
  await one.succeed('DELETE', `/keys/${made.id}`)
  assert.equal(await asKey(one, made), 401)
  clock.advance(WITHIN_MS)
  assert.equal(await asKey(other, made), 401)
})

test('a key suspended at one replica, and resumed', { skip }, async (t) => {
  const { one, other, clock, makeKey, asKey } = await startTwo(t)
  const made = await makeKey()
  await isGoodAtBoth((at) => asKey(at, made), [one, other])
  await one.succeed('POST', `/keys/${made.id}/suspend`, { body: { reason: 'Leaked' } })
  const next = await other.succeed<Key>('POST', `/keys/${made.id}/rotate`, { body: {} })
  assert.deepEqual([await asKey(one, made), await asKey(one, next)], [401, 401])
  clock.advance(WITHIN_MS)
  assert.deepEqual([await asKey(other, made), await asKey(other, next)], [401, 401])
  await one.succeed('POST', `/keys/${next.id}/resume`)
  await isGoodAtBoth((at) => asKey(at, next), [one, other])
})

test('a token revoked at one replica', { skip }, async (t) => {
  const { one, other, clock, makeToken, asPeer } = await startTwo(t)
  const made = await makeToken()
  await isGoodAtBoth((at) => asPeer(at, made), [one, other])
  await one.succeed('DELETE', `/federation/tokens/${made.id}`)
  assert.equal(await asPeer(one, made), 401)
  clock.advance(WITHIN_MS)
  assert.equal(await asPeer(other, made), 401)
})

test('a peer switched off, and then removed, at one replica', { skip }, async (t) => {
  const { one, other, clock, makeToken, asPeer } = await startTwo(t)
  const made = await makeToken()
  const path = `/federation/peers/${made.peer_id}`
  await isGoodAtBoth((at) => asPeer(at, made), [one, other])
  await one.succeed('PUT', path, { body: { inbound_active: false } })
  assert.equal(await asPeer(one, made), 403)
  clock.advance(WITHIN_MS)
  assert.equal(await asPeer(other, made), 403)
  await one.succeed('PUT', path, { body: { inbound_active: true } })
  clock.advance(WITHIN_MS)
  await isGoodAtBoth((at) => asPeer(at, made), [one, other])
  await one.succeed('DELETE', path)
  assert.equal(await asPeer(one, made), 401)
  clock.advance(WITHIN_MS)
  assert.equal(await asPeer(other, made), 401)
})

test('a token and a key rotated without overlap at one replica; the new ones are good at both at once', {
  skip,
}, async (t) => {
  const { one, other, clock, makeKey, makeToken, asKey, asPeer } = await startTwo(t)
  const [token, key] = [await makeToken(), await makeKey()]
  await isGoodAtBoth((at) => asPeer(at, token), [one, other])
  await isGoodAtBoth((at) => asKey(at, key), [one, other])
  const body = { overlap_seconds: 0 }
  const newToken = await one.succeed<Token>('POST', `/federation/tokens/${token.id}/rotate`, { body })
  const newKey = await one.succeed<Key>('POST', `/keys/${key.id}/rotate`, { body })
  await isGoodAtBoth((at) => asPeer(at, newToken), [one, other])
  await isGoodAtBoth((at) => asKey(at, newKey), [one, other])
  assert.deepEqual([await asPeer(one, token), await asKey(one, key)], [401, 401])
  clock.advance(WITHIN_MS)
  assert.deepEqual([await asPeer(other, token), await asKey(other, key)], [401, 401])
})

test('a token and a key rotated: old and new are good for a day at both replicas, then the new ones alone', {
  skip,
}, async (t) => {
  const { one, other, clock, makeKey, makeToken, asKey, asPeer } = await startTwo(t)
  const [token, key] = [await makeToken(), await makeKey()]
  const rotated = await one.succeed<Token & { readonly replaced_ends_at: string }>(
    'POST',
    `/federation/tokens/${token.id}/rotate`,
    { body: {} },
  )
  const newKey = await other.succeed<Key>('POST', `/keys/${key.id}/rotate`, { body: {} })
  const endsIn = Date.parse(rotated.replaced_ends_at) - clock.now()
  assert.ok(Math.abs(endsIn - 86_400_000) < 10_000, `it ends in ${endsIn} ms`)
  clock.advance(86_340_000)
  for (const held of [token, rotated]) await isGoodAtBoth((at) => asPeer(at, held), [one, other])
  for (const held of [key, newKey]) await isGoodAtBoth((at) => asKey(at, held), [one, other])
  const { tokens } = await one.succeed<{ tokens: { id: string; last_used_at: string | null }[] }>(
    'GET',
    '/federation/tokens',
  )
  for (const { id } of [token, rotated]) {
    const usedAt = tokens.find((listed) => listed.id === id)?.last_used_at ?? ''
    assert.ok(clock.now() - Date.parse(usedAt) < 5 * 60_000, usedAt)
  }
  clock.advance(60_000)
  for (const at of [one, other]) {
    assert.deepEqual([await asPeer(at, token), await asKey(at, key)], [401, 401])
    assert.deepEqual([await asPeer(at, rotated), await asKey(at, newKey)], [200, 200])
  }
})

test('of ten rotations of one token at two replicas at once one succeeds, and the others say why', {
  skip,
}, async (t) => {
  const { one, other, makeToken } = await startTwo(t)
  const { id } = await makeToken()
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, place) =>
      (place % 2 === 0 ? one : other).call('POST', `/federation/tokens/${id}/rotate`, { body: {} }),
    ),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  const refused = answers.filter(({ status }) => status !== 201)
  assert.ok(refused.every(({ status, body }) => status === 409 && body.code === 'rotated-already'))
  for (const overlap_seconds of [-1, 604_801, 0.5]) {
    const body = { overlap_seconds }
    assert.equal((await one.call('POST', `/federation/tokens/${id}/rotate`, { body })).status, 422)
  }
})
