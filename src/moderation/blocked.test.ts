import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Did } from '../domain/agent.ts'
import type { BlockKind, BlockPattern } from '../domain/moderation.ts'
import { canonicalDid, readBlockPattern } from './block-pattern.ts'
import { type BlockSubject, compileBlocks } from './blocked.ts'

function block(kind: BlockKind, written: string): BlockPattern {
  const read = readBlockPattern(kind, written)
  assert.ok(read.ok, `${kind} ${written}`)
  return read.block
}

function record(changes: Partial<Record<'did' | 'claimedDid' | 'endpoint', string>> = {}): BlockSubject {
  const { did = 'did:web:fine.example:agents:1', claimedDid = null, endpoint } = changes
  const endpoints = endpoint === undefined ? [] : [{ url: endpoint, protocol: 'a2a', binding: null }]
  return { did: did as Did, claimedDid, endpoints }
}

const FINE = 'https://fine.example'

test('a DID is blocked in all its spellings, also where it is only claimed', () => {
  const blocked = compileBlocks([block('did', 'did:web:evil.example:agents:Seven')])
  for (const did of [
    ...['did:web:evil.example:agents:Seven', 'did:web:EVIL.example:agents:Seven'],
    ...['did:web:evil.example.:agents:Seven', 'did:web:evil.example%3A443:agents:Seven'],
    ...['did:web:evil.example%3a443:agents:Seven', 'did:web:evil.example:agents:%53even'],
    ...['did:web:%65vil.example:agents:Seven', 'DID:WEB:evil.example:agents:Seven'],
    'did:web:evil.example:agents:Seven#card',
  ]) {
    assert.ok(blocked.findDid(did), did)
    assert.ok(blocked.find(record({ did }), FINE), did)
    assert.ok(blocked.find(record({ claimedDid: did }), FINE), did)
  }
  for (const did of [
    ...[
      'did:web:evil.example:agents:Eight',
      'did:web:evil.example:agents:Seven:more',
      'did:web:fine.example',
    ],
    ...['did:key:evil.example:agents:Seven', 'did:web:evil.example%3A8443:agents:Seven'],
  ]) {
    assert.equal(blocked.find(record({ did }), FINE), undefined, did)
  }
})

test('DIDs with one beginning are blocked together', () => {
  const blocked = compileBlocks([block('did', 'did:web:evil.example:agents:*')])
  assert.ok(blocked.findDid('did:web:Evil.example:agents:7'))
  assert.equal(blocked.findDid('did:web:evil.example:agentsx'), undefined)
  assert.equal(blocked.findDid('did:web:evil.example:agents'), undefined)
  assert.equal(readBlockPattern('did', 'did:web:*').ok, false)
  assert.equal(readBlockPattern('did', '*').ok, false)
})

test('an origin is blocked with its records, and with what claims to be from there', () => {
  const blocked = compileBlocks([
    block('origin', 'https://Evil.example/'),
    block('origin', 'https://shared.example/a'),
  ])
  for (const url of [
    'https://evil.example',
    'http://evil.example',
    'https://evil.example:8443',
    'https://evil.example/x',
  ]) {
    assert.ok(blocked.findOrigin(url), url)
    assert.ok(blocked.find(record(), url), url)
  }
  assert.ok(blocked.findOrigin('https://shared.example/a'))
  assert.ok(blocked.findOrigin('https://shared.example/A/b'))
  for (const url of [
    'https://shared.example',
    'https://shared.example/ab',
    'https://notevil.example',
    'https://evil.example.org',
  ]) {
    assert.equal(blocked.findOrigin(url), undefined, url)
  }
  assert.ok(blocked.find(record({ claimedDid: 'did:web:evil.example:agents:1' }), FINE))
  assert.ok(blocked.findDid('did:web:shared.example:a:agents:1'))
  assert.equal(blocked.findDid('did:web:shared.example:b:agents:1'), undefined)
})

test('an endpoint is blocked in all spellings of its address, with what is below it', () => {
  const blocked = compileBlocks([block('endpoint', 'https://evil.example/Agents/One')])
  for (const endpoint of [
    ...[
      'https://evil.example/agents/one',
      'http://EVIL.example/agents/one/',
      'https://evil.example:443/agents/one',
    ],
    ...[
      'https://evil.example./agents/one',
      'https://www.evil.example/agents/one',
      'wss://Evil.Example/agents/one',
    ],
    ...[
      'https://evil.example/agents/one?x=1#y',
      'https://user@evil.example/agents/one',
      'https://evil.example//agents//one',
    ],
    ...[
      'https://evil.example/agents/%6Fne',
      'https://evil.example/x/../agents/one',
      'https://evil.example/agents/one/more',
    ],
    ...[
      'https://evil.example:8443/agents/one',
      'evil.example/agents/one',
      'HTTPS:\\\\evil.example\\agents\\one',
    ],
  ]) {
    assert.ok(blocked.find(record({ endpoint }), FINE), endpoint)
  }
  for (const endpoint of [
    'https://evil.example/agents',
    'https://evil.example/agents/oneself',
    'https://a.evil.example/agents/one',
  ]) {
    assert.equal(blocked.find(record({ endpoint }), FINE), undefined, endpoint)
  }
})

test('hosts are blocked with those below them, by any name of one host, and one port alone', () => {
  const below = compileBlocks([block('endpoint', '*.evil.example')])
  assert.ok(below.find(record({ endpoint: 'https://a.b.evil.example/x' }), FINE))
  assert.equal(below.find(record({ endpoint: 'https://evil.example/x' }), FINE), undefined)
  assert.equal(below.find(record({ endpoint: 'https://notevil.example/x' }), FINE), undefined)
  const idn = compileBlocks([block('endpoint', 'bücher.example')])
  assert.ok(idn.find(record({ endpoint: 'https://xn--bcher-kva.example/' }), FINE))
  assert.ok(idn.find(record({ endpoint: 'https://BÜCHER.example/' }), FINE))
  const ip = compileBlocks([block('endpoint', '192.0.2.1')])
  for (const host of ['192.0.2.1', '0xc0000201', '3221225985', '192.0.513']) {
    assert.ok(ip.find(record({ endpoint: `https://${host}/x` }), FINE), host)
  }
  const port = compileBlocks([block('endpoint', 'evil.example:8443')])
  assert.ok(port.find(record({ endpoint: 'https://evil.example:8443/x' }), FINE))
  assert.equal(port.find(record({ endpoint: 'https://evil.example/x' }), FINE), undefined)
})

test('patterns are kept in one spelling; what is none is refused with what it takes', () => {
  assert.equal(block('endpoint', ' HTTPS://WWW.Evil.example:443/a/* ').pattern, 'www.evil.example/a')
  assert.equal(block('origin', 'https://EVIL.example.').pattern, 'evil.example')
  assert.equal(block('did', 'did:WEB:Evil.example%3a443').pattern, 'did:web:evil.example')
  for (const [kind, written] of [
    ...[
      ['did', 'evil.example'],
      ['did', ''],
      ['did', 'did:web'],
      ['did', 'did:web:%FF:x'],
    ],
    ...[
      ['origin', ''],
      ['origin', '   '],
      ['origin', 'https://'],
      ['endpoint', '*'],
      ['endpoint', 'a b'],
    ],
    ['endpoint', 'x'.repeat(3_000)],
  ] as const) {
    const read = readBlockPattern(kind as BlockKind, written as string)
    assert.equal(read.ok, false, `${kind} ${written}`)
  }
})

test('canonicalDid: writes one DID one way, and leaves other methods as they are', () => {
  assert.equal(canonicalDid('did:key:z6MkHaXQ'), 'did:key:z6MkHaXQ')
  assert.equal(canonicalDid('did:web:127.0.0.1%3A8080:agents:1'), 'did:web:localhost%3A8080:agents:1')
  assert.equal(canonicalDid('nothing'), null)
})

test('without blocks nothing is looked at', () => {
  const none = compileBlocks([])
  assert.ok(none.isEmpty)
  assert.equal(none.find(record(), FINE), undefined)
})
