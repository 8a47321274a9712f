import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { completeFields, FIELD_NAMES, parseFields, READ_ONLY_MEMBERS, WIRE_NAMES } from './fields.ts'

const whole = { partial: false }
const change = { partial: true }

function faultsOf(input: unknown, options = whole): Record<string, string> {
  const parsed = parseFields(input, options)
  assert.equal(parsed.ok, false)
  return parsed.ok ? {} : Object.fromEntries(parsed.faults.map(({ pointer, message }) => [pointer, message]))
}

test('parseFields: reads every member of a record under its wire name', () => {
  const parsed = parseFields(
    {
      claimed_did: 'did:web:acme.example:agents:nlp',
      name: '  Local NLP Agent ',
      description: 'Line one\nline two',
      agent_type: 'a2a',
      version: '1.2.0',
      status: 'deprecated',
      status_message: 'Use the new one.',
      successor_did: 'did:key:z6Mk1',
      visibility: 'federated',
      tags: [' nlp ', 'NLP', 'Text'],
      skills: [
        { id: 's', name: 'S', description: 'does', tags: ['t'] },
        { id: 'r', name: 'R' },
      ],
      endpoints: [
        { url: 'https://acme.example/a2a', protocol: 'a2a', binding: 'JSONRPC' },
        { url: 'http://acme.example/x', protocol: 'http' },
      ],
      provider: { organization: 'Acme', url: null },
      auth_schemes: ['oauth2'],
      share_card: true,
    },
    whole,
  )
  assert.deepEqual(parsed.ok && parsed.fields, {
    claimedDid: 'did:web:acme.example:agents:nlp',
    name: 'Local NLP Agent',
    description: 'Line one\nline two',
    agentType: 'a2a',
    version: '1.2.0',
    status: 'deprecated',
    statusMessage: 'Use the new one.',
    successorDid: 'did:key:z6Mk1',
    visibility: 'federated',
    tags: ['nlp', 'Text'],
    skills: [
      { id: 's', name: 'S', description: 'does', tags: ['t'] },
      { id: 'r', name: 'R', description: '', tags: [] },
    ],
    endpoints: [
      { url: 'https://acme.example/a2a', protocol: 'a2a', binding: 'JSONRPC' },
      { url: 'http://acme.example/x', protocol: 'http', binding: null },
    ],
    provider: { organization: 'Acme', url: null },
    authSchemes: ['oauth2'],
    shareCard: true,
  })
  assert.deepEqual(parsed.ok && parsed.given, FIELD_NAMES)
})

test('parseFields: names every fault at once, by JSON pointer, with what was seen and what it takes', () => {
  const faults = faultsOf({
    name: '',
    agent_type: 'A2A',
    visibility: 'secret',
    tags: ['ok', 7, ' '],
    skills: [{ id: 's', name: null, extra: 1 }],
    endpoints: [{ url: 'ftp://x.example', protocol: 'mcp' }],
    share_card: 'yes',
    'a/b~c': 1,
  })
  assert.deepEqual(Object.keys(faults).sort(), [
    '/agent_type',
    '/a~1b~0c',
    '/endpoints/0/url',
    '/name',
    '/share_card',
    '/skills/0/extra',
    '/skills/0/name',
    '/tags/1',
    '/tags/2',
    '/visibility',
  ])
  assert.equal(faults['/visibility'], 'Takes one of private, local, federated, public; seen: "secret".')
  assert.equal(faults['/tags/1'], 'Takes text of 1 to 64 characters; seen: 7.')
  assert.match(faults['/endpoints/0/url'] ?? '', /https or http URL.*seen: "ftp:\/\/x\.example"/)
})

test('parseFields: guesses which member was meant by an unknown one', () => {
  const faults = faultsOf({ name: 'N', agent_type: 'api', agentType: 'api', colour: 'red' })
  assert.equal(faults['/agentType'], 'Unknown member; did you mean `agent_type`?')
  assert.match(faults['/colour'] ?? '', /^Unknown member; takes claimed_did, name/)
})

test('parseFields: ignores the members that the registry makes itself, so that a record can be sent back', () => {
  const made = Object.fromEntries(READ_ONLY_MEMBERS.map((name) => [name, { any: 'value' }]))
  const parsed = parseFields({ ...made, name: 'N', agent_type: 'api' }, whole)
  assert.deepEqual(parsed, {
    ok: true,
    fields: { name: 'N', agentType: 'api' },
    given: ['name', 'agentType'],
    cleared: [],
  })
})

test('parseFields: requires name and type of a record of its own, nothing of a change', () => {
  assert.deepEqual(Object.keys(faultsOf({})), ['/name', '/agent_type'])
  assert.deepEqual(parseFields({}, change), { ok: true, fields: {}, given: [], cleared: [] })
})

test('parseFields: null clears any member of a change, and of a record only those that can be null', () => {
  const parsed = parseFields({ version: null, tags: null, name: null }, change)
  assert.deepEqual(parsed, { ok: true, fields: {}, given: [], cleared: ['name', 'version', 'tags'] })
  assert.deepEqual(Object.keys(faultsOf({ name: 'N', agent_type: 'api', provider: null, tags: null })), [
    '/tags',
  ])
})

test('parseFields: counts characters as readers do and accepts exactly the limit', () => {
  const astral = '𝒳'
  assert.equal(parseFields({ name: astral.repeat(200) }, change).ok, true)
  assert.match(faultsOf({ name: astral.repeat(201) }, change)['/name'] ?? '', /seen: 201 characters/)
  assert.equal(parseFields({ description: 'x'.repeat(4_000) }, change).ok, true)
  assert.match(faultsOf({ description: 'x'.repeat(4_001) }, change)['/description'] ?? '', /4000 characters/)
  const tags = Array.from({ length: 65 }, (_, index) => `t${index}`)
  assert.match(faultsOf({ tags }, change)['/tags'] ?? '', /at most 64 texts; seen: an array of 65/)
})

test('parseFields: refuses control characters and bidi overrides in names, and NUL everywhere', () => {
  assert.match(faultsOf({ name: 'a\u0007b' }, change)['/name'] ?? '', /U\+0007/)
  assert.match(faultsOf({ name: 'evil\u202egnp.exe' }, change)['/name'] ?? '', /U\+202E/)
  assert.match(faultsOf({ name: 'two\nlines' }, change)['/name'] ?? '', /U\+000A/)
  assert.match(faultsOf({ description: 'a\u0000b' }, change)['/description'] ?? '', /U\+0000/)
  assert.match(faultsOf({ name: '\ud800' }, change)['/name'] ?? '', /surrogate/)
})

test('parseFields: refuses URLs with credentials, and does not repeat these', () => {
  const endpoint = (url: string) => ({ endpoints: [{ url, protocol: 'mcp' }] })
  for (const url of [
    'https://user:hunter2@x.example/',
    'https://hunter2@x.example',
    'https://:@hunter2.example/',
  ]) {
    const message = faultsOf(endpoint(url), change)['/endpoints/0/url'] ?? ''
    assert.match(message, /without user name or password/)
    assert.doesNotMatch(message, /hunter2/)
  }
})

test('parseFields: refuses URLs that other parsers would read otherwise', () => {
  for (const url of [
    'https:x.example',
    'https:///x.example',
    '//x.example',
    '/path',
    'javascript:alert(1)',
    'https://x.example\\@evil.example',
    'https://x.exa\tmple/',
    'https://x.example/a b',
    'https://',
    `https://x.example/${'a'.repeat(2_048)}`,
  ]) {
    assert.deepEqual(
      Object.keys(faultsOf({ provider: { organization: 'O', url } }, change)),
      ['/provider/url'],
      url,
    )
  }
})

test('parseFields: refuses URLs with what nobody sees, and says what it is', () => {
  for (const [character, name] of [
    ['\u200b', 'U+200B'],
    ['\u202e', 'U+202E'],
    ['\u{e0041}', 'U+E0041'],
  ] as const) {
    for (const url of [`https://x${character}.example/`, `https://x.example/a${character}b`]) {
      const message = faultsOf({ provider: { organization: 'O', url } }, change)['/provider/url'] ?? ''
      assert.match(message, new RegExp(`${name.replace('+', '.')} that it has|seen: `), url)
    }
  }
  const url = 'https://bücher.example/日本語?q=ü'
  assert.ok(parseFields({ provider: { organization: 'O', url } }, change).ok)
})

test('parseFields: members named like those of every object are unknown members, not inherited ones', () => {
  const input: unknown = JSON.parse(
    '{"__proto__":{"name":"x"},"constructor":1,"name":"N","agent_type":"api"}',
  )
  assert.deepEqual(Object.keys(faultsOf(input)), ['/__proto__', '/constructor'])
})

test('parseFields: takes nothing but an object', () => {
  for (const input of [null, [], 'x', 1, undefined]) assert.deepEqual(Object.keys(faultsOf(input)), [''])
})

test('parseFields: the answer does not grow with the nonsense sent', () => {
  const input = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x${index}`, 1]))
  const parsed = parseFields(input, change)
  assert.equal(!parsed.ok && parsed.faults.length, 101)
})

test('parseFields: never throws, and every pointer leads to the faulty value or its missing place', () => {
  const member = fc.constantFrom(...Object.values(WIRE_NAMES), 'other~/')
  fc.assert(
    fc.property(fc.dictionary(member, fc.jsonValue()), fc.boolean(), (input, partial) => {
      const parsed = parseFields(input, { partial })
      if (parsed.ok) return
      for (const { pointer } of parsed.faults) {
        assert.ok(pointer === '' || pointer.startsWith('/'))
        const first = (pointer.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~')
        assert.ok(first in input || first === 'name' || first === 'agent_type')
      }
    }),
    { numRuns: 200 },
  )
})

test('completeFields: a new record is local and active unless said otherwise', () => {
  const completed = completeFields({ name: 'N', agentType: 'api' })
  assert.equal(completed.ok && completed.fields.visibility, 'local')
  assert.equal(completed.ok && completed.fields.status, 'active')
  assert.equal(completed.ok && completed.fields.shareCard, false)
  assert.deepEqual(completed.ok && Object.keys(completed.fields).sort(), [...FIELD_NAMES].sort())
})

test('completeFields: asks for name and type at once', () => {
  const completed = completeFields({ tags: [] })
  assert.deepEqual(!completed.ok && completed.faults.map((fault) => fault.pointer), ['/name', '/agent_type'])
})
