/** How a registry is known to others: its document, its keys, and how they change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRegistryDocument } from '../src/security/registry-document.ts'
import { createManualClock } from './support/clocks.ts'
import { type RunningRegistry, startRegistry } from './support/registry.ts'
import { hasPostgres, startReplicas } from './support/replicas.ts'

type Identity = { readonly keys: readonly { readonly thumbprint: string; readonly state: string }[] }

const PATH = '/.well-known/agent-registry.json'

test('a registry shows who it is to anyone, and the document proves itself', async (t) => {
  const registry = await startRegistry(t, { env: { REGISTRY_ANONYMOUS_READ: 'false' } })
  const { status, headers, body } = await registry.send<unknown>('GET', PATH, { key: null })
  assert.equal(status, 200)
  assert.match(headers.get('content-type') ?? '', /^application\/json/)
  const read = readRegistryDocument(body, { origin: registry.url, now: Date.now() })
  assert.ok(read.ok, JSON.stringify(read))
  const identity = await registry.succeed<Identity>('GET', '/federation/identity')
  assert.deepEqual(
    identity.keys.map(({ thumbprint, state }) => [thumbprint, state]),
    [[read.document.keys[0].thumbprint, 'signing']],
  )
})

test('the identity rotates for operators of the right role alone, and peers see it at once', async (t) => {
  const first = await startRegistry(t)
  const known = await first.succeed<Identity>('GET', '/federation/identity')
  const { key } = await first.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'operator', role: 'operator' },
  })
  const asOperator = await first.call('POST', '/federation/identity/rotate', { key, body: {} })
  assert.equal(asOperator.status, 403)
  const rotated = await first.succeed<Identity>('POST', '/federation/identity/rotate', { body: {} })
  assert.deepEqual(
    rotated.keys.map(({ state }) => state),
    ['signing', 'next'],
  )
  assert.equal(rotated.keys[0]?.thumbprint, known.keys[0]?.thumbprint)
  const again = await first.call('POST', '/federation/identity/rotate', { body: { overlap_seconds: 60 } })
  assert.deepEqual([again.status, again.body.code], [409, 'rotation-pending'])
  const atOnce = await first.succeed<Identity>('POST', '/federation/identity/rotate', {
    body: { overlap_seconds: 0 },
  })
  assert.deepEqual(
    atOnce.keys.map(({ state }) => state),
    ['signing'],
  )
  assert.notEqual(atOnce.keys[0]?.thumbprint, known.keys[0]?.thumbprint)
  const document = (await first.send<{ keys: { kid: string }[] }>('GET', PATH)).body
  assert.deepEqual(
    document.keys.map(({ kid }) => kid),
    [atOnce.keys[0]?.thumbprint],
  )
})

if (await hasPostgres('identity')) {
  test('replicas show one identity, and a rotation on one within 5 s on the others', async (t) => {
    const clock = createManualClock(Date.parse('2026-12-01T12:00:00Z'))
    const replicas = await startReplicas(t, [{ overrides: { clock } }, { overrides: { clock } }])
    const [one, other] = replicas.all
    assert.ok(one && other)
    const thumbprints = async (of: RunningRegistry) =>
      (await of.succeed<Identity>('GET', '/federation/identity')).keys.map(({ thumbprint }) => thumbprint)
    const before = await thumbprints(one)
    assert.equal(before.length, 1)
    assert.deepEqual(await thumbprints(other), before)
    await one.succeed('POST', '/federation/identity/rotate', { body: { overlap_seconds: 0 } })
    clock.advance(5_000)
    const after = await thumbprints(one)
    assert.notDeepEqual(after, before)
    assert.deepEqual(await thumbprints(other), after)
  })
}
