import assert from 'node:assert/strict'
import { test } from 'node:test'
import { v7 as uuidv7 } from 'uuid'
import type { PeerId } from '../../src/domain/peer.ts'
import type { TokenId } from '../../src/domain/principal.ts'
import { hashToken, mintToken } from '../../src/security/tokens.ts'
import { createPeerStore } from '../../src/storage/peers.ts'
import { createTokenStore } from '../../src/storage/tokens.ts'
import { type EngineUnderTest, forEachEngine } from './engines.ts'
import {
  createTestBox,
  createTestClock,
  dumpTables,
  OPERATOR,
  peerDraft,
  readAudit,
  START,
  tokenDraft,
} from './store-fixtures.ts'

const MINUTE_MS = 60_000

async function openWithPeer(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  const secretBox = createTestBox()
  const peers = createPeerStore(engine, { clock, secretBox })
  const tokens = createTokenStore(engine, { clock, secretBox })
  const created = await peers.create(peerDraft('Partner', { isInboundActive: true }), OPERATOR)
  assert.equal(created.kind, 'created')
  const { peer } = created as Extract<typeof created, { kind: 'created' }>
  return { engine, clock, peers, tokens, peer }
}

function rotationDraft(overlapMs: number) {
  const hmacSecrets = { hmac: 'second', 'hmac-token': 'the token itself' }
  return { tokenHash: hashToken(mintToken('avf')), hint: 'avf_…Xy34', hmacSecrets, overlapMs }
}

await forEachEngine('token store', (createDatabase) => {
  test('findByHash: a live token comes with its peer and its HMAC secret', async () => {
    await using database = await createDatabase()
    const { tokens, peer, engine } = await openWithPeer(database)
    const draft = tokenDraft(peer.id, { hmacSecret: 'shared 🔑', expiresAt: START + MINUTE_MS })
    const token = await tokens.create(draft, OPERATOR)
    assert.deepEqual(token, {
      id: token.id,
      peerId: peer.id,
      scheme: 'hmac',
      hint: draft.hint,
      createdAt: START,
      expiresAt: START + MINUTE_MS,
      lastUsedAt: null,
      rotatedAt: null,
      revokedAt: null,
    })
    assert.deepEqual(await tokens.findByHash(draft.tokenHash), { token, peer, hmacSecret: 'shared 🔑' })
    const row = (await readAudit(engine)).at(-1)
    assert.deepEqual([row?.action, row?.target], ['token.create', `token:${token.id}`])
    assert.deepEqual(row?.detail, { peer_id: peer.id, scheme: 'hmac' })
  })

  test('findByHash: a peer that was switched off is still told, as it is now', async () => {
    await using database = await createDatabase()
    const { tokens, peers, peer } = await openWithPeer(database)
    const draft = tokenDraft(peer.id)
    await tokens.create(draft, OPERATOR)
    await peers.update(peer.id, { isInboundActive: false }, OPERATOR)
    assert.equal((await tokens.findByHash(draft.tokenHash))?.peer.isInboundActive, false)
  })

  test('findByHash: a token is not found from its last millisecond on, nor once revoked, nor unknown', async () => {
    await using database = await createDatabase()
    const { tokens, peer, clock } = await openWithPeer(database)
    const expiring = tokenDraft(peer.id, { expiresAt: START + 10 })
    const endless = tokenDraft(peer.id)
    await tokens.create(expiring, OPERATOR)
    const { id } = await tokens.create(endless, OPERATOR)
    clock.advance(9)
    assert.ok(await tokens.findByHash(expiring.tokenHash))
    clock.advance(1)
    assert.equal(await tokens.findByHash(expiring.tokenHash), undefined)
    assert.ok(await tokens.findByHash(endless.tokenHash))
    await tokens.revoke(id, OPERATOR)
    assert.equal(await tokens.findByHash(endless.tokenHash), undefined)
    for (const text of ['', hashToken(mintToken('avf')), "' or ''='", '%']) {
      assert.equal(await tokens.findByHash(text), undefined)
    }
  })

  test('create: neither an unknown peer nor a doubled token leaves anything behind', async () => {
    await using database = await createDatabase()
    const { tokens, peer, engine } = await openWithPeer(database)
    const draft = tokenDraft(peer.id)
    await tokens.create(draft, OPERATOR)
    await assert.rejects(tokens.create(draft, OPERATOR))
    await assert.rejects(tokens.create(tokenDraft(uuidv7() as PeerId), OPERATOR))
    assert.equal((await tokens.list()).length, 1)
    assert.equal((await readAudit(engine)).length, 2)
  })

  test('revoke: ends a live token once; the dead and the unknown give false', async () => {
    await using database = await createDatabase()
    const { tokens, peer, engine, clock } = await openWithPeer(database)
    const live = await tokens.create(tokenDraft(peer.id), OPERATOR)
    const expired = await tokens.create(tokenDraft(peer.id, { expiresAt: START }), OPERATOR)
    clock.advance(5)
    const before = (await readAudit(engine)).length
    const answers = await Promise.all(Array.from({ length: 5 }, () => tokens.revoke(live.id, OPERATOR)))
    assert.equal(answers.filter(Boolean).length, 1)
    for (const id of [expired.id, uuidv7(), 'nobody', '']) {
      assert.equal(await tokens.revoke(id as TokenId, OPERATOR), false)
    }
    const rows = await readAudit(engine)
    assert.equal(rows.length, before + 1)
    assert.deepEqual([rows.at(-1)?.action, rows.at(-1)?.target], ['token.revoke', `token:${live.id}`])
    assert.deepEqual(await tokens.list(), [{ ...live, revokedAt: START + 5 }, expired])
  })

  test('rotate: both tokens are good in the overlap, each with its own secret, then the new one alone', async () => {
    await using database = await createDatabase()
    const { tokens, peer, engine, clock } = await openWithPeer(database)
    const draft = tokenDraft(peer.id, { hmacSecret: 'first', expiresAt: START + 60 * MINUTE_MS })
    const old = await tokens.create(draft, OPERATOR)
    clock.advance(MINUTE_MS)
    const next = rotationDraft(10 * MINUTE_MS)
    const outcome = await tokens.rotate(old.id, next, OPERATOR)
    assert.equal(outcome.kind, 'rotated')
    const { made, replaced } = outcome as Extract<typeof outcome, { kind: 'rotated' }>
    assert.deepEqual(replaced, {
      ...old,
      expiresAt: START + 11 * MINUTE_MS,
      rotatedAt: START + MINUTE_MS,
    })
    assert.deepEqual(
      [made.peerId, made.scheme, made.hint, made.expiresAt, made.rotatedAt],
      [peer.id, 'hmac', next.hint, START + 61 * MINUTE_MS, null],
    )
    const rows = (await readAudit(engine)).slice(-2)
    assert.deepEqual(
      rows.map(({ action, target, actor }) => [action, target, actor]),
      [
        ['token.create', `token:${made.id}`, OPERATOR.id],
        ['token.rotate', `token:${old.id}`, OPERATOR.id],
      ],
    )
    clock.advance(10 * MINUTE_MS - 1)
    assert.equal((await tokens.findByHash(draft.tokenHash))?.hmacSecret, 'first')
    assert.equal((await tokens.findByHash(next.tokenHash))?.hmacSecret, 'second')
    clock.advance(1)
    assert.equal(await tokens.findByHash(draft.tokenHash), undefined)
    assert.ok(await tokens.findByHash(next.tokenHash))
  })

  test('rotate: the token that signs by itself is followed by one that does; one about to end is not prolonged', async () => {
    await using database = await createDatabase()
    const { tokens, peer } = await openWithPeer(database)
    const old = await tokens.create(
      tokenDraft(peer.id, { scheme: 'hmac-token', expiresAt: START + 5 }),
      OPERATOR,
    )
    const next = rotationDraft(MINUTE_MS)
    const outcome = await tokens.rotate(old.id, next, OPERATOR)
    assert.ok(outcome.kind === 'rotated')
    assert.deepEqual([outcome.made.scheme, outcome.replaced.expiresAt], ['hmac-token', START + 5])
    assert.equal((await tokens.findByHash(next.tokenHash))?.hmacSecret, 'the token itself')
  })

  test('rotate: of five at once one makes a token; the replaced, the dead and the unknown make none', async () => {
    await using database = await createDatabase()
    const { tokens, peer, engine } = await openWithPeer(database)
    const live = await tokens.create(tokenDraft(peer.id), OPERATOR)
    const expired = await tokens.create(tokenDraft(peer.id, { expiresAt: START }), OPERATOR)
    const outcomes = await Promise.all(
      Array.from({ length: 5 }, () => tokens.rotate(live.id, rotationDraft(MINUTE_MS), OPERATOR)),
    )
    assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), [
      'rotated',
      ...Array.from({ length: 4 }, () => 'rotated-already'),
    ])
    for (const id of [expired.id, uuidv7(), 'nobody', '']) {
      const { kind } = await tokens.rotate(id as TokenId, rotationDraft(MINUTE_MS), OPERATOR)
      assert.equal(kind, 'absent')
    }
    assert.equal((await tokens.list()).length, 3)
    const rotations = (await readAudit(engine)).filter(({ action }) => action === 'token.rotate')
    assert.equal(rotations.length, 1)
  })

  test('rotate: without overlap the replaced token is not found from then on', async () => {
    await using database = await createDatabase()
    const { tokens, peer } = await openWithPeer(database)
    const draft = tokenDraft(peer.id)
    const { id } = await tokens.create(draft, OPERATOR)
    await tokens.rotate(id, rotationDraft(0), OPERATOR)
    assert.equal(await tokens.findByHash(draft.tokenHash), undefined)
    assert.equal(await tokens.revoke(id, OPERATOR), false)
  })

  test('touch: notes the first use, then only what is more than five minutes later', async () => {
    await using database = await createDatabase()
    const { tokens, peer, clock } = await openWithPeer(database)
    const { id } = await tokens.create(tokenDraft(peer.id), OPERATOR)
    const usedAt = async () => {
      await tokens.touch(id)
      return (await tokens.list())[0]?.lastUsedAt
    }
    assert.equal(await usedAt(), START)
    clock.advance(5 * MINUTE_MS)
    assert.equal(await usedAt(), START)
    clock.advance(1)
    assert.equal(await usedAt(), START + 5 * MINUTE_MS + 1)
    await tokens.touch('nobody' as TokenId)
  })

  test('the HMAC secret never stands readable in any table, and opens only in its own row', async () => {
    await using database = await createDatabase()
    const { tokens, peer, engine } = await openWithPeer(database)
    const [victim, attacker] = [tokenDraft(peer.id, { hmacSecret: 'canary' }), tokenDraft(peer.id)]
    const { id } = await tokens.create(victim, OPERATOR)
    await tokens.create(attacker, OPERATOR)
    const dump = await dumpTables(engine)
    assert.ok(dump.includes(victim.tokenHash) && !dump.includes('canary'))
    const stolen = await engine.db
      .selectFrom('federation_tokens')
      .select('hmac_secret')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    await engine.db
      .updateTable('federation_tokens')
      .set(stolen)
      .where('token_hash', '=', attacker.tokenHash)
      .execute()
    await assert.rejects(tokens.findByHash(attacker.tokenHash), { name: 'SecretBoxError' })
  })
})
