import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EnrolledPeer } from '../../src/domain/invites.ts'
import { hashToken, mintToken, tokenHint } from '../../src/security/tokens.ts'
import { createInviteStore } from '../../src/storage/invites.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { createTokenStore } from '../../src/storage/tokens.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import {
  addPeer,
  createTestBox,
  createTestClock,
  dumpTables,
  OPERATOR,
  readAudit,
  START,
} from './store-fixtures.ts'

const MINUTE_MS = 60_000

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const deps = { clock: createTestClock(), secretBox: createTestBox() }
  const { clock } = deps
  const invites = createInviteStore(engine, clock)
  const invite = (secretHash: string, isAutoAccepting = true) =>
    invites.create(
      { secretHash, expiresAt: clock.now() + 15 * MINUTE_MS, isAutoAccepting, sharePolicy: null },
      OPERATOR,
    )
  return {
    engine,
    clock,
    invites,
    invite,
    peers: createPeerStore(engine, deps),
    tokens: createTokenStore(engine, deps),
  }
}

function enrolled(inviteHash: string | null, changes: Partial<EnrolledPeer> = {}): EnrolledPeer {
  const token = mintToken('avf')
  return {
    ...{ name: 'Lumen', registryUrl: 'https://lumen.example', publicKey: '{"x":"one"}' },
    ...{ signatureScheme: 'rfc9421-ed25519', apiKey: 'their token', inviteHash },
    token: { tokenHash: hashToken(token), hint: tokenHint(token), hmacSecret: token },
    ...{ isActive: true, isInboundActive: true },
    ...changes,
  }
}

await forEachEngine('invites', (createDatabase) => {
  test('an invite is good until it is used, revoked or over, and says which', async () => {
    await using database = await createDatabase()
    const { clock, invites, invite, peers } = await open(database)
    const used = await invite('used')
    const revoked = await invite('revoked')
    const late = await invite('late')
    assert.equal(await invites.revoke(revoked.id, OPERATOR), true)
    assert.equal(await invites.revoke(revoked.id, OPERATOR), false)
    for (const id of ['', 'nobody', `${used.id}x`]) assert.equal(await invites.revoke(id, OPERATOR), false)
    const first = await peers.enrol(enrolled('used'), OPERATOR)
    assert.ok(first.kind === 'enrolled' && first.peer.isActive && !first.isPending)
    assert.deepEqual(await peers.enrol(enrolled('used'), OPERATOR), { kind: 'invite-used', at: START })
    assert.deepEqual(await peers.enrol(enrolled('revoked'), OPERATOR), { kind: 'invite-revoked', at: START })
    assert.deepEqual(await peers.enrol(enrolled('nobody'), OPERATOR), { kind: 'invite-unknown' })
    clock.advance(15 * MINUTE_MS)
    const at = START + 15 * MINUTE_MS
    assert.deepEqual(await peers.enrol(enrolled('late'), OPERATOR), { kind: 'invite-expired', at })
    assert.deepEqual(
      (await invites.list()).map(({ id, usedAt, revokedAt, peerId }) => [id, usedAt, revokedAt, peerId]),
      [
        [late.id, null, null, null],
        [revoked.id, null, START, null],
        [used.id, START, null, first.peer.id],
      ],
    )
    await peers.delete(first.peer.id, OPERATOR)
    assert.equal((await invites.findByHash('used'))?.peerId, null)
    assert.equal(await invites.purge(at), 0)
    assert.equal(await invites.purge(at + 1), 3)
  })

  test('everything an enrolment does stands in the audit log, and no secret in any table', async () => {
    await using database = await createDatabase()
    const { engine, invite, peers } = await open(database)
    const { id } = await invite('hash', false)
    const draft = enrolled('hash', { apiKey: 'canary one' })
    const result = await peers.enrol(draft, { id: `invite:${id}`, requestId: 'req-2' })
    assert.ok(result.kind === 'enrolled' && result.isPending && result.peer.awaitsConfirmation)
    assert.ok(!result.peer.isActive && !result.peer.isInboundActive)
    assert.deepEqual(
      (await readAudit(engine)).map(({ action, actor }) => [action, actor]),
      [
        ['invite.create', OPERATOR.id],
        ['peer.create', `invite:${id}`],
        ['token.create', `invite:${id}`],
        ['invite.use', `invite:${id}`],
      ],
    )
    const dump = await dumpTables(engine)
    for (const secret of ['canary one', draft.token.hmacSecret]) assert.ok(!dump.includes(secret))
    assert.equal((await peers.getCredentials(result.peer.id)).apiKey, 'canary one')
  })

  test('another key at a known address changes nothing and uses nothing up', async () => {
    await using database = await createDatabase()
    const { engine, invites, invite, peers } = await open(database)
    await invite('one')
    await invite('two')
    await peers.enrol(enrolled('one'), OPERATOR)
    const before = await dumpTables(engine)
    const other = await peers.enrol(enrolled('two', { publicKey: '{"x":"two"}' }), OPERATOR)
    assert.equal(other.kind, 'another-key')
    assert.equal(await dumpTables(engine), before)
    assert.equal((await invites.findByHash('two'))?.usedAt, null)
  })

  test('a peer that was known without a key waits for confirmation; one that was confirmed by its key does not', async () => {
    await using database = await createDatabase()
    const { invite, peers, tokens } = await open(database)
    const known = await addPeer(peers, 'By token', {
      registryUrl: 'https://lumen.example',
      isInboundActive: true,
    })
    await invite('first', false)
    const first = await peers.enrol(enrolled('first'), OPERATOR)
    assert.ok(first.kind === 'enrolled' && first.isPending && first.peer.id === known.id)
    assert.deepEqual([first.peer.name, first.peer.isActive], ['By token', false])
    const letIn = { awaitsConfirmation: false, isActive: true, isInboundActive: false }
    await peers.update(known.id, letIn, OPERATOR)
    await invite('second', false)
    const second = await peers.enrol(enrolled('second'), OPERATOR)
    assert.ok(second.kind === 'enrolled' && !second.isPending)
    assert.deepEqual([second.peer.isActive, second.peer.isInboundActive], [true, false], 'as it was decided')
    const live = (await tokens.list()).filter(({ revokedAt }) => revokedAt === null)
    assert.equal(live.length, 1, 'only the newest token counts')
  })

  test('of many at once: one invite makes one peer, many invites of one registry one peer, one name many peers', async () => {
    await using database = await createDatabase()
    const { invites, invite, peers, tokens } = await open(database)
    await invite('shared')
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, place) =>
        peers.enrol(enrolled('shared', { registryUrl: `https://r${place}.example` }), OPERATOR),
      ),
    )
    assert.equal(results.filter(({ kind }) => kind === 'enrolled').length, 1)
    assert.equal(results.filter(({ kind }) => kind === 'invite-used').length, 29)
    const hashes = Array.from({ length: 20 }, (_, place) => `own ${place}`)
    for (const hash of hashes) await invite(hash)
    const same = await Promise.all(
      hashes.map((hash) => peers.enrol(enrolled(hash, { registryUrl: 'https://same.example' }), OPERATOR)),
    )
    assert.deepEqual(new Set(same.map(({ kind }) => kind)), new Set(['enrolled']))
    const [first] = same
    const ids = new Set(same.map((result) => (result.kind === 'enrolled' ? result.peer.id : '')))
    assert.ok(ids.size === 1 && first?.kind === 'enrolled')
    const live = (await tokens.list()).filter(
      ({ peerId, revokedAt }) => peerId === first.peer.id && revokedAt === null,
    )
    assert.equal(live.length, 1)
    assert.equal(
      (await invites.list()).every(({ usedAt }) => usedAt !== null),
      true,
    )
    assert.deepEqual(
      (await peers.list()).map(({ name }) => name),
      ['Lumen', 'Lumen (https://same.example)'],
    )
  })
})
