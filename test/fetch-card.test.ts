/** Fetching an agent's card from its address: found where agents show it, and nowhere that is closed. */
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import { runCli } from '../src/cli/program.ts'
import { captureTerminal } from './support/captured-terminal.ts'
import { serve } from './support/federation.ts'
import { makeKey } from './support/keys.ts'
import { assertProblem } from './support/problems.ts'
import { type Problem, type RunningRegistry, startRegistry } from './support/registry.ts'

const OPEN = { REGISTRY_CARD_NETWORKS: '127.0.0.0/8' }

// Spaces and order are the publisher's.
const CARD = `{ "protocolVersion": "0.3.0",  "name": "Tide Reader", "description": "Reads tide tables.",
  "url": "https://agents.example/tide", "preferredTransport": "JSONRPC", "version": "1.0.0", "capabilities": {},
  "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
  "skills": [{ "id": "tide", "name": "Tide", "description": "High water", "tags": ["sea"] }] }`

type Places = Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>>

const card = (response: ServerResponse): void => {
  response.setHeader('content-type', 'application/a2a-agent-card+json; charset=utf-8')
  response.end(CARD)
}

/** An agent's host that shows something at these paths, and 404 elsewhere. */
async function startAgent(places: Places) {
  return serve((request, response) => {
    const place = places[request.url ?? '']
    if (place !== undefined) return place(response, request)
    response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not here</h1>')
  })
}

const fetchFrom = (registry: RunningRegistry, url: string, key?: string) =>
  registry.call<Problem>('POST', '/agents/fetch-card', { body: { url }, ...(key !== undefined && { key }) })

async function start(t: TestContext, env: Record<string, string> = OPEN): Promise<RunningRegistry> {
  return startRegistry(t, { name: 'Harbor', env })
}

test('a card is found at the address, below it or at its host, and comes byte for byte', async (t) => {
  const registry = await start(t)
  for (const [shownAt, asked] of [
    ['/card.json', '/card.json'],
    ['/agents/tide', '/agents/tide'],
    ['/agents/tide/.well-known/agent-card.json', '/agents/tide/'],
    ['/.well-known/agent-card.json', '/agents/tide?x=1'],
    ['/.well-known/agent-card.json', ''],
    ['/.well-known/agent.json', '/#about'],
  ] as const) {
    await using agent = await startAgent({ [shownAt]: card })
    const answer = await fetchFrom(registry, agent.url + asked)
    assert.equal(answer.status, 200, `${asked}: ${answer.text}`)
    assert.equal(answer.text, CARD)
    assert.equal(answer.headers.get('content-location'), agent.url + shownAt)
    assert.equal(answer.headers.get('content-type'), 'application/a2a-agent-card+json')
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment/)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  }
})

test('nothing is stored, and nothing of the asker goes along', async (t) => {
  const registry = await start(t)
  await using agent = await startAgent({ '/card.json': card })
  await fetchFrom(registry, `${agent.url}/card.json`)
  const { agents } = await registry.succeed<{ agents: unknown[] }>('GET', '/agents')
  assert.deepEqual(agents, [])
  const [request] = agent.requests
  assert.deepEqual(
    Object.keys(request?.headers ?? {}).toSorted(),
    ['accept', 'connection', 'host'],
    'neither keys nor who we are',
  )
})

test('where there is no card, each address that was tried is told with what came of it', async (t) => {
  const registry = await start(t)
  await using agent = await startAgent({
    '/agents/tide': (response) => response.end('<html>'),
    '/.well-known/agent-card.json': (response) => response.end('{"hello": "world"}'),
  })
  const answer = await fetchFrom(registry, `${agent.url}/agents/tide`)
  assertProblem(answer, [422, 'no-card-at-address'])
  assert.deepEqual(
    answer.body.errors?.map(({ pointer, message }) => [pointer, message.replace(agent.url, '')]),
    [
      ['/url', '/agents/tide: Its answer is not JSON.'],
      ['/url', '/agents/tide/.well-known/agent-card.json: It answered 404.'],
      ['/url', '/.well-known/agent-card.json: Its answer is no card of a known format.'],
      ['/url', '/agents/tide/.well-known/agent.json: It answered 404.'],
      ['/url', '/.well-known/agent.json: It answered 404.'],
    ],
  )
})

test('hosts that hang, redirect, send too much or are gone cost a bounded time, and are told', async (t) => {
  const registry = await start(t)
  await using target = await startAgent({ '/card.json': card })
  await using agent = await startAgent({
    '/redirect.json': (response) =>
      void response.writeHead(302, { location: `${target.url}/card.json` }).end(),
    '/large.json': (response) => void response.end(`{"name": "${'x'.repeat(300_000)}"}`),
    '/deep.json': (response) => void response.end('['.repeat(100_000)),
    '/hang.json': () => {},
  })
  for (const [path, said] of [
    ['/redirect.json', /redirects are not followed/],
    ['/large.json', /larger|more than|too large|KiB|bytes/],
    ['/deep.json', /not JSON/],
    ['/hang.json', /No complete answer came/],
  ] as const) {
    const answer = await fetchFrom(registry, agent.url + path)
    assertProblem(answer, [422, 'no-card-at-address'], path)
    assert.match(answer.body.errors?.[0]?.message ?? '', said)
  }
  assert.equal(target.requests.length, 0)
  const gone = await startAgent({})
  await gone[Symbol.asyncDispose]()
  const answer = await fetchFrom(registry, gone.url)
  assert.equal(answer.body.errors?.length, 1, 'a host that nobody is at is asked once')
  // Nobody said that it has none.
  assert.equal(answer.body.detail, `${new URL(gone.url).host} could not be asked whether it has one.`)
})

test('without an open network only public addresses are contacted, over https', async (t) => {
  const registry = await start(t, {})
  await using agent = await startAgent({ '/card.json': card })
  for (const url of [`${agent.url}/card.json`, agent.url.replace('http:', 'https:')]) {
    const answer = await fetchFrom(registry, url)
    assertProblem(answer, [422, 'no-card-at-address'], url)
    assert.match(
      answer.body.errors?.[0]?.message ?? '',
      /outside REGISTRY_CARD_NETWORKS/,
      'what opens it is named',
    )
  }
  assert.equal(agent.requests.length, 0)
  for (const url of ['ftp://agents.example', 'agents.example', '', 'https://me:secret@agents.example']) {
    const answer = await fetchFrom(registry, url)
    assertProblem(answer, [422, 'invalid-body'], url)
    assert.doesNotMatch(answer.text, /secret/)
  }
})

test('publishers alone may have addresses looked at, and twenty times a minute', async (t) => {
  const registry = await start(t)
  await using agent = await startAgent({ '/card.json': card })
  const address = `${agent.url}/card.json`
  assertProblem(await fetchFrom(registry, address, await makeKey(registry, 'viewer')), [403, 'forbidden'])
  const key = await makeKey(registry, 'publisher')
  const answers = await Promise.all(Array.from({ length: 21 }, () => fetchFrom(registry, address, key)))
  assert.equal(answers.filter(({ status }) => status === 200).length, 20)
  const refused = answers.find(({ status }) => status !== 200)
  assert.ok(refused)
  assertProblem(refused, [429, 'rate-limited'])
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
})

test('`agent add` with an address publishes the card that is shown there, byte for byte', async (t) => {
  const registry = await start(t)
  await using agent = await startAgent({ '/.well-known/agent-card.json': card })
  const env = { AGENTVAULT_URL: registry.url, AGENTVAULT_KEY: registry.adminKey }
  const run = async (source: string) => {
    const terminal = captureTerminal({ env })
    const code = await runCli(['agent', 'add', source, '--visibility', 'public'], terminal)
    return { code, ...terminal.written }
  }
  const { code, out, err } = await run(`${agent.url}/tide`)
  assert.equal(code, 0, err)
  assert.match(out, /Tide Reader/)
  const { agents } = await registry.succeed<{ agents: { id: string }[] }>('GET', '/agents')
  const shown = await registry.call('GET', `/agents/${agents[0]?.id}/card`)
  assert.equal(shown.text, CARD)

  const missing = await run(`${agent.url}/elsewhere/card.json`)
  assert.notEqual(missing.code, 0)
  assert.match(
    missing.err,
    /No card was found at that address: There is none at \S+card\.json\. Give the address of the card itself, or send the card\.\n.*It answered 404/,
  )
})
