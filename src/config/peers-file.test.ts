import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeMistakes } from './mistakes.ts'
import { type PeersFile, type PeersFileOptions, readPeersFile } from './peers-file.ts'

function read(text: string, options: Partial<PeersFileOptions> = {}): PeersFile {
  return readPeersFile('peers.yaml', {
    env: { B_KEY: 'key-of-b', B_SECRET: 'secret-of-b' },
    readFile: () => text,
    ownUrl: 'https://a.example',
    isHttpPossible: false,
    settingNames: new Set(['REGISTRY_ADMIN_KEY']),
    ...options,
  })
}

function mistakesOf(text: string, options: Partial<PeersFileOptions> = {}): string[] {
  return describeMistakes(read(text, options).mistakes).split('\n')
}

test('readPeersFile: reads YAML and JSON alike and fetches secrets from the environment', () => {
  const yaml = `
- name: Registry B
  url: HTTPS://B.example/
  public_key: null
  require_mtls: false
  api_key_env: B_KEY
  signing_secret_env: B_SECRET
- { name: C, url: https://c.example/registry, protocol: mcp-registry }
`
  const json = JSON.stringify(
    [
      {
        name: 'Registry B',
        url: 'https://b.example',
        api_key_env: 'B_KEY',
        signing_secret_env: 'B_SECRET',
      },
      { name: 'C', url: 'https://c.example/registry', protocol: 'mcp-registry' },
    ],
    null,
    '\t',
  )
  const expected = {
    peers: [
      {
        name: 'Registry B',
        url: 'https://b.example',
        publicKey: null,
        requireMtls: false,
        protocol: 'agentvault',
        apiKey: 'key-of-b',
        signingSecret: 'secret-of-b',
      },
      {
        name: 'C',
        url: 'https://c.example/registry',
        publicKey: null,
        requireMtls: false,
        protocol: 'mcp-registry',
        apiKey: null,
        signingSecret: null,
      },
    ],
    mistakes: [],
    envNames: new Set(['B_KEY', 'B_SECRET']),
  }
  assert.deepEqual(read(yaml), expected)
  assert.deepEqual(read(json), expected)
})

test('readPeersFile: takes a public key in PEM or as JWK, in one form, and refuses what is none', () => {
  const jwk = '{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
  const written = [
    `public_key: '${jwk}'`,
    'public_key: { kty: OKP, crv: Ed25519, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo, kid: theirs }',
    `public_key: |
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
    -----END PUBLIC KEY-----`,
  ]
  for (const line of written) {
    const { peers, mistakes } = read(`- name: B\n  url: https://b.example\n  ${line}\n`)
    assert.deepEqual(mistakes, [], line)
    assert.equal(peers[0]?.publicKey, jwk, line)
  }
  for (const key of ['"MCow"', '5', '{ kty: RSA }', '[]']) {
    assert.match(
      mistakesOf(`[{ name: B, url: https://b.example, public_key: ${key} }]`).join(),
      /public_key: cannot be used\. It is .*takes an Ed25519 public key in PEM or as JWK/,
    )
  }
})

test('readPeersFile: refuses mutual TLS rather than ignoring it', () => {
  assert.deepEqual(mistakesOf('[{ name: B, url: https://b.example, require_mtls: true }]'), [
    'FEDERATION_PEERS_FILE peers[0].require_mtls: needs the pins of its certificate, which this file does not hold; remove it and run "peer tls" once the peer is added',
  ])
  assert.match(
    mistakesOf('[{ name: B, url: https://b.example, require_mtls: "true" }]').join(),
    /not a boolean; takes false/,
  )
})

test('readPeersFile: reports every fault at once, each with its place', () => {
  const places = read(`
- { name: B, url: https://b.example }
- { url: ftp://c.example, protcol: x }
- { name: b, url: "https://b.example:443/" }
- just text
- { name: "", url: 5, protocol: 1, api_key_env: MISSING }
`).mistakes.map(({ name }) => name.replace('FEDERATION_PEERS_FILE ', ''))
  assert.deepEqual(places, [
    'peers[1].protcol',
    'peers[1].name',
    'peers[1].url',
    'peers[3]',
    'peers[4].name',
    'peers[4].url',
    'peers[4].protocol',
    'peers[4].api_key_env',
    'peers[2].name',
    'peers[2].url',
  ])
})

test('readPeersFile: names the nearest member for an unknown one', () => {
  assert.deepEqual(mistakesOf('[{ name: B, url: https://b.example, api_key: hunter2 }]'), [
    'FEDERATION_PEERS_FILE peers[0].api_key: is not known; the nearest known name is api_key_env',
  ])
})

test('readPeersFile: refuses this registry itself, and plain http where no network allows it', () => {
  assert.match(
    mistakesOf('[{ name: A, url: "https://A.example/" }]').join(),
    /address of this registry itself/,
  )
  const http = '[{ name: B, url: "http://127.0.0.1:9000" }]'
  assert.match(mistakesOf(http).join(), /plain http/)
  assert.deepEqual(read(http, { isHttpPossible: true }).mistakes, [])
})

test('readPeersFile: never hands a setting of this registry, such as its admin key, to a peer', () => {
  const file = read('[{ name: B, url: https://b.example, api_key_env: REGISTRY_ADMIN_KEY }]', {
    env: { REGISTRY_ADMIN_KEY: 'hunter2' },
  })
  assert.match(describeMistakes(file.mistakes), /is a setting of this registry, not a peer's secret/)
  assert.equal(file.peers[0]?.apiKey, null)
})

test('readPeersFile: refuses a secret that would break out of an HTTP header', () => {
  const text = '[{ name: B, url: https://b.example, api_key_env: B_KEY }]'
  const [mistake] = mistakesOf(text, { env: { B_KEY: 'hunter2\r\nX-Admin: 1' } })
  assert.match(mistake ?? '', /"B_KEY" holds characters that no HTTP header carries/)
})

test('readPeersFile: repeats no secret that was written where a name or an address belongs', () => {
  for (const text of [
    '[{ name: B, url: https://b.example, api_key_env: "hunter2-the-key" }]',
    '[{ name: B, url: "https://user:hunter2@b.example" }]',
    '[{ name: B, url: "https:/user:hunter2@b.example" }]',
    '[{ name: B, url: https://b.example, api_key: hunter2 }]',
    '- name: B\n  api_key: hunter2: [',
    '- name: *hunter2',
    'hunter2',
  ]) {
    const { mistakes } = read(text)
    assert.ok(mistakes.length > 0, text)
    assert.doesNotMatch(describeMistakes(mistakes), /hunter2/, text)
  }
})

test('readPeersFile: tells what is wrong with a file it cannot use', () => {
  const missing = mistakesOf('', {
    readFile: () => {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    },
  })
  assert.deepEqual(missing, [
    'FEDERATION_PEERS_FILE: "peers.yaml" does not exist; takes a YAML or JSON list of peers, each with at least name and url',
  ])
  assert.match(mistakesOf('peers: []').join(), /holds no list/)
  assert.match(mistakesOf('- [').join(), /not valid YAML or JSON \(line \d+, column \d+\)/)
  assert.deepEqual(read('# nobody yet\n').mistakes, [])
})
