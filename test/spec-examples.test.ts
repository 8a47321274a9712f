/** The requests that the API promises to publishers, to peers and to users, each sent as it is written there. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { WireAgent } from '../src/wire/agent.ts'
import { forEachEngine } from './conformance/engines.ts'
import { type Signer, signedBy } from './support/peer-request.ts'
import { namesOf, publish } from './support/records.ts'
import { enrol, type RunningRegistry, startRegistry } from './support/registry.ts'

/** Odd blanks, an unknown member and a number with a zero too many: none of it may be touched. */
const CARD = `{ "protocolVersion":"0.3.0","name":"Card Agent",  "description":"Plays cards.","version":"1.0",
  "url":"https://cards.example/a2a","skills":[],"capabilities":{},"defaultInputModes":["text/plain"],
\t"defaultOutputModes":["text/plain"],"provider":{"organization":"Acme","url":"https://acme.example"},"x-kept":1.00}`

async function keyOf(registry: RunningRegistry, role: string): Promise<string> {
  const { key } = await registry.succeed<{ key: string }>('POST', '/keys', { body: { name: role, role } })
  return key
}

const ndjson = (body: string) => ({ body, headers: { 'content-type': 'application/x-ndjson' } })

test('POST /agents: plain fields make a record with all members of the wire form', async (t) => {
  const registry = await startRegistry(t, { name: 'Registry A' })
  const sent = {
    name: 'Local NLP Agent',
    description: 'Understands text.',
    agent_type: 'a2a',
    version: '1.2.0',
    visibility: 'federated',
    tags: ['nlp'],
    skills: [{ id: 'summarize', name: 'Summarize', description: 'Makes it short.', tags: ['text'] }],
    endpoints: [{ url: 'https://agents.example/nlp', protocol: 'a2a', binding: 'JSONRPC' }],
    provider: { organization: 'Acme', url: 'https://acme.example' },
    auth_schemes: ['oauth2'],
  }
  const { status, headers, body } = await registry.call<WireAgent>('POST', '/agents', { body: sent })
  assert.equal(status, 201)
  assert.equal(headers.get('location'), `${registry.url}/api/v1/agents/${body.id}`)
  assert.match(body.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  const { id, created_at: createdAt, updated_at: updatedAt, ...rest } = body
  assert.match(createdAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.equal(createdAt, updatedAt)
  const { port } = new URL(registry.url)
  assert.deepEqual(rest, {
    ...sent,
    ...{ did: `did:web:localhost%3A${port}:agents:${id}`, claimed_did: null, status: 'active' },
    ...{ status_message: null, successor_did: null, card_url: null, card_format: null },
    ...{ is_federated: false, registry_url: registry.url, registry_name: 'Registry A' },
  })
  const least = await registry.succeed<WireAgent>('POST', '/agents', {
    body: { name: 'Least', agent_type: 'skill' },
  })
  assert.equal(least.visibility, 'local')
})

test('a card is kept and served byte for byte, among fields and alone; fields override it and survive a new one', async (t) => {
  const registry = await startRegistry(t)
  const among = await registry.succeed<WireAgent>('POST', '/agents', {
    body: `{"visibility":"public", "card": ${CARD} ,"description":"Ours."}`,
  })
  assert.deepEqual(
    [among.name, among.description, among.provider?.organization, among.card_format],
    ['Card Agent', 'Ours.', 'Acme', 'a2a'],
  )
  const alone = await registry.succeed<WireAgent>('POST', '/agents?visibility=public', {
    body: CARD,
    headers: { 'content-type': 'application/a2a-agent-card+json' },
  })
  assert.deepEqual([alone.name, alone.visibility, alone.version], ['Card Agent', 'public', '1.0'])
  for (const [{ card_url: url }, type] of [
    [among, 'application/json'],
    [alone, 'application/a2a-agent-card+json'],
  ] as const) {
    const card = await fetch(url ?? '')
    assert.deepEqual([card.status, await card.text()], [200, CARD])
    assert.equal(card.headers.get('content-type')?.split(';')[0], type)
    const etag = card.headers.get('etag') ?? ''
    assert.match(etag, /^"[0-9a-f]{64}"$/)
    const again = await fetch(url ?? '', { headers: { 'if-none-match': `W/"x", ${etag}` } })
    assert.deepEqual([again.status, await again.text()], [304, ''])
  }
  const changed = await registry.succeed<WireAgent>('PUT', `/agents/${among.id}`, {
    body: `{"card":${CARD.replace('Card Agent', 'New Name').replace('Plays cards.', 'Plays more.')}}`,
  })
  assert.deepEqual([changed.name, changed.description], ['New Name', 'Ours.'])
  const cleared = await registry.succeed<WireAgent>('PUT', `/agents/${among.id}`, {
    body: { description: null },
  })
  assert.equal(cleared.description, 'Plays more.')
})

test('Idempotency-Key: the same request twice is one record; another request under it is refused', async (t) => {
  const registry = await startRegistry(t)
  const create = (name: string, key: string) =>
    registry.call<WireAgent & { code?: string }>('POST', '/agents', {
      body: { name, agent_type: 'api' },
      headers: { 'idempotency-key': key },
    })
  const answers = await Promise.all(Array.from({ length: 5 }, () => create('Once', '"k-1"')))
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
  assert.ok(answers.every(({ status }) => status === 201))
  assert.equal(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true').length, 4)
  const other = await create('Twice', 'k-1')
  assert.deepEqual([other.status, other.body.code], [422, 'idempotency-key-reused'])
  const publisher = await keyOf(registry, 'publisher')
  const neighbour = await registry.call('POST', '/agents', {
    ...{ key: publisher, body: { name: 'Once', agent_type: 'api' }, headers: { 'idempotency-key': 'k-1' } },
  })
  assert.equal(neighbour.status, 201)
  assert.equal((await registry.succeed<{ agents: unknown[] }>('GET', '/agents')).agents.length, 2)
})

test('GET and PUT with ETag: 304 for what is known, 412 for what changed meanwhile', async (t) => {
  const registry = await startRegistry(t)
  const { id } = await publish(registry, { name: 'Versioned', tags: ['a', 'b'], version: '1' })
  const path = `/agents/${id}`
  const read = await registry.call<WireAgent>('GET', path)
  const etag = read.headers.get('etag') ?? ''
  const known = await registry.call('GET', path, { headers: { 'if-none-match': etag } })
  assert.deepEqual([known.status, known.text, known.headers.get('etag')], [304, '', etag])
  const put = (body: object, tag: string) =>
    registry.call<WireAgent & { code?: string }>('PUT', path, { body, headers: { 'if-match': tag } })
  const changed = await put({ tags: ['c'], version: null, provider: { organization: 'Acme' } }, etag)
  assert.equal(changed.status, 200)
  const { tags, version, provider, name } = changed.body
  assert.deepEqual(
    { tags, version, provider, name },
    {
      ...{ tags: ['c'], version: null, name: 'Versioned' },
      provider: { organization: 'Acme', url: null },
    },
  )
  assert.notEqual(changed.headers.get('etag'), etag)
  const stale = await put({ tags: ['d'] }, etag)
  assert.deepEqual([stale.status, stale.body.code], [412, 'revision-changed'])
  assert.equal((await registry.call('DELETE', path, { headers: { 'if-match': etag } })).status, 412)
  assert.equal((await put({ tags: ['d'] }, '*')).status, 200)
  const racing = await registry.call('GET', path)
  const same = racing.headers.get('etag') ?? ''
  const outcomes = await Promise.all(['x', 'y', 'z'].map((tag) => put({ tags: [tag] }, same)))
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), [200, 412, 412])
  // Read back and sent as it is, a record stays as it is.
  const whole = await registry.succeed<WireAgent>('GET', path)
  const unchanged = await registry.succeed<WireAgent>('PUT', path, { body: whole })
  assert.deepEqual({ ...unchanged, updated_at: null }, { ...whole, updated_at: null })
})

test('a record is found by id and by DID, and its DID resolves as did:web says', async (t) => {
  const registry = await startRegistry(t)
  const { id, did } = await publish(registry, {
    name: 'Resolvable',
    endpoints: [{ url: 'https://agents.example/r', protocol: 'a2a' }],
  })
  for (const reference of [id, did, encodeURIComponent(did)]) {
    const found = await registry.call<WireAgent>('GET', `/agents/${reference}`, { key: null })
    assert.deepEqual([found.status, found.body.id], [200, id], reference)
  }
  const [, host = '', ...path] = /^did:web:([^:]+):(.*)$/.exec(did) ?? []
  const document = await fetch(
    `http://${decodeURIComponent(host)}/${path.join('').replaceAll(':', '/')}/did.json`,
  )
  assert.equal(document.status, 200)
  const { id: subject, service } = (await document.json()) as {
    id: string
    service: { serviceEndpoint: string }[]
  }
  assert.equal(subject, did)
  assert.deepEqual(
    service.map(({ serviceEndpoint }) => serviceEndpoint),
    ['https://agents.example/r'],
  )
})

test('DELETE, twice too: 410 with the reason for who could see the record, 404 for others', async (t) => {
  const registry = await startRegistry(t)
  const viewer = await keyOf(registry, 'viewer')
  const shown = await publish(registry, { name: 'Public' })
  const hidden = await publish(registry, { name: 'Private', visibility: 'private' })
  const local = await publish(registry, { name: 'Local', visibility: 'local' })
  for (const { id } of [shown, hidden, local]) {
    for (const attempt of [1, 2]) {
      const { status, text } = await registry.call(
        'DELETE',
        `/agents/${id}?reason=Replaced%20by%20a%20better%20one`,
      )
      assert.deepEqual([status, text], [204, ''], `${attempt}`)
    }
  }
  const statuses = async (id: string) => {
    const asked = [registry.adminKey, viewer, null].map((key) =>
      registry.call('GET', `/agents/${id}`, { key }),
    )
    return (await Promise.all(asked)).map(({ status }) => status)
  }
  assert.deepEqual(await statuses(shown.id), [410, 410, 410])
  assert.deepEqual(await statuses(local.id), [410, 410, 404])
  assert.deepEqual(await statuses(hidden.id), [410, 404, 404])
  const gone = await registry.call('GET', `/agents/${shown.did}`, { key: null })
  assert.match(gone.body.detail, /deleted at .*Z; reason: Replaced by a better one/)
  for (const path of [`/agents/${shown.id}/card`, `/agents/${shown.id}`]) {
    assert.equal((await registry.call('GET', path)).status, 410)
  }
  assert.equal((await registry.send('GET', `/agents/${shown.id}/did.json`)).status, 410)
  assert.equal((await registry.call('PUT', `/agents/${shown.id}`, { body: {} })).status, 410)
  assert.deepEqual((await registry.succeed<{ agents: unknown[] }>('GET', '/agents')).agents, [])
  assert.equal((await registry.call('DELETE', '/agents/0199f000-0000-7000-8000-000000000000')).status, 404)
})

test('a publisher changes only its own records; who may see what depends on its visibility and status', async (t) => {
  const registry = await startRegistry(t)
  const [mine, other, viewer] = await Promise.all(
    ['publisher', 'publisher', 'viewer'].map((role) => keyOf(registry, role)),
  )
  const ids: Record<string, string> = {}
  for (const visibility of ['private', 'local', 'federated', 'public']) {
    const fields = { name: `Of ${visibility}`, visibility }
    ids[visibility] = (await publish(registry, fields, { key: mine ?? '' })).id
  }
  const disabled = { name: 'Of disabled', status: 'disabled' }
  ids.disabled = (await publish(registry, disabled, { key: mine ?? '' })).id
  const seen = async (key: string | null | undefined) => {
    const { agents } = await registry.succeed<{ agents: WireAgent[] }>('GET', '/agents', { key: key ?? null })
    return agents.map(({ name }) => name.replace('Of ', '')).toSorted()
  }
  const everything = ['disabled', 'federated', 'local', 'private', 'public']
  assert.deepEqual(await seen(mine), everything)
  assert.deepEqual(await seen(registry.adminKey), everything)
  assert.deepEqual(await seen(viewer), ['federated', 'local', 'public'])
  assert.deepEqual(await seen(other), ['federated', 'local', 'public'])
  assert.deepEqual(await seen(null), ['public'])
  for (const [key, count] of [
    [mine, 5],
    [viewer, 3],
    [null, 1],
  ] as const) {
    const health = await registry.succeed<{ agent_count: number }>('GET', '/health', { key: key ?? null })
    assert.equal(health.agent_count, count)
  }
  const refused = async (key: string | null | undefined, method: string, id = '') =>
    (
      await registry.call(method, `/agents/${id}`, {
        key: key ?? null,
        ...(method === 'PUT' && { body: {} }),
      })
    ).status
  for (const method of ['PUT', 'DELETE']) {
    assert.equal(await refused(other, method, ids.public), 403)
    assert.equal(await refused(viewer, method, ids.public), 403)
    assert.equal(await refused(null, method, ids.public), 401)
    assert.equal(await refused(other, method, ids.private), 404)
  }
  assert.equal(await refused(registry.adminKey, 'DELETE', ids.private), 204)
})

test('POST /agents/validate tells what would be stored, or everything wrong, and stores nothing', async (t) => {
  const registry = await startRegistry(t)
  type Verdict = {
    valid: boolean
    card_format: string
    record: { name: string }
    faults: { pointer: string }[]
  }
  const good = await registry.succeed<Verdict>('POST', '/agents/validate', { body: CARD })
  assert.deepEqual([good.valid, good.card_format, good.record.name], [true, 'a2a', 'Card Agent'])
  const bad = await registry.succeed<Verdict>('POST', '/agents/validate', {
    body: { name: '', agent_type: 'No Token', tags: ['ok', 7], visibility: 'everyone', colour: 'red' },
  })
  assert.equal(bad.valid, false)
  assert.deepEqual(bad.faults.map(({ pointer }) => pointer).toSorted(), [
    '/agent_type',
    '/colour',
    '/name',
    '/tags/1',
    '/visibility',
  ])
  assert.equal((await registry.succeed<{ agent_count: number }>('GET', '/health')).agent_count, 0)
})

const FILTERABLE = [
  { name: 'Alpha', agent_type: 'a2a', tags: ['nlp', 'fast'], provider: { organization: 'Acme' } },
  { name: 'Beta', agent_type: 'a2a', tags: ['nlp'], provider: { organization: 'Borealis' } },
  { name: 'Gamma', agent_type: 'mcp-server', tags: ['fast'], status: 'deprecated' },
  { name: 'Delta', agent_type: 'api', visibility: 'local', description: 'Alpha’s neighbour.' },
]

test('filters of both searches mean what they say, and combine', async (t) => {
  const registry = await startRegistry(t)
  for (const fields of FILTERABLE) await publish(registry, fields)
  const cases: Readonly<Record<string, readonly string[]>> = {
    'agent_type=a2a': ['Alpha', 'Beta'],
    'agent_type=MCP-Server': ['Gamma'],
    'tags=nlp': ['Alpha', 'Beta'],
    'tags=nlp&tags=fast': ['Alpha'],
    'tags=FAST': ['Alpha', 'Gamma'],
    'status=deprecated': ['Gamma'],
    'status=active&tags=fast': ['Alpha'],
    'provider=acme': ['Alpha'],
    'search=alpha': ['Alpha', 'Delta'],
    'search=alpha&agent_type=api': ['Delta'],
    'search=nothing-like-it': [],
    'search=%20': ['Alpha', 'Beta', 'Delta', 'Gamma'],
  }
  for (const [query, names] of Object.entries(cases)) {
    for (const path of ['/agents', '/discovery/agents']) {
      const answer = await registry.succeed<{ agents: WireAgent[] }>('GET', `${path}?${query}`)
      assert.deepEqual(namesOf(answer).toSorted(), names, `${path}?${query}`)
    }
  }
  const narrowed = await registry.succeed<{ agents: WireAgent[]; search_stats: { documents: number } }>(
    'GET',
    '/agents?search=alpha&visibility=public',
  )
  assert.deepEqual([namesOf(narrowed), narrowed.search_stats.documents], [['Alpha'], 3])
  const listed = await registry.succeed<object>('GET', '/agents')
  assert.equal('search_stats' in listed, false)
})

test('what a peer asks: its view of records, statistics and cards, and nothing else', async (t) => {
  const [registry, partner] = await Promise.all([
    startRegistry(t, { name: 'Harbor' }),
    startRegistry(t, { name: 'Partner' }),
  ])
  const { token, signingSecret } = await enrol(partner, registry)
  const asPeer = <T>(target: string) =>
    askAsPeer<T>(registry, token, { registry: partner.url, secret: signingSecret }, target)
  const shared = await registry.succeed<WireAgent>('POST', '/agents', {
    body: `{"visibility":"federated","card":${CARD}}`,
  })
  const personal = CARD.replace('Plays cards.', 'Write to jane.doe@example.com, +49 170 1234567.')
  const kept = await registry.succeed<WireAgent & { warnings: string[] }>('POST', '/agents', {
    body: `{"visibility":"federated","card":${personal}}`,
  })
  assert.match(kept.warnings.join(' '), /share_card/)
  await publish(registry, { name: 'Local', visibility: 'local' })

  const page = await asPeer<{ agents: WireAgent[]; search_stats: { documents: number } }>(
    '/api/v1/agents?search=card&limit=10',
  )
  assert.equal(page.body.agents.length, 2)
  assert.equal(page.body.search_stats.documents, 2)
  assert.doesNotMatch(page.text, /jane\.doe|owner|1234567/)
  const anonymous = await asPeer<{ agents: WireAgent[] }>('/api/v1/agents?search=card&visibility=public')
  assert.deepEqual(anonymous.body.agents, [])
  assert.equal((await asPeer(`/api/v1/agents/${shared.id}`)).status, 200)
  assert.equal((await asPeer(`/api/v1/agents/${shared.id}/card`)).text, CARD)
  assert.equal((await asPeer(`/api/v1/agents/${kept.id}/card`)).status, 404)
  assert.equal((await asPeer<{ agent_count: number }>('/api/v1/health')).body.agent_count, 2)
  await registry.succeed('PUT', `/agents/${kept.id}`, { body: { share_card: true } })
  assert.equal((await asPeer(`/api/v1/agents/${kept.id}/card`)).text, personal)
  for (const path of [
    '/keys',
    '/settings',
    '/audit',
    '/federation/peers',
    '/federation/health',
    '/agents/export',
    '/me',
  ]) {
    assert.equal((await asPeer(`/api/v1${path}`)).status, 403, path)
  }
})

function askAsPeer<T>(registry: RunningRegistry, token: string, signer: Signer, target: string) {
  return registry.send<T>('GET', target, { key: token, headers: signedBy(signer, target) })
}

await forEachEngine('many records', (createDatabase) => {
  const start = async (t: TestContext) => {
    const database = await createDatabase()
    const registry = await startRegistry(t, { database })
    t.after(() => database.dispose())
    return registry
  }

  test('cursors walk a list and a search without gaps or repeats, whatever is written meanwhile', async (t) => {
    const registry = await start(t)
    const lines = Array.from({ length: 23 }, (_, index) =>
      JSON.stringify({
        ...{ name: `Walker ${index}`, agent_type: index % 2 === 0 ? 'a2a' : 'api', visibility: 'public' },
        description: 'walks '.repeat((index % 5) + 1),
      }),
    )
    await registry.succeed('POST', '/agents/import', ndjson(lines.join('\n')))
    let newcomers = 0
    for (const path of ['/agents', '/discovery/agents']) {
      for (const [query, expected] of [
        ['limit=7', 23],
        ['limit=7&search=walks', 23],
        ['limit=5&search=walks&agent_type=a2a', 12],
        ['limit=23', 23],
      ] as const) {
        const names: string[] = []
        let cursor: string | null = null
        do {
          const next = cursor === null ? '' : `&cursor=${cursor}`
          const page: { agents: WireAgent[]; next_cursor: string | null } = await registry.succeed(
            'GET',
            `${path}?${query}${next}`,
          )
          names.push(...namesOf(page))
          if (cursor === null) await publish(registry, { name: `Newcomer ${++newcomers}` })
          cursor = page.next_cursor
        } while (cursor !== null)
        const walkers = names.filter((name) => name.startsWith('Walker'))
        assert.equal(new Set(names).size, names.length, `${path}?${query}: repeats`)
        // Newcomers of earlier walks are records like others.
        if (query.includes('search')) assert.equal(walkers.length, expected, `${path}?${query}`)
        else assert.equal(new Set(walkers).size, 23, `${path}?${query}`)
      }
    }
  })

  test('import: a doubled line is one record, a bad line costs itself, dry_run stores nothing', async (t) => {
    const registry = await start(t)
    const line = (fields: object) => JSON.stringify({ agent_type: 'api', visibility: 'public', ...fields })
    const endpoints = [{ url: 'https://a.example/one', protocol: 'http' }]
    const lines = [
      line({ name: 'One', endpoints }),
      line({ name: 'Two' }),
      '{"name": oops',
      line({ name: 'One', endpoints }),
      '',
      line({ name: '', tags: 'none' }),
      CARD.replaceAll(/\s+/g, ' '),
    ].join('\n')
    type Summary = Record<'created' | 'updated' | 'unchanged' | 'rejected', number> & {
      dry_run: boolean
      lines: { line: number; reason: string }[]
    }
    const dry = await registry.succeed<Summary>('POST', '/agents/import?dry_run=true', ndjson(lines))
    assert.equal((await registry.succeed<{ agent_count: number }>('GET', '/health')).agent_count, 0)
    const first = await registry.succeed<Summary>('POST', '/agents/import', ndjson(lines))
    for (const summary of [dry, first]) {
      const { created, updated, unchanged, rejected } = summary
      assert.deepEqual(
        { created, updated, unchanged, rejected },
        { created: 3, updated: 0, unchanged: 1, rejected: 2 },
      )
      assert.deepEqual(
        summary.lines.map((told) => told.line),
        [3, 6],
      )
      assert.match(summary.lines[0]?.reason ?? '', /column/)
      assert.match(summary.lines[1]?.reason ?? '', /\/name.*\/tags/)
    }
    assert.deepEqual([dry.dry_run, first.dry_run], [true, false])
    const again = await registry.succeed<Summary>('POST', '/agents/import', ndjson(lines))
    assert.deepEqual([again.created, again.updated, again.unchanged], [0, 0, 4])
    const changed = line({ name: 'Two', description: 'Changed.' })
    const updated = await registry.succeed<Summary>('POST', '/agents/import', ndjson(changed))
    assert.deepEqual([updated.created, updated.updated], [0, 1])
    const stranger = await keyOf(registry, 'publisher')
    const theirs = await registry.succeed<Summary>('POST', '/agents/import', {
      ...ndjson(changed),
      key: stranger,
    })
    assert.equal(theirs.created, 1)
    const events = await registry.call<string>('POST', '/agents/import', {
      ...ndjson(lines),
      headers: { 'content-type': 'application/x-ndjson', accept: 'application/x-ndjson' },
    })
    const last: unknown = JSON.parse(events.text.trim().split('\n').at(-1) ?? '')
    assert.deepEqual(last, { event: 'done', lines: 6, created: 0, updated: 1, unchanged: 3, rejected: 2 })
  })

  test('an export imported again changes nothing, and makes the same records elsewhere', async (t) => {
    const registry = await start(t)
    const elsewhere = await start(t)
    for (const fields of FILTERABLE) await publish(registry, fields)
    await registry.succeed('POST', '/agents', { body: `{"description":"Ours.","card":${CARD}}` })
    await registry.succeed('POST', '/agents?visibility=private', {
      body: CARD.replace('Card Agent', 'Raw'),
      headers: { 'content-type': 'application/a2a-agent-card+json' },
    })
    const exported = await registry.call<string>('GET', '/agents/export')
    assert.equal(exported.headers.get('content-type'), 'application/x-ndjson')
    assert.equal(exported.text.trim().split('\n').length, 6)
    type Counts = { created: number; unchanged: number; rejected: number }
    const back = await registry.succeed<Counts>('POST', '/agents/import', ndjson(exported.text))
    assert.deepEqual([back.created, back.unchanged, back.rejected], [0, 6, 0])
    const there = await elsewhere.succeed<Counts>('POST', '/agents/import', ndjson(exported.text))
    assert.deepEqual([there.created, there.rejected], [6, 0])
    const comparable = ({ text }: { text: string }) =>
      text
        .trim()
        .split('\n')
        .map((line) => {
          const { id, did, card_url, created_at, updated_at, registry_url, ...rest } = JSON.parse(line)
          return JSON.stringify(rest)
        })
        .toSorted()
    assert.deepEqual(comparable(await elsewhere.call('GET', '/agents/export')), comparable(exported))
    const { agents } = await elsewhere.succeed<{ agents: WireAgent[] }>('GET', '/agents?search=raw')
    assert.equal(
      (await elsewhere.call('GET', `/agents/${agents[0]?.id}/card`)).text,
      CARD.replace('Card Agent', 'Raw'),
    )
  })
})
