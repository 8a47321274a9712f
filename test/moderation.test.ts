/** What operators do to agents and keys, and what users, publishers and peers then see. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './support/captured-terminal.ts'
import { discover, namesOf, publish } from './support/records.ts'
import { enrol, type Problem, type RunningRegistry, startRegistry } from './support/registry.ts'

type Key = { readonly id: string; readonly key: string; readonly owner_id: string }

const keyOf = (registry: RunningRegistry, role: string, changes: object = {}): Promise<Key> =>
  registry.succeed('POST', '/keys', { body: { name: role, role, ...changes } })

async function startPair(t: TestContext) {
  const [harbor, lumen] = await Promise.all([
    startRegistry(t, { name: 'Harbor' }),
    startRegistry(t, { name: 'Lumen' }),
  ])
  await enrol(lumen, harbor)
  return {
    harbor,
    lumen,
    operator: await keyOf(harbor, 'operator'),
    publisher: await keyOf(harbor, 'publisher'),
  }
}

const namesAt = async (registry: RunningRegistry): Promise<string[]> =>
  namesOf(await discover(registry, 'search=ferry&force_refresh=true', { key: registry.adminKey }))

test('a record that is taken down is 410 or 451 with the reason for users and peers, and gone from searches', async (t) => {
  const { harbor, lumen, operator, publisher } = await startPair(t)
  const agent = await publish(harbor, { name: 'Evil ferry' }, { key: publisher.key })
  assert.deepEqual(await namesAt(lumen), ['Evil ferry'])
  const takeDown = (body: object) =>
    harbor.call('POST', `/agents/${agent.id}/take-down`, { key: operator.key, body })
  assert.equal((await takeDown({ reason: 'Spam, says jane.doe@example.org' })).status, 200)
  for (const [legal, status, code] of [
    [false, 410, 'agent-taken-down'],
    [true, 451, 'unavailable-for-legal-reasons'],
  ] as const) {
    await takeDown({ reason: 'Spam, says jane.doe@example.org', legal })
    for (const path of [
      `/agents/${agent.id}`,
      `/agents/${agent.id}/card`,
      `/discovery/agents/${encodeURIComponent(agent.did)}`,
    ]) {
      const answer = await harbor.call('GET', path, { key: null })
      assert.deepEqual([answer.status, answer.body.code], [status, code], path)
      assert.match(answer.body.detail, /reason: Spam/)
      assert.doesNotMatch(answer.body.detail, /jane/)
    }
    const atPeer = await lumen.call('GET', `/discovery/agents/${encodeURIComponent(agent.did)}`)
    assert.equal(atPeer.status, 404, atPeer.text)
  }
  assert.equal((await harbor.send('GET', `/agents/${agent.id}/did.json`, { key: null })).status, 451)
  assert.deepEqual(namesOf(await discover(harbor, 'search=ferry', { key: null })), [])
  assert.deepEqual(await namesAt(lumen), [])

  const own = await harbor.succeed<{ withheld: object }>('GET', `/agents/${agent.id}`, { key: publisher.key })
  assert.match(JSON.stringify(own.withheld), /"take_down":\{"at":"[^"]+Z","reason":"Spam/)
  const changed = await harbor.call<{ withheld: object }>('PUT', `/agents/${agent.id}`, {
    key: publisher.key,
    body: { name: 'Good ferry', visibility: 'public', status: 'active' },
  })
  assert.equal(changed.status, 200)
  assert.ok(changed.body.withheld)
  assert.deepEqual(namesOf(await discover(harbor, 'search=ferry', { key: null })), [])
  const byOwner = await harbor.call('DELETE', `/agents/${agent.id}/take-down`, { key: publisher.key })
  assert.equal(byOwner.status, 403)

  const { agents } = await harbor.succeed<{ agents: { id: string }[] }>('GET', '/withheld', {
    key: operator.key,
  })
  assert.deepEqual(
    agents.map(({ id }) => id),
    [agent.id],
  )
  assert.equal(
    (await harbor.call('DELETE', `/agents/${agent.id}/take-down`, { key: operator.key })).status,
    200,
  )
  assert.deepEqual(await namesAt(lumen), ['Good ferry'])
  const metrics = await harbor.send<string>('GET', '/metrics')
  assert.match(metrics.text, /^registry_agents_withheld 0$/m)
})

test('operators take down what they do not see otherwise; nobody learns of it who could not see it', async (t) => {
  const { harbor, operator, publisher } = await startPair(t)
  const agent = await publish(
    harbor,
    { name: 'Private ferry', visibility: 'private' },
    { key: publisher.key },
  )
  const path = `/agents/${agent.id}`
  assert.equal((await harbor.call('GET', path, { key: operator.key })).status, 404)
  const taken = await harbor.call('POST', `${path}/take-down`, {
    key: operator.key,
    body: { reason: 'Malware' },
  })
  assert.equal(taken.status, 200)
  assert.equal((await harbor.call('GET', path, { key: operator.key })).status, 404)
  assert.equal((await harbor.call('GET', path, { key: null })).status, 404)
  for (const body of [{}, { reason: '' }, { reason: '\u200b' }, { reason: 'x', lawful: true }]) {
    assert.equal((await harbor.call('POST', `${path}/take-down`, { key: operator.key, body })).status, 422)
  }
  const nothing = await harbor.call('POST', '/agents/0199/take-down', {
    key: operator.key,
    body: { reason: 'x' },
  })
  assert.equal(nothing.status, 404)
})

test('a record is given away by its owner or an admin, to somebody who is there', async (t) => {
  const { harbor, operator, publisher } = await startPair(t)
  const next = await keyOf(harbor, 'publisher')
  const agent = await publish(harbor, { name: 'Ferry' }, { key: publisher.key })
  const give = (key: string, owner_id: string) =>
    harbor.call<Problem & { did: string }>('POST', `/agents/${agent.id}/transfer`, {
      key,
      body: { owner_id },
    })
  assert.equal((await give(next.key, next.owner_id)).status, 403)
  assert.equal((await give(operator.key, next.owner_id)).status, 403)
  assert.equal((await give(publisher.key, '0199d2f0-0000-7000-8000-0000000000ff')).status, 422)
  const given = await give(publisher.key, next.owner_id)
  assert.deepEqual([given.status, given.body.did], [200, agent.did])
  const change = (key: string) =>
    harbor.call('PUT', `/agents/${agent.id}`, { key, body: { description: 'Anew.' } })
  assert.equal((await change(publisher.key)).status, 403)
  assert.equal((await change(next.key)).status, 200)
  assert.equal((await give(harbor.adminKey, publisher.owner_id)).status, 200)
})

test('a suspended key is refused at once; its agents stay or go as the admin chose', async (t) => {
  const { harbor, lumen, operator, publisher } = await startPair(t)
  const agent = await publish(harbor, { name: 'Ferry' }, { key: publisher.key })
  const suspend = (body: object, key = harbor.adminKey) =>
    harbor.call<Problem & { hidden_agents: number }>('POST', `/keys/${publisher.id}/suspend`, { key, body })
  assert.equal((await suspend({ reason: 'Leaked' }, operator.key)).status, 403)
  assert.deepEqual((await suspend({ reason: 'Leaked' })).body.hidden_agents, 0)
  const asPublisher = () => harbor.call('GET', '/me', { key: publisher.key })
  assert.equal((await asPublisher()).status, 401)
  assert.deepEqual(await namesAt(lumen), ['Ferry'])
  const another = await harbor.call('POST', '/keys', {
    body: { name: 'Another', role: 'publisher', owner_id: publisher.owner_id },
  })
  assert.equal(another.status, 422)
  const { keys } = await harbor.succeed<{ keys: { id: string; suspension_reason: string | null }[] }>(
    'GET',
    '/keys',
  )
  assert.equal(keys.find(({ id }) => id === publisher.id)?.suspension_reason, 'Leaked')
  assert.equal((await harbor.call('POST', `/keys/${publisher.id}/resume`)).status, 200)
  assert.equal((await asPublisher()).status, 200)

  assert.equal((await suspend({ reason: 'Spam', hide_agents: true })).body.hidden_agents, 1)
  assert.deepEqual(await namesAt(lumen), [])
  const hidden = await harbor.call('GET', `/agents/${agent.id}`, { key: null })
  assert.deepEqual([hidden.status, hidden.body.code], [404, 'agent-not-found'])
  assert.equal((await harbor.call('POST', `/keys/${publisher.id}/resume`)).status, 200)
  assert.deepEqual(await namesAt(lumen), ['Ferry'])
  assert.equal((await harbor.call('POST', `/keys/${publisher.id}/resume`)).status, 404)

  const { key_id } = await harbor.succeed<{ key_id: string }>('GET', '/me')
  const itself = await harbor.call('POST', `/keys/${key_id}/suspend`, { body: { reason: 'x' } })
  assert.equal(itself.status, 403)
})

test('anyone reports what they see, here or at a peer; operators read and resolve it', async (t) => {
  const { harbor, lumen, operator } = await startPair(t)
  const agent = await publish(harbor, { name: 'Evil ferry' })
  const local = await publish(harbor, { name: 'Local ferry', visibility: 'local' })
  const body = { category: 'impersonation', detail: 'We are Acme.\u0000\u202e', contact: 'jane@acme.example' }
  const report = (registry: RunningRegistry, reference: string, options: object = {}) =>
    registry.call<Problem & { status: string; id: string }>(
      'POST',
      `/agents/${encodeURIComponent(reference)}/report`,
      {
        key: null,
        body: { ...body, detail: 'We are Acme.\u202e' },
        ...options,
      },
    )
  assert.equal((await report(harbor, agent.id)).status, 202)
  assert.equal((await report(harbor, local.id)).status, 404)
  assert.equal((await report(harbor, 'did:web:nowhere.example')).status, 404)
  const first = await report(harbor, agent.did, { key: operator.key })
  const again = await report(harbor, agent.id, { key: operator.key })
  assert.deepEqual([first.body.status, again.body.status], ['open', 'known'])
  for (const wrong of [
    {},
    { category: 'spam' },
    { category: 'ugly', detail: 'x' },
    { category: 'spam', detail: '\u200b' },
  ]) {
    assert.equal((await report(harbor, agent.id, { body: wrong })).status, 422, JSON.stringify(wrong))
  }

  await discover(lumen, 'search=ferry')
  await new Promise((resolve) => setTimeout(resolve, 800))
  assert.equal((await report(lumen, agent.did)).status, 202)
  const { reports } = await lumen.succeed<{
    reports: { registry_url: string; agent_name: string; detail: string }[]
  }>('GET', '/reports')
  assert.deepEqual(
    reports.map(({ registry_url, agent_name, detail }) => [registry_url, agent_name, detail]),
    [[harbor.url, 'Evil ferry', 'We are Acme.']],
  )

  for (const role of ['viewer', 'publisher', 'auditor']) {
    const { key } = await keyOf(harbor, role)
    assert.equal((await harbor.call('GET', '/reports', { key })).status, 403, role)
  }
  const resolve = (id: string, options: object = {}) =>
    harbor.call<Problem & { resolved: number }>('POST', `/reports/${id}/resolve`, {
      key: operator.key,
      body: { resolution: 'taken-down', all: true },
      ...options,
    })
  assert.equal((await resolve(first.body.id)).body.resolved, 2)
  const twice = await resolve(first.body.id)
  assert.deepEqual([twice.status, twice.body.code], [404, 'report-not-found'])
  const { audit } = await harbor.succeed<{ audit: { detail: object }[] }>('GET', '/audit?action=report')
  assert.doesNotMatch(JSON.stringify(audit), /jane|We are Acme/)
  assert.match((await harbor.send<string>('GET', '/metrics')).text, /^registry_reports_open 0$/m)
})

test('the command line does all of it', async (t) => {
  const { harbor, publisher } = await startPair(t)
  const next = await keyOf(harbor, 'publisher')
  const agent = await publish(harbor, { name: 'Evil ferry' }, { key: publisher.key })
  const run = async (...argv: string[]): Promise<string> => {
    const terminal = captureTerminal()
    const code = await runCli(['--registry', harbor.url, '--key', harbor.adminKey, ...argv], terminal)
    assert.equal(code, 0, terminal.written.err)
    return terminal.written.out
  }
  assert.match(await run('agent', 'report', agent.did, 'spam', 'Spam.'), /^Reported/)
  const [, id = ''] = /spam .* ([0-9a-f-]{36})\n/.exec(await run('report', 'list')) ?? []
  assert.match(
    await run('agent', 'take-down', agent.id, '--reason', 'Spam', '--legal'),
    /taken down by law on .*: Spam/,
  )
  assert.match(await run('report', 'resolve', id, 'taken-down'), /Resolved: 1/)
  assert.match(await run('agent', 'withheld'), /Evil ferry +taken down by law/)
  assert.match(await run('agent', 'restore', agent.did), /no: it is shown/)
  assert.match(await run('agent', 'transfer', agent.id, next.owner_id), /Transferred/)
  assert.match(
    await run('key', 'suspend', next.id, '--reason', 'Leaked', '--hide-agents'),
    /Keys: 1; agents hidden: 1/,
  )
  assert.match(await run('key', 'list'), /suspended/)
  assert.match(await run('key', 'resume', next.id), /Keys: 1; agents shown: 1/)
  assert.match(
    await run('block', 'add', 'origin', 'https://Spam.example', '--reason', 'Spam'),
    /origin spam\.example/,
  )
  const [, block = ''] = /([0-9a-f-]{36})\n/.exec(await run('block', 'list')) ?? []
  assert.match(await run('block', 'remove', block), /Lifted/)
})

test('a record that is read alone says to whom may change it that they may, and to nobody else', async (t) => {
  const harbor = await startRegistry(t, { name: 'Harbor' })
  const publisher = await keyOf(harbor, 'publisher')
  const others = await Promise.all(
    ['publisher', 'viewer', 'operator', 'auditor'].map((role) => keyOf(harbor, role)),
  )
  const sameOwner = await keyOf(harbor, 'viewer', { owner_id: publisher.owner_id })
  const agent = await publish(harbor, { name: 'Fine ferry' }, { key: publisher.key })
  const askers = [harbor.adminKey, publisher.key, sameOwner.key, ...others.map(({ key }) => key), null]
  for (const key of askers) {
    const { headers } = await harbor.call('GET', `/agents/${agent.id}`, { key })
    const body = { description: 'Changed.' }
    const { status } = await harbor.call('PUT', `/agents/${agent.id}`, { key, body })
    assert.equal(headers.get('allow'), status === 200 ? 'GET, HEAD, PUT, DELETE' : 'GET, HEAD')
  }
  await harbor.succeed('POST', `/agents/${agent.id}/transfer`, { body: { owner_id: others[0]?.owner_id } })
  const given = await harbor.call('GET', `/agents/${agent.id}`, { key: publisher.key })
  assert.equal(given.headers.get('allow'), 'GET, HEAD')
})
