import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import type { PeerHealth, PeerId } from '../../src/domain/peer.ts'
import type { PeerDraft, PeerStore } from '../../src/domain/ports.ts'
import type { Engine } from '../../src/storage/engine.ts'
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

async function open(database: EngineUnderTest) {
  const engine = await database.open()
  const clock = createTestClock()
  const secretBox = createTestBox()
  return { engine, clock, secretBox, peers: createPeerStore(engine, { clock, secretBox }) }
}

async function createOne(peers: PeerStore, draft: PeerDraft) {
  const result = await peers.create(draft, OPERATOR)
  assert.equal(result.kind, 'created')
  return (result as Extract<typeof result, { kind: 'created' }>).peer
}

async function cacheAgent(engine: Engine, peerId: string, did: string) {
  const times = { cached_at: new Date(START).toISOString(), expires_at: new Date(START).toISOString() }
  await engine.db
    .insertInto('federated_agents_cache')
    .values({ id: uuidv7(), peer_id: peerId, agent_data: '{}', agent_did: did, ...times })
    .execute()
}

const FULL: PeerDraft = {
  name: 'Partner Registry',
  registryUrl: 'https://partner.example/registry',
  isActive: false,
  isInboundActive: true,
  apiKey: 'partner-key',
  signingSecret: 'partner-secret',
  protocol: 'mcp-registry',
  timeoutMs: 750,
  publicKey: '{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
  signatureScheme: 'rfc9421-ed25519',
  signatureTarget: 'path',
  requireSignature: false,
  priority: -3,
  isSizeConfirmed: true,
  metadata: { contact: 'Zoë "ops" <\\>', nested: { list: [1, null, true] } },
  sharePolicy: {
    include: [{ agentType: 'a2a', tag: 'Zoë', provider: null, id: null }],
    exclude: [{ agentType: null, tag: null, provider: 'Acme', id: null }],
    fields: ['description', 'card'],
    maxResults: 12,
  },
  quota: { queries: 100, results: null, bytes: 2 ** 40 },
}

const FAILING: PeerHealth = {
  status: 'timeout',
  consecutiveFailures: 4,
  consecutiveSuccesses: 0,
  responseTimeMs: 1500,
  error: 'no answer within 1500 ms',
  lastCheckAt: START + 5,
  agentCount: 25,
  clockSkewSeconds: -12,
}

const KEYS = ['a', 'b', 'c'].map((letter) => `{"crv":"Ed25519","kty":"OKP","x":"${letter.repeat(43)}"}`)

await forEachEngine('peer store', (createDatabase, kind) => {
  test('recordKeys: a key that is offered is kept with its time and audited, once', async () => {
    await using database = await createDatabase()
    const { peers, engine, clock } = await open(database)
    const [known = '', next = ''] = KEYS
    const { id } = await createOne(peers, peerDraft('A', { publicKey: known }))
    const offered = { publicKey: next, isAnnounced: true }
    await peers.recordKeys(id, { publicKey: known, offered, isPreviousShown: true })
    clock.advance(1_000)
    await peers.recordKeys(id, { publicKey: known, offered, isPreviousShown: true })
    const peer = await peers.find(id)
    assert.deepEqual(peer?.offeredKey, { ...offered, seenAt: START })
    assert.equal(peer?.publicKey, known)
    const rows = (await readAudit(engine)).filter(({ action }) => action === 'peer.key-offered')
    assert.deepEqual(
      rows.map(({ actor, target, detail }) => ({ actor, target, detail })),
      [{ actor: 'system', target: `peer:${id}`, detail: { public_key: next, announced: true } }],
    )
    // A look that was at another key than the one there is now says nothing.
    await peers.recordKeys(id, { publicKey: null, offered: null, isPreviousShown: false })
    assert.equal((await peers.find(id))?.offeredKey?.publicKey, next)
    await peers.recordKeys(id, { publicKey: known, offered: null, isPreviousShown: true })
    assert.equal((await peers.find(id))?.offeredKey, null)
  })

  test('update: an announced successor leaves the key before it good until it is not shown; any other ends it', async () => {
    await using database = await createDatabase()
    const { peers } = await open(database)
    const [first = '', second = '', third = ''] = KEYS
    const { id } = await createOne(peers, peerDraft('A', { publicKey: first }))
    const keys = async () => {
      const { publicKey, previousPublicKey, offeredKey } = (await peers.find(id)) ?? assert.fail()
      return [publicKey, previousPublicKey, offeredKey?.publicKey ?? null]
    }
    const offer = (publicKey: string, isAnnounced: boolean, now: string) =>
      peers.recordKeys(id, {
        publicKey: now,
        offered: { publicKey, isAnnounced },
        isPreviousShown: true,
      })
    await offer(second, true, first)
    await peers.update(id, { publicKey: second }, OPERATOR)
    assert.deepEqual(await keys(), [second, first, null])
    await peers.recordKeys(id, { publicKey: second, offered: null, isPreviousShown: true })
    assert.deepEqual(await keys(), [second, first, null])
    await peers.recordKeys(id, { publicKey: second, offered: null, isPreviousShown: false })
    assert.deepEqual(await keys(), [second, null, null])
    await offer(third, false, second)
    await peers.update(id, { publicKey: third }, OPERATOR)
    assert.deepEqual(await keys(), [third, null, null])
    // Announced, but another one is set.
    await offer(first, true, third)
    await peers.update(id, { publicKey: second }, OPERATOR)
    assert.deepEqual(await keys(), [second, null, null])
  })

  test('create: a peer reads back as it was given, secrets as a yes or no', async () => {
    await using database = await createDatabase()
    const { peers } = await open(database)
    const peer = await createOne(peers, FULL)
    const { apiKey: _, signingSecret: __, ...plain } = FULL
    assert.deepEqual(peer, {
      ...plain,
      id: peer.id,
      awaitsConfirmation: false,
      ...{ requireMtls: false, clientPins: [], serverPins: [], serverCa: null, clientCertificate: null },
      hasApiKey: true,
      hasSigningSecret: true,
      previousPublicKey: null,
      offeredKey: null,
      epoch: 0,
      health: {
        status: 'unknown',
        consecutiveFailures: 0,
        consecutiveSuccesses: 0,
        responseTimeMs: null,
        error: null,
        lastCheckAt: null,
        agentCount: 0,
        clockSkewSeconds: null,
      },
      lastSyncAt: null,
      staleBefore: null,
      sync: { position: null, epoch: null },
      createdAt: START,
      updatedAt: START,
    })
    assert.match(peer.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    assert.deepEqual(await peers.find(peer.id), peer)
    assert.deepEqual(await peers.find(peer.id.toUpperCase()), peer)
    assert.deepEqual(await peers.findByUrl('https://partner.example/registry'), peer)
  })

  test('list: all peers in the order they were added', async () => {
    await using database = await createDatabase()
    const { peers, clock } = await open(database)
    const added = []
    for (const name of ['Zulu', 'alpha', 'Mike']) {
      added.push(await createOne(peers, peerDraft(name)))
      clock.advance(name === 'alpha' ? 1 : 0)
    }
    assert.deepEqual(await peers.list(), added)
  })

  test('find: text that is no identifier, and unknown ones, find nothing on either engine', async () => {
    await using database = await createDatabase()
    const { peers } = await open(database)
    const peer = await createOne(peers, peerDraft('Partner'))
    const bad = [
      '',
      'nobody',
      "' or 1=1 --",
      `${peer.id}x`,
      `{${peer.id}}`,
      peer.id.replaceAll('-', ''),
      'a\0b',
      uuidv7(),
    ]
    for (const text of bad) assert.equal(await peers.find(text), undefined, JSON.stringify(text))
    assert.equal(await peers.findByUrl('https://nobody.example'), undefined)
    for (const text of bad) {
      const id = text as typeof peer.id
      assert.equal(await peers.delete(id, OPERATOR), undefined)
      assert.deepEqual(await peers.update(id, { priority: 1 }, OPERATOR), { kind: 'absent' })
    }
  })

  test('create: a name taken in another case, and an address taken, are conflicts that leave nothing', async () => {
    await using database = await createDatabase()
    const { peers, engine } = await open(database)
    const first = await createOne(peers, peerDraft('Ärzte Registry', { registryUrl: 'https://a.example' }))
    const sameName = peerDraft('ÄRZTE registry', { registryUrl: 'https://b.example' })
    assert.deepEqual(await peers.create(sameName, OPERATOR), { kind: 'name-taken' })
    const sameUrl = peerDraft('Other', { registryUrl: 'https://a.example' })
    assert.deepEqual(await peers.create(sameUrl, OPERATOR), { kind: 'url-taken', peer: first })
    const both = peerDraft('ärzte registry', { registryUrl: 'https://a.example' })
    assert.deepEqual(await peers.create(both, OPERATOR), { kind: 'url-taken', peer: first })
    assert.equal((await peers.list()).length, 1)
    assert.deepEqual(
      (await readAudit(engine)).map((row) => row.action),
      ['peer.create'],
    )
  })

  test('create: of twenty operators adding one registry at once, one succeeds and all others are told', async () => {
    await using database = await createDatabase()
    const { peers, engine } = await open(database)
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        peers.create(
          index % 2 === 0
            ? peerDraft(`Partner ${index}`, { registryUrl: 'https://same.example' })
            : peerDraft('PARTNER', { registryUrl: `https://p${index}.example` }),
          OPERATOR,
        ),
      ),
    )
    const kinds = results.map((result) => result.kind)
    assert.equal(kinds.filter((kind) => kind === 'created').length, 2)
    assert.equal(kinds.filter((kind) => kind === 'url-taken').length, 9)
    assert.equal(kinds.filter((kind) => kind === 'name-taken').length, 9)
    assert.equal((await readAudit(engine)).length, 2)
  })

  test('update: members given change, others stay, and the audit log names the changed ones only', async () => {
    await using database = await createDatabase()
    const { peers, engine, clock } = await open(database)
    const peer = await createOne(peers, FULL)
    clock.advance(1000)
    const patch = { isActive: true, timeoutMs: null, priority: -3, metadata: { contact: 'new' } }
    const updated = await peers.update(peer.id, patch, OPERATOR)
    const expected = { ...peer, ...patch, updatedAt: START + 1000 }
    assert.deepEqual(updated, { kind: 'updated', peer: expected })
    assert.deepEqual(await peers.find(peer.id), expected)
    const [, row] = await readAudit(engine)
    assert.equal(row?.action, 'peer.update')
    assert.equal(row?.target, `peer:${peer.id}`)
    assert.equal(row?.actor, OPERATOR.id)
    assert.equal(row?.requestId, OPERATOR.requestId)
    assert.deepEqual(row?.detail, { changed: ['is_active', 'timeout_ms', 'metadata'] })
  })

  test('update: every member can change, and a patch that changes nothing writes nothing', async () => {
    await using database = await createDatabase()
    const { peers, engine } = await open(database)
    const peer = await createOne(peers, peerDraft('Partner'))
    await peers.update(peer.id, FULL, OPERATOR)
    const { apiKey, signingSecret, ...plain } = FULL
    const stored = await peers.find(peer.id)
    assert.deepEqual({ ...stored, ...plain }, stored)
    assert.deepEqual(await peers.getCredentials(peer.id), { apiKey, signingSecret })
    const [, row] = await readAudit(engine)
    assert.equal(new Set(row?.detail.changed as string[]).size, Object.keys(FULL).length)
    assert.deepEqual(await peers.update(peer.id, { ...plain }, OPERATOR), { kind: 'updated', peer: stored })
    assert.deepEqual(await peers.update(peer.id, {}, OPERATOR), { kind: 'updated', peer: stored })
    assert.equal((await readAudit(engine)).length, 2)
  })

  test('update: another address or other credentials raise the epoch, nothing else does', async () => {
    await using database = await createDatabase()
    const { peers } = await open(database)
    const { id } = await createOne(peers, peerDraft('Partner'))
    const epochAfter = async (patch: Partial<PeerDraft>) => {
      await peers.update(id, patch, OPERATOR)
      return (await peers.find(id))?.epoch
    }
    assert.equal(await epochAfter({ isActive: false, name: 'Renamed', priority: 9, timeoutMs: 100 }), 0)
    assert.equal(await epochAfter({ apiKey: null, signingSecret: null }), 0)
    assert.equal(await epochAfter({ registryUrl: 'https://moved.example' }), 1)
    assert.equal(await epochAfter({ registryUrl: 'https://moved.example' }), 1)
    assert.equal(await epochAfter({ apiKey: 'key' }), 2)
    assert.equal(await epochAfter({ signingSecret: 'secret' }), 3)
    assert.equal(await epochAfter({ apiKey: null, signingSecret: null }), 4)
  })

  test('update: a taken name or address is a conflict and changes nothing; its own name is not taken', async () => {
    await using database = await createDatabase()
    const { peers, engine } = await open(database)
    const first = await createOne(peers, peerDraft('First'))
    const second = await createOne(peers, peerDraft('Second'))
    assert.deepEqual(await peers.update(second.id, { name: 'FIRST', priority: 5 }, OPERATOR), {
      kind: 'name-taken',
    })
    assert.deepEqual(await peers.update(second.id, { registryUrl: first.registryUrl }, OPERATOR), {
      kind: 'url-taken',
      peer: first,
    })
    assert.deepEqual(await peers.find(second.id), second)
    assert.equal((await readAudit(engine)).length, 2)
    const renamed = await peers.update(
      second.id,
      { name: 'SECOND', registryUrl: second.registryUrl },
      OPERATOR,
    )
    assert.equal(renamed.kind, 'updated')
  })

  test('update: of many peers claiming one name at once, one gets it', async () => {
    await using database = await createDatabase()
    const { peers } = await open(database)
    const all = []
    for (let index = 0; index < 8; index += 1) all.push(await createOne(peers, peerDraft(`Peer ${index}`)))
    const results = await Promise.all(all.map(({ id }) => peers.update(id, { name: 'Chosen' }, OPERATOR)))
    assert.equal(results.filter((result) => result.kind === 'updated').length, 1)
    assert.equal(results.filter((result) => result.kind === 'name-taken').length, 7)
  })

  test('update: changes of one peer at the same time all take effect', async () => {
    await using database = await createDatabase()
    const { peers } = await open(database)
    const { id } = await createOne(peers, peerDraft('Partner'))
    await Promise.all([
      peers.update(id, { priority: 7 }, OPERATOR),
      peers.update(id, { timeoutMs: 321 }, OPERATOR),
      ...Array.from({ length: 8 }, (_, index) => peers.update(id, { apiKey: `key ${index}` }, OPERATOR)),
    ])
    const peer = await peers.find(id)
    assert.deepEqual([peer?.priority, peer?.timeoutMs, peer?.epoch], [7, 321, 8])
  })

  test('delete: takes its tokens and cached records along and counts what was live', async () => {
    await using database = await createDatabase()
    const { peers, engine, clock, secretBox } = await open(database)
    const tokens = createTokenStore(engine, { clock, secretBox })
    const peer = await createOne(peers, peerDraft('Partner'))
    const other = await createOne(peers, peerDraft('Other'))
    const revoked = await tokens.create(tokenDraft(peer.id), OPERATOR)
    await tokens.revoke(revoked.id, OPERATOR)
    await tokens.create(tokenDraft(peer.id, { expiresAt: START }), OPERATOR)
    await tokens.create(tokenDraft(peer.id, { expiresAt: START + 1 }), OPERATOR)
    const live = tokenDraft(peer.id)
    await tokens.create(live, OPERATOR)
    const kept = tokenDraft(other.id)
    await tokens.create(kept, OPERATOR)
    for (const did of ['did:web:a', 'did:web:b', 'did:web:c']) await cacheAgent(engine, peer.id, did)
    await cacheAgent(engine, other.id, 'did:web:a')

    assert.deepEqual(await peers.delete(peer.id, OPERATOR), { revokedTokens: 2, purgedAgents: 3 })
    assert.equal(await peers.find(peer.id), undefined)
    assert.equal(await tokens.findByHash(live.tokenHash), undefined)
    assert.equal((await tokens.findByHash(kept.tokenHash))?.peer.id, other.id)
    const cached = await engine.db.selectFrom('federated_agents_cache').select('peer_id').execute()
    assert.deepEqual(
      cached.map((row) => row.peer_id),
      [other.id],
    )
    const row = (await readAudit(engine)).at(-1)
    assert.equal(row?.action, 'peer.delete')
    assert.deepEqual(row?.detail, { name: 'Partner', revoked_tokens: 2, purged_agents: 3 })
    assert.equal(await peers.delete(peer.id, OPERATOR), undefined)
    assert.equal((await readAudit(engine)).at(-1)?.seq, row?.seq)
    await createOne(peers, peerDraft('Partner'))
  })

  test('getCredentials: opens what was sealed, nothing where nothing is, and throws for no peer', async () => {
    await using database = await createDatabase()
    const { peers } = await open(database)
    const full = await createOne(peers, { ...FULL, apiKey: '', signingSecret: 'ünïcode 🔑' })
    assert.deepEqual(await peers.getCredentials(full.id), { apiKey: '', signingSecret: 'ünïcode 🔑' })
    const bare = await createOne(peers, peerDraft('Bare'))
    assert.deepEqual(await peers.getCredentials(bare.id), { apiKey: null, signingSecret: null })
    await peers.delete(bare.id, OPERATOR)
    await assert.rejects(peers.getCredentials(bare.id))
  })

  test('getCredentials: a sealed key moved to another peer or column does not open', async () => {
    await using database = await createDatabase()
    const { peers, engine } = await open(database)
    const victim = await createOne(peers, FULL)
    const attacker = await createOne(peers, peerDraft('Attacker', { apiKey: 'mine' }))
    const stolen = await engine.db
      .selectFrom('federation_peers')
      .select('api_key')
      .where('id', '=', victim.id)
      .executeTakeFirstOrThrow()
    await engine.db.updateTable('federation_peers').set(stolen).where('id', '=', attacker.id).execute()
    await assert.rejects(peers.getCredentials(attacker.id), { name: 'SecretBoxError' })
    await sql`update federation_peers set signing_secret = api_key where id = ${victim.id}`.execute(engine.db)
    await assert.rejects(peers.getCredentials(victim.id), { name: 'SecretBoxError' })
  })

  test('update: credentials can be replaced when the key that sealed them is lost', async () => {
    await using database = await createDatabase()
    const { peers, engine, clock } = await open(database)
    const { id } = await createOne(peers, FULL)
    const later = createPeerStore(engine, { clock, secretBox: createTestBox() })
    await assert.rejects(later.getCredentials(id), { name: 'SecretBoxError' })
    await later.update(id, { apiKey: 'new key', signingSecret: null }, OPERATOR)
    assert.deepEqual(await later.getCredentials(id), { apiKey: 'new key', signingSecret: null })
  })

  test('secrets and their changes never stand readable in any table', async () => {
    await using database = await createDatabase()
    const { peers, engine } = await open(database)
    const { id } = await createOne(peers, { ...FULL, apiKey: 'canary-one', signingSecret: 'canary-two' })
    await peers.update(id, { apiKey: 'canary-three', signingSecret: 'canary-four' }, OPERATOR)
    await peers.create({ ...FULL, apiKey: 'canary-five' }, OPERATOR)
    const dump = await dumpTables(engine)
    assert.ok(dump.includes(FULL.name) && dump.includes('signing_secret'))
    assert.ok(!dump.includes('canary'))
  })

  test('recordHealth: is kept whole, is no administrative act, and a peer that is gone is no error', async () => {
    await using database = await createDatabase()
    const { peers, engine, clock } = await open(database)
    const peer = await createOne(peers, FULL)
    clock.advance(60_000)
    await peers.recordHealth(peer.id, () => FAILING)
    assert.deepEqual(await peers.find(peer.id), { ...peer, health: FAILING })
    assert.equal((await readAudit(engine)).length, 1)
    await peers.delete(peer.id, OPERATOR)
    await peers.recordHealth(peer.id, () => FAILING)
  })

  test('recordHealth: each change begins with what the ones before it made, on whichever replica', async () => {
    await using database = await createDatabase()
    const { peers, engine } = await open(database)
    const other = kind === 'postgres' ? await open(database) : { peers, engine }
    const { id } = await createOne(peers, FULL)
    const failOnce = (before: PeerHealth): PeerHealth => ({
      ...before,
      consecutiveFailures: before.consecutiveFailures + 1,
    })
    const recorded = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? peers : other.peers).recordHealth(id, failOnce),
      ),
    )
    const counts = recorded.map((one) => [one?.before.consecutiveFailures, one?.after.consecutiveFailures])
    assert.deepEqual(
      counts.sort(([a = 0], [b = 0]) => a - b),
      Array.from({ length: 10 }, (_, index) => [index, index + 1]),
    )
    assert.equal((await peers.find(id))?.health.consecutiveFailures, 10)
  })

  test('recordHealth: a change that changes nothing writes nothing', async () => {
    await using database = await createDatabase()
    const { peers } = await open(database)
    const { id, health } = await createOne(peers, FULL)
    assert.deepEqual(await peers.recordHealth(id, (before) => before), { before: health, after: health })
    assert.equal(await peers.recordHealth(uuidv7() as PeerId, (before) => before), undefined)
  })

  test('recordHealth: figures a hostile peer made up cannot break the store', async () => {
    await using database = await createDatabase()
    const { peers } = await open(database)
    const { id } = await createOne(peers, FULL)
    const absurd = { ...FAILING, agentCount: 1e15, responseTimeMs: 12.6, clockSkewSeconds: -1e15 }
    await peers.recordHealth(id, () => absurd)
    const health = (await peers.find(id))?.health
    assert.deepEqual(
      [health?.agentCount, health?.responseTimeMs, health?.clockSkewSeconds],
      [2_147_483_647, 13, -2_147_483_647],
    )
  })

  if (kind === 'postgres')
    test('a token made while its peer is deleted is counted or refused, never left over', async () => {
      await using database = await createDatabase()
      const { peers, engine, clock, secretBox } = await open(database)
      const tokens = createTokenStore(await database.open(), { clock, secretBox })
      for (let round = 0; round < 5; round += 1) {
        const { id } = await createOne(peers, peerDraft(`Round ${round}`))
        const [lost, ...made] = await Promise.all([
          peers.delete(id, OPERATOR),
          ...Array.from({ length: 4 }, () =>
            tokens.create(tokenDraft(id), OPERATOR).then(
              () => true,
              () => false,
            ),
          ),
        ])
        assert.equal(lost?.revokedTokens, made.filter(Boolean).length)
      }
      assert.deepEqual(await engine.db.selectFrom('federation_tokens').selectAll().execute(), [])
    })
})
