/** Two registries become peers by one paste; and everybody who would like to be one of the two, and is not. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { formatInvite, parseInvite } from '../src/security/invites.ts'
import type { WireDiscoveryAnswer } from '../src/wire/discovery.ts'
import { forEachEngine } from './conformance/engines.ts'
import { createLaterClock } from './support/clocks.ts'
import { discover, namesOf, publish, rowOf } from './support/records.ts'
import { type Problem, type RunningRegistry, startRegistry } from './support/registry.ts'
import { type Attempt, freshIdentity, startStrangers } from './support/strangers.ts'

type Made = {
  readonly id: string
  readonly invite: string
  readonly registry_url: string
  readonly key_thumbprint: string
  readonly expires_at: string
}
type Accepted = {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly key_thumbprint: string
  readonly own_key_thumbprint: string
  readonly probe?: { readonly problem?: string }
}
type PeerView = {
  readonly id: string
  readonly name: string
  readonly registry_url: string
  readonly is_active: boolean
  readonly inbound_active: boolean
  readonly awaits_confirmation: boolean
  readonly signature_scheme: string
  readonly key_thumbprint: string | null
}

const invite = (by: RunningRegistry, body: object = {}) =>
  by.succeed<Made>('POST', '/federation/invites', { body })
const accept = (by: RunningRegistry, paste: string, body: object = {}) =>
  by.call<Accepted & Problem>('POST', '/federation/invites/accept', { body: { invite: paste, ...body } })
const peersOf = async (of: RunningRegistry) =>
  (await of.succeed<{ peers: PeerView[] }>('GET', '/federation/peers')).peers
const statesOf = async (of: RunningRegistry) =>
  (await of.succeed<{ invites: { state: string }[] }>('GET', '/federation/invites')).invites.map(
    ({ state }) => state,
  )

async function startTwo(t: TestContext) {
  const [harbor, lumen] = [
    await startRegistry(t, { name: 'Harbor' }),
    await startRegistry(t, { name: 'Lumen' }),
  ]
  for (const registry of [harbor, lumen]) {
    await publish(registry, { name: `Ferry of ${registry.name}`, visibility: 'federated' })
  }
  return { harbor, lumen }
}

/** What each finds of the other. */
async function assertBothFind(one: RunningRegistry, other: RunningRegistry): Promise<void> {
  for (const registry of [one, other]) {
    const answer: WireDiscoveryAnswer = await discover(registry, 'search=ferry')
    assert.deepEqual(namesOf(answer).toSorted(), ['Ferry of Harbor', 'Ferry of Lumen'], registry.name)
    assert.equal(answer.federation_stats?.complete, true)
  }
}

test('an invite that needs no confirmation: one paste, and both find what the other shares', async (t) => {
  const { harbor, lumen } = await startTwo(t)
  const made = await invite(harbor, { auto_accept: true })
  const accepted = await accept(lumen, made.invite)
  assert.equal(accepted.status, 201, accepted.text)
  assert.equal(accepted.body.state, 'active')
  assert.equal(accepted.body.probe?.problem, undefined)
  assert.equal(accepted.body.key_thumbprint, made.key_thumbprint)
  await assertBothFind(harbor, lumen)
  const [seen] = await peersOf(harbor)
  assert.deepEqual(
    [seen?.name, seen?.registry_url, seen?.is_active, seen?.inbound_active, seen?.awaits_confirmation],
    ['Lumen', lumen.url, true, true, false],
  )
  // Signed with the registries' own keys from the first request on, and never with less.
  for (const registry of [harbor, lumen]) {
    const [peer] = await peersOf(registry)
    assert.equal(peer?.signature_scheme, 'rfc9421-ed25519', registry.name)
  }
  assert.equal(seen?.key_thumbprint, accepted.body.own_key_thumbprint)
  assert.deepEqual(await statesOf(harbor), ['used'])
})

test('without it nothing passes until the one who invited has confirmed the fingerprint', async (t) => {
  const { harbor, lumen } = await startTwo(t)
  const accepted = await accept(lumen, (await invite(harbor)).invite)
  assert.deepEqual([accepted.status, accepted.body.state], [201, 'pending'], accepted.text)
  const before = await discover(lumen, 'search=ferry')
  assert.equal(rowOf(before, 'Harbor').outcome, 'refused')
  assert.match(rowOf(before, 'Harbor').error ?? '', /its operator has not confirmed the enrolment/)
  assert.deepEqual(namesOf(await discover(harbor, 'search=ferry')), ['Ferry of Harbor'])
  const [peer] = await peersOf(harbor)
  assert.ok(peer?.awaits_confirmation)
  assert.equal(peer.key_thumbprint, accepted.body.own_key_thumbprint)
  const confirm = (key_thumbprint: string) =>
    harbor.call<PeerView & Problem>('POST', `/federation/peers/${peer.id}/confirm`, {
      body: { key_thumbprint },
    })
  const wrong = await confirm(accepted.body.key_thumbprint)
  assert.deepEqual([wrong.status, wrong.body.code], [403, 'enrolment-refused'])
  assert.match(wrong.body.detail, /not the one you were told: it stays out/)
  assert.ok((await peersOf(harbor))[0]?.awaits_confirmation)
  const confirmed = await confirm(accepted.body.own_key_thumbprint)
  assert.deepEqual([confirmed.status, confirmed.body.is_active], [200, true], confirmed.text)
  await lumen.succeed('POST', `/federation/peers/${accepted.body.id}/check`)
  for (const registry of [harbor, lumen]) await discover(registry, 'search=ferry&force_refresh=true')
  await assertBothFind(harbor, lumen)
})

test('who accepts chooses the directions, and the name', async (t) => {
  const { harbor, lumen } = await startTwo(t)
  const choice = { name: 'The harbour', inbound_active: false }
  await accept(lumen, (await invite(harbor, { auto_accept: true })).invite, choice)
  assert.deepEqual(namesOf(await discover(lumen, 'search=ferry')).length, 2)
  const refused = rowOf(await discover(harbor, 'search=ferry'), 'Lumen')
  assert.match(refused.error ?? '', /switched that off/)
  assert.equal((await peersOf(lumen))[0]?.name, 'The harbour')
})

test('what is shared is chosen with the invite, at its acceptance or its confirmation', async (t) => {
  const { harbor, lumen } = await startTwo(t)
  const nothing = { include: [] }
  await accept(lumen, (await invite(harbor, { auto_accept: true, share_policy: nothing })).invite, {
    share_policy: { exclude: [{ agent_type: 'a2a' }] },
  })
  assert.deepEqual(namesOf(await discover(harbor, 'search=ferry')), ['Ferry of Harbor'])
  assert.deepEqual(namesOf(await discover(lumen, 'search=ferry')), ['Ferry of Lumen'])
  const [peer] = await peersOf(harbor)
  await harbor.succeed('DELETE', `/federation/peers/${peer?.id}`)
  await accept(lumen, (await invite(harbor)).invite, { share_policy: null })
  const [pending] = await peersOf(harbor)
  const confirmed = await harbor.call<Problem>('POST', `/federation/peers/${pending?.id}/confirm`, {
    body: { share_policy: { include: 'all' } },
  })
  assert.deepEqual([confirmed.status, confirmed.body.errors?.[0]?.pointer], [422, '/share_policy/include'])
  await harbor.succeed('POST', `/federation/peers/${pending?.id}/confirm`, {
    body: { share_policy: nothing },
  })
  const search = 'search=ferry&force_refresh=true'
  assert.equal(namesOf(await discover(harbor, search)).length, 2)
  const [there] = await peersOf(lumen)
  await lumen.succeed('POST', `/federation/peers/${there?.id}/check`)
  assert.deepEqual(namesOf(await discover(lumen, search)), ['Ferry of Lumen'])
  const wrong = await accept(lumen, (await invite(harbor)).invite, { share_policy: { colour: 'red' } })
  assert.deepEqual([wrong.status, wrong.body.errors?.[0]?.pointer], [422, '/share_policy/colour'])
  assert.deepEqual((await statesOf(harbor)).slice(0, 1), ['open'], 'looked at before anything is sent')
})

test('removing a peer revokes its token and refuses it from then on', async (t) => {
  const { harbor, lumen } = await startTwo(t)
  await accept(lumen, (await invite(harbor, { auto_accept: true })).invite)
  await assertBothFind(harbor, lumen)
  const [peer] = await peersOf(harbor)
  const removed = await harbor.succeed<{ revoked_tokens: number; purged_agents: number }>(
    ...(['DELETE', `/federation/peers/${peer?.id}`] as const),
  )
  assert.equal(removed.revoked_tokens, 1)
  assert.equal(typeof removed.purged_agents, 'number')
  assert.deepEqual(namesOf(await discover(harbor, 'search=ferry')), ['Ferry of Harbor'])
  const row = rowOf(await discover(lumen, 'search=ferry&force_refresh=true'), 'Harbor')
  assert.equal(row.outcome, 'refused')
})

test('an enrolment again, by a new invite, renews the tokens of a peer and keeps what was decided of it', async (t) => {
  const { harbor, lumen } = await startTwo(t)
  await accept(lumen, (await invite(harbor, { auto_accept: true })).invite)
  const again = await accept(lumen, (await invite(harbor)).invite)
  assert.deepEqual([again.status, again.body.state], [201, 'active'], again.text)
  await assertBothFind(harbor, lumen)
  assert.equal((await peersOf(harbor)).length, 1)
  const { tokens } = await harbor.succeed<{ tokens: { revoked_at: string | null }[] }>(
    'GET',
    '/federation/tokens',
  )
  assert.deepEqual(
    tokens.map(({ revoked_at }) => revoked_at === null),
    [false, true],
  )
})

test('an invite that has expired, was revoked or used, or that nobody made, says so and lets nobody in', async (t) => {
  const clock = createLaterClock()
  const harbor = await startRegistry(t, { overrides: { clock } })
  const mallory = await startStrangers(t, 1).then(([one]) => one ?? assert.fail())
  const [early, revoked, open] = [await invite(harbor), await invite(harbor), await invite(harbor)]
  assert.equal((await harbor.call('DELETE', `/federation/invites/${revoked.id}`)).status, 204)
  assert.equal((await harbor.call('DELETE', `/federation/invites/${revoked.id}`)).status, 404)
  assertRefused(await mallory.enrol(revoked.invite), 'invite-refused', /was revoked at/)
  const forged = formatInvite({ ...readPaste(open.invite), secret: readPaste(early.invite).keyThumbprint })
  assertRefused(await mallory.enrol(forged), 'invite-refused', /knows no such invite/)
  assert.equal((await mallory.enrol(open.invite)).status, 201)
  assertRefused(await mallory.enrol(open.invite), 'invite-refused', /used already, at .*Ask for a new one/)
  clock.advance(15 * 60_000)
  assertRefused(await mallory.enrol(early.invite), 'invite-refused', /expired at/)
  const sixth = await mallory.enrol(early.invite)
  assertRefused(sixth, 'rate-limited', /More than 5 attempts to enrol within an hour: try again in \d+ s/)
  assertRefused(await mallory.enrol(early.invite, { from: '127.0.0.2' }), 'invite-refused', /expired at/)
  clock.advance(3_600_000)
  assertRefused(await mallory.enrol(early.invite), 'invite-refused', /expired at/)
  assert.deepEqual(await statesOf(harbor), ['used', 'revoked', 'expired'])
  assert.equal((await peersOf(harbor)).length, 1)
})

test('who cannot prove its key or its address is refused, and the invite is not used up', async (t) => {
  const harbor = await startRegistry(t)
  const lumen = await startRegistry(t, { name: 'Lumen' })
  const { invite: paste } = await invite(harbor)
  const strangers = await startStrangers(t, 6)
  const attempts: readonly (readonly [Attempt, string, RegExp])[] = [
    [
      { tamper: (message) => ({ ...message, name: 'Lumen' }) },
      'enrolment-refused',
      /not a signature of its key/,
    ],
    [{ signWith: await freshIdentity('x') }, 'enrolment-refused', /does not have the key that signed/],
    [{ registryUrl: lumen.url }, 'enrolment-refused', /does not have the key that signed/],
    [{ registryUrl: harbor.url }, 'peer-address-forbidden', /address of this registry itself/],
    [{ to: lumen.url }, 'enrolment-refused', /meant for another registry/],
  ]
  for (const [place, [attempt, code, sentence]] of attempts.entries()) {
    const stranger = strangers[place] ?? assert.fail()
    assertRefused(await stranger.enrol(paste, { ...attempt, from: `127.0.2.${place + 1}` }), code, sentence)
  }
  assert.deepEqual(await statesOf(harbor), ['open'])
  assert.deepEqual(await peersOf(harbor), [])
  assert.equal((await strangers[5]?.enrol(paste))?.status, 201)
})

test('an address known by another key is refused on both sides; without an invite nobody is asked anything', async (t) => {
  const { harbor, lumen } = await startTwo(t)
  const [mallory] = await startStrangers(t, 1)
  assert.ok(mallory)
  assert.equal((await mallory.enrol((await invite(harbor, { auto_accept: true })).invite)).status, 201)
  await mallory.changeKey()
  const next = await invite(harbor, { auto_accept: true })
  assertRefused(await mallory.enrol(next.invite), 'enrolment-refused', /known by another key/)
  // The other side: whose address has another key by now does not get our token.
  await accept(lumen, (await invite(harbor, { auto_accept: true })).invite)
  await harbor.succeed('POST', '/federation/identity/rotate', { body: { overlap_seconds: 0 } })
  const refused = await accept(lumen, (await invite(harbor)).invite)
  assertRefused(refused, 'enrolment-refused', /known by another key/)
  assert.deepEqual((await statesOf(harbor)).slice(0, 1), ['open'])
  const asked = mallory.server.requests.length
  assertRefused(
    await mallory.enrol(
      formatInvite({ ...readPaste(next.invite), secret: readPaste(next.invite).keyThumbprint }),
    ),
    ...(['invite-refused', /knows no such invite/] as const),
  )
  assert.equal(mallory.server.requests.length, asked)
})

test('an address that may not be contacted is not: neither the one in a paste nor the one that knocks', async (t) => {
  const shut = { REGISTRY_PEER_NETWORKS: '10.99.0.0/16' }
  const harbor = await startRegistry(t, { env: shut })
  const { invite: paste } = await invite(harbor)
  const [mallory] = await startStrangers(t, 1)
  assert.ok(mallory)
  const forbidden = [
    ...[
      mallory.url,
      'http://169.254.169.254',
      'https://169.254.169.254',
      'https://[::1]',
      'https://0x7f000001',
    ],
    ...['https://127.0.0.1:1', 'http://10.98.0.1', 'https://localhost:9', 'https://[::ffff:10.0.0.1]/x'],
  ]
  for (const [place, registryUrl] of forbidden.entries()) {
    const knocked = await mallory.enrol(paste, { registryUrl, from: `127.0.3.${place + 1}` })
    assertRefused(knocked, 'peer-address-forbidden', /./)
    // As it would be written in a paste of an attacker.
    const asPaste = URL.parse(registryUrl)?.href.replace(/\/$/, '') ?? ''
    const pasted = await accept(harbor, formatInvite({ ...readPaste(paste), registryUrl: asPaste }))
    assertRefused(pasted, 'peer-address-forbidden', /./)
  }
  for (const registryUrl of [
    'file:///etc/passwd',
    'ftp://a.example',
    'https://u:p@a.example',
    'javascript:1',
    '',
  ]) {
    assertRefused(
      await mallory.enrol(paste, { registryUrl, from: '127.0.3.200' }),
      'enrolment-refused',
      /refused/,
    )
  }
  assertRefused(await accept(harbor, paste), 'peer-address-forbidden', /this registry itself/)
  assert.equal(mallory.server.requests.length, 0)
  assert.deepEqual(await statesOf(harbor), ['open'])
})

test('a paste that leads to another registry sends it nothing, and an answer that is not proved makes no peer', async (t) => {
  const { harbor, lumen } = await startTwo(t)
  const paste = readPaste((await invite(harbor)).invite)
  const [mallory] = await startStrangers(t, 1)
  assert.ok(mallory)
  const swapped = await accept(lumen, formatInvite({ ...paste, registryUrl: mallory.url }))
  assertRefused(swapped, 'enrolment-failed', /not the one that made this invite.*Nothing was sent/)
  assert.deepEqual(
    mallory.server.requests.map(({ method }) => method),
    ['GET'],
  )
  const own = formatInvite({ ...paste, registryUrl: mallory.url, keyThumbprint: await mallory.thumbprint() })
  for (const [answer, sentence] of [
    [{ enrolment: {}, proof: {} }, /proof has no keyid/],
    [{ detail: `no: ${paste.secret}` }, /not one to an enrolment/],
    ['nonsense', /not one to an enrolment/],
  ] as const) {
    mallory.answerWith(201, answer)
    assertRefused(await accept(lumen, own), 'enrolment-failed', sentence)
  }
  mallory.answerWith(403, { detail: `Not you: ${paste.secret} avf_${'a'.repeat(49)}\u0007` })
  const refused = await accept(lumen, own)
  assertRefused(refused, 'enrolment-failed', /did not enrol us\. It says: Not you:/)
  assert.ok(!refused.text.includes(paste.secret) && !refused.text.includes('aaaa'))
  assert.deepEqual(await peersOf(lumen), [])
  for (const text of ['', 'hello', 'avp_AAAA', `${formatInvite(paste).slice(0, -8)}`]) {
    assertRefused(await accept(lumen, text), 'invite-refused', /./)
  }
  const late = formatInvite({ ...paste, expiresAt: Date.now() - 1_000 })
  assertRefused(await accept(lumen, late), 'invite-refused', /expired at/)
})

test('only administrators of the federation invite, accept and confirm', async (t) => {
  const { harbor } = await startTwo(t)
  const { key } = await harbor.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'op', role: 'operator' },
  })
  for (const [method, path, body] of [
    ['POST', '/federation/invites', {}],
    ['GET', '/federation/invites', undefined],
    ['POST', '/federation/invites/accept', { invite: 'avp_x' }],
    ['POST', '/federation/peers/x/confirm', {}],
  ] as const) {
    for (const as of [key, null]) {
      const { status } = await harbor.call(method, path, { key: as, ...(body && { body }) })
      assert.equal(status, as === null ? 401 : 403, path)
    }
  }
  const large = { enrolment: { name: 'x'.repeat(20_000) }, proof: { keyid: '', signature: '' } }
  assert.equal((await harbor.call('POST', '/federation/enroll', { key: null, body: large })).status, 413)
})

await forEachEngine('a hundred at once', (createDatabase) => {
  test('of a hundred who use one invite at once one succeeds, and the others are told why', async (t) => {
    const database = await createDatabase()
    t.after(() => database.dispose())
    const harbor = await startRegistry(t, { database })
    const { invite: paste } = await invite(harbor, { auto_accept: true })
    const strangers = await startStrangers(t, 100)
    const answers = await Promise.all(
      // Each from an address of its own: one alone may try five times an hour.
      strangers.map((stranger, place) => stranger.enrol(paste, { from: `127.0.1.${place + 1}` })),
    )
    const refused = answers.filter(({ status }) => status !== 201)
    assert.equal(refused.length, 99)
    for (const answer of refused)
      assertRefused(answer, 'invite-refused', /This invite was used already, at \S+Z;/)
    assert.equal((await peersOf(harbor)).length, 1)
    const { tokens } = await harbor.succeed<{ tokens: unknown[] }>('GET', '/federation/tokens')
    assert.equal(tokens.length, 1)
  })
})

function assertRefused(
  answer: { readonly status: number; readonly body: Problem; readonly text: string },
  code: string,
  sentence: RegExp,
): void {
  assert.equal(answer.body.code, code, answer.text)
  assert.match(answer.body.detail, sentence)
}

function readPaste(paste: string) {
  const read = parseInvite(paste)
  assert.ok(read.ok)
  return read.invite
}
