import assert from 'node:assert/strict'
import { test } from 'node:test'
import { displayWidth } from './display-width.ts'
import { isComplete, renderDiscovery } from './render-discovery.ts'
import { readShownAnswer, type ShownAgent, type ShownAnswer, type ShownPeer } from './shown-answer.ts'

const AGENT: ShownAgent = {
  name: 'Invoice Reader',
  did: 'did:web:harbor.example:agents:1',
  description: 'Reads invoices.\nReturns rows.',
  agent_type: 'a2a',
  status: 'active',
  is_federated: true,
  registry_name: 'Harbor',
  also_in: [{ registry_name: 'Lumen' }, { registry_name: 'Lumen' }, { registry_name: 'Meridian' }],
}

const PEERS: readonly ShownPeer[] = [
  {
    name: 'Harbor',
    outcome: 'answered',
    results: 25,
    duration_ms: 41,
    cache: 'hit',
    age_seconds: 12,
    more: true,
  },
  { name: 'Lumen', outcome: 'timeout', results: 0, duration_ms: 1500, error: 'no answer within 1500 ms' },
  { name: 'Meridian', outcome: 'skipped', reason: 'breaker-open', retry_at: '2026-01-31T12:00:05.000Z' },
]

function answerOf(agents: readonly ShownAgent[], peers?: readonly ShownPeer[]): ShownAnswer {
  return { agents, next_cursor: null, ...(peers && { federation_stats: { duration_ms: 212, peers } }) }
}

const PLAIN = { width: 80, color: false }

test('results are numbered, with type, one line of description, source and copies', () => {
  assert.equal(
    renderDiscovery(answerOf([AGENT]), PLAIN),
    [
      '1. Invoice Reader  a2a',
      '   Reads invoices. Returns rows.',
      '   from Harbor, also in Lumen, Meridian',
      '   did:web:harbor.example:agents:1',
      '',
      '1 result from this registry',
      '',
    ].join('\n'),
  )
})

test('a name that may imitate another is shown, with a line that says so', () => {
  const shown = (mixed_scripts: readonly string[]) =>
    renderDiscovery(answerOf([{ ...AGENT, mixed_scripts }]), { width: 120, color: false })
      .split('\n')
      .slice(0, 3)
  const says = (names: string) =>
    `   ! A word of its ${names} has letters of several scripts: it may imitate another.`
  const described = '   Reads invoices. Returns rows.'
  assert.deepEqual(shown(['name']), ['1. Invoice Reader  a2a', says('name'), described])
  assert.equal(shown(['provider'])[1], says("provider's name"))
  assert.equal(shown(['name', 'provider'])[1], says("name and of its provider's name"))
  assert.equal(shown(['else'])[1], described)
  const answer = { agents: [{ name: 'x', provenance: { mixed_scripts: ['name'] } }] }
  assert.deepEqual(readShownAnswer(answer).agents[0]?.mixed_scripts, ['name'])
})

test('the account has a line for every peer, with mark, outcome, results, time and reason', () => {
  const lines = renderDiscovery(answerOf([AGENT], PEERS), PLAIN).split('\n')
  assert.deepEqual(lines.slice(5), [
    '   Registry  Outcome   Results    ms',
    '✓  Harbor    answered       25    41  cached 12 s ago, has more',
    '✗  Lumen     timeout            1500  no answer within 1500 ms',
    '–  Meridian  skipped                  failed too often, retried after 12:00:05Z',
    '',
    '1 result from 2 of 4 registries in 212 ms',
    '',
  ])
})

test('a reason too long for its line is not cut but gets the next', () => {
  const error = 'the answer was not what a registry sends, and this is a long sentence about it'
  const text = renderDiscovery(answerOf([], [{ name: 'Lumen', outcome: 'bad-response', error }]), PLAIN)
  assert.match(text, new RegExp(`bad-response$\n {3}${error}$`, 'm'))
})

test('a failed peer is never shown as one with no results', () => {
  const account = renderDiscovery(answerOf([], PEERS), PLAIN)
  assert.doesNotMatch(account, /Lumen.* 0 /)
  assert.match(account, /^0 results from 2 of 4 registries/m)
})

test('an answer is complete when every peer that was wanted has answered', () => {
  const notSelected: ShownPeer = { name: 'Other', outcome: 'skipped', reason: 'not-selected' }
  assert.equal(isComplete(answerOf([])), true)
  assert.equal(isComplete(answerOf([], PEERS.slice(0, 1))), true)
  assert.equal(isComplete(answerOf([], [...PEERS.slice(0, 1), notSelected])), true)
  assert.equal(isComplete(answerOf([], PEERS)), false)
  assert.match(
    renderDiscovery(answerOf([], [...PEERS.slice(0, 1), notSelected]), PLAIN),
    /from 2 of 2 registries/,
  )
})

test('more results than shown, and warnings, are told', () => {
  const answer = {
    ...answerOf([AGENT]),
    next_cursor: 'x',
    warnings: ['Federation is\u001b[1m switched off.'],
  }
  const text = renderDiscovery(answer, PLAIN)
  assert.match(text, /^Note: Federation is\[1m switched off\.$/m)
  assert.match(text, /^1 result, and there are more, from this registry$/m)
})

test('lines keep to the width, in wide scripts too', () => {
  const agent = { ...AGENT, name: '請求書'.repeat(30), description: '請求書を読む'.repeat(80) }
  for (const width of [40, 80, Number.POSITIVE_INFINITY]) {
    const lines = renderDiscovery(answerOf([agent]), { width, color: false }).split('\n')
    assert.ok(lines.every((line) => displayWidth(line) <= Math.min(width, 120)))
  }
})

test('text of records and peers cannot steer the terminal', () => {
  const attack = '\u001b[2J\u009b1m\u202e\u0007\r'
  const agent: ShownAgent = {
    ...AGENT,
    name: `n${attack}`,
    did: `did:web:x${attack}`,
    description: `d${attack}`,
    agent_type: `t${attack}`,
    registry_name: `r${attack}`,
    also_in: [{ registry_name: `c${attack}` }],
  }
  const peer: ShownPeer = { name: `p${attack}`, outcome: `o${attack}`, error: `e${attack}` }
  const text = renderDiscovery(answerOf([agent], [peer]), PLAIN)
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})

test('colours are there only when asked for, and move no column', () => {
  const answer = answerOf([AGENT], PEERS)
  const plain = renderDiscovery(answer, PLAIN)
  const colored = renderDiscovery(answer, { width: 80, color: true })
  assert.doesNotMatch(plain, /\u001b/)
  assert.match(colored, /\u001b\[32m✓/)
  assert.match(colored, /\u001b\[31m✗/)
  assert.equal(colored.replaceAll(/\u001b\[\d+m/g, ''), plain)
})

test('an answer of another version is shown as far as it is understood', () => {
  const answer = readShownAnswer({ agents: [{ name: 7 }, null], federation_stats: { peers: [{}] } })
  assert.equal(answer.agents.length, 2)
  assert.match(renderDiscovery(answer, PLAIN), /from 1 of 2 registries/)
  assert.deepEqual(readShownAnswer(undefined).agents, [])
})
