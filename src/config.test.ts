import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createAuthority } from '../test/support/certificates.ts'
import { listSettings } from './config/settings.ts'
import {
  type ConfigSources,
  describeMistakes,
  type LoadedConfig,
  loadConfig,
  readEnvironment,
  renderConfig,
  renderSettingsTable,
} from './config.ts'
import { mintToken } from './security/tokens.ts'

const RING = `k1:${Buffer.alloc(32, 7).toString('base64')}`
const ADMIN_KEY = mintToken('ava', new Uint8Array(32).fill(9))

/** Loads settings that are meant to be right. */
function load(env: ConfigSources['env'], files: Readonly<Record<string, string>> = {}): LoadedConfig {
  const outcome = loadConfig(sourcesOf(env, files))
  assert.ok(outcome.ok, outcome.ok ? '' : describeMistakes(outcome.mistakes))
  return outcome
}

/** The lines about settings that are meant to be wrong. */
function mistakesOf(env: ConfigSources['env'], files: Readonly<Record<string, string>> = {}): string[] {
  const outcome = loadConfig(sourcesOf(env, files))
  return outcome.ok ? [] : describeMistakes(outcome.mistakes).split('\n')
}

/** With a file `config.yaml` among the files, `--config` names it. */
function sourcesOf(env: ConfigSources['env'], files: Readonly<Record<string, string>>): ConfigSources {
  const readFile = (path: string): string => {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return text
  }
  return files['config.yaml'] === undefined ? { env, readFile } : { env, readFile, filePath: 'config.yaml' }
}

test('loadConfig: every setting has its default', () => {
  assert.deepEqual(load({}).config, {
    host: '127.0.0.1',
    port: 8080,
    publicUrl: 'http://localhost:8080',
    name: 'AgentVault Registry',
    databaseUrl: 'sqlite:./data/registry.db',
    redisUrl: null,
    adminKey: null,
    keyRing: null,
    keyRingFile: null,
    anonymousRead: true,
    anonymousFederated: true,
    allowedHosts: [],
    peerNetworks: [],
    cardNetworks: [],
    trustedProxies: [],
    tlsCertFile: null,
    tlsKeyFile: null,
    tlsClientCaFile: null,
    corsOrigins: [],
    ratePerMinute: { peer: 600, key: 120, anonymous: 60, authFailures: 10 },
    logLevel: 'info',
    logQueries: 'hash',
    queryLogDays: 30,
    tombstoneDays: 90,
    auditDays: 400,
    federation: {
      enabled: true,
      cacheTtlSeconds: 300,
      queryTimeoutMs: 5000,
      maxResultsPerPeer: 50,
      requireSignature: true,
      signatureMaxAgeSeconds: 300,
      healthCheckIntervalSeconds: 60,
      unhealthyThreshold: 3,
      outboundRatePerMinute: 300,
      trustedPeers: [],
    },
    tracing: {
      endpoint: null,
      tracesEndpoint: null,
      sampler: 'parentbased_always_on',
      sampledShare: 1,
      exportDelayMs: 5000,
      disabled: false,
    },
  })
})

/** A value other than the default for every setting. */
const EVERYTHING = {
  REGISTRY_HOST: '0.0.0.0',
  REGISTRY_PORT: '9000',
  REGISTRY_PUBLIC_URL: 'https://registry.example/a',
  REGISTRY_NAME: 'Registry A',
  DATABASE_URL: 'postgres://app@db/registry',
  REDIS_URL: 'redis://cache/1',
  REGISTRY_ADMIN_KEY: ADMIN_KEY,
  REGISTRY_KEYS: RING,
  REGISTRY_ANONYMOUS_READ: 'false',
  REGISTRY_ANONYMOUS_FEDERATED: 'true',
  REGISTRY_ALLOWED_HOSTS: 'a.example,b.example',
  REGISTRY_PEER_NETWORKS: '127.0.0.0/8,::1/128',
  REGISTRY_CARD_NETWORKS: '10.1.0.0/16',
  REGISTRY_TRUSTED_PROXIES: '10.0.0.0/8',
  REGISTRY_CORS_ORIGINS: 'https://app.example',
  REGISTRY_RATE_PEER: '1',
  REGISTRY_RATE_KEY: '2',
  REGISTRY_RATE_ANONYMOUS: '3',
  REGISTRY_RATE_AUTH_FAILURES: '4',
  REGISTRY_LOG_LEVEL: 'debug',
  REGISTRY_LOG_QUERIES: 'plain',
  REGISTRY_QUERY_LOG_DAYS: '7',
  REGISTRY_TOMBSTONE_DAYS: '5',
  REGISTRY_AUDIT_DAYS: '500',
  REGISTRY_TLS_CERT: 'own.crt',
  REGISTRY_TLS_KEY: 'own.key',
  REGISTRY_TLS_CLIENT_CA: 'ca.crt',
  FEDERATION_ENABLED: 'false',
  FEDERATION_CACHE_TTL: '6',
  FEDERATION_QUERY_TIMEOUT: '700',
  FEDERATION_MAX_RESULTS_PER_PEER: '8',
  FEDERATION_REQUIRE_SIGNATURE: 'false',
  FEDERATION_SIGNATURE_MAX_AGE: '9',
  FEDERATION_HEALTH_CHECK_INTERVAL: '10',
  FEDERATION_UNHEALTHY_THRESHOLD: '11',
  FEDERATION_OUTBOUND_RATE: '12',
  FEDERATION_PEERS_FILE: 'peers.yaml',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/v1/traces',
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_TRACES_SAMPLER_ARG: '0.25',
  OTEL_BSP_SCHEDULE_DELAY: '13',
  OTEL_SDK_DISABLED: 'true',
}
const PEERS_FILE = {
  'peers.yaml': '[{ name: B, url: https://b.example, api_key_env: FEDERATION_KEY_FOR_B }]',
}
const PEER_SECRETS = { FEDERATION_KEY_FOR_B: 'hunter2-of-b' }

const CERTIFICATES = mkdtempSync(join(tmpdir(), 'avr-config-'))
after(() => rmSync(CERTIFICATES, { recursive: true }))
const CA = createAuthority(CERTIFICATES, 'ca')
const OWN = CA.issue('own')
const TLS_FILES = { 'own.crt': OWN.cert, 'own.key': OWN.key, 'ca.crt': CA.cert, 'ca.key': CA.key }

test('loadConfig: every setting lands in its place', () => {
  const { config } = load({ ...EVERYTHING, ...PEER_SECRETS }, { ...PEERS_FILE, ...TLS_FILES })
  assert.deepEqual(config, {
    host: '0.0.0.0',
    port: 9000,
    publicUrl: 'https://registry.example/a',
    name: 'Registry A',
    databaseUrl: 'postgres://app@db/registry',
    redisUrl: 'redis://cache/1',
    adminKey: ADMIN_KEY,
    keyRing: RING,
    keyRingFile: null,
    anonymousRead: false,
    anonymousFederated: true,
    allowedHosts: ['a.example', 'b.example'],
    peerNetworks: ['127.0.0.0/8', '::1/128'],
    cardNetworks: ['10.1.0.0/16'],
    trustedProxies: ['10.0.0.0/8'],
    tlsCertFile: 'own.crt',
    tlsKeyFile: 'own.key',
    tlsClientCaFile: 'ca.crt',
    corsOrigins: ['https://app.example'],
    ratePerMinute: { peer: 1, key: 2, anonymous: 3, authFailures: 4 },
    logLevel: 'debug',
    logQueries: 'plain',
    queryLogDays: 7,
    tombstoneDays: 5,
    auditDays: 500,
    federation: {
      enabled: false,
      cacheTtlSeconds: 6,
      queryTimeoutMs: 700,
      maxResultsPerPeer: 8,
      requireSignature: false,
      signatureMaxAgeSeconds: 9,
      healthCheckIntervalSeconds: 10,
      unhealthyThreshold: 11,
      outboundRatePerMinute: 12,
      trustedPeers: [
        {
          name: 'B',
          url: 'https://b.example',
          publicKey: null,
          requireMtls: false,
          protocol: 'agentvault',
          apiKey: 'hunter2-of-b',
          signingSecret: null,
        },
      ],
    },
    tracing: {
      endpoint: 'http://collector:4318/',
      tracesEndpoint: 'https://traces.example/v1/traces',
      sampler: 'traceidratio',
      sampledShare: 0.25,
      exportDelayMs: 13,
      disabled: true,
    },
  })
  assert.equal(load({ REGISTRY_KEYS_FILE: '/run/keys' }).config.keyRingFile, '/run/keys')
})

test('loadConfig: reads every setting that is documented, and no other', () => {
  const { settings } = load({})
  assert.deepEqual(
    settings.map(({ name }) => name).toSorted(),
    listSettings()
      .map(({ name }) => name)
      .toSorted(),
  )
})

test('loadConfig: reports all mistakes at once, with name, value and what is taken', () => {
  assert.deepEqual(
    mistakesOf({
      REGISTRY_PORT: '80a',
      REGISTRY_ANONYMOUS_READ: 'no',
      REGISTRY_LOG_LEVEL: 'loud',
      REGISTRY_PEER_NETWORKS: '10.0.0.0/8,ten',
      FEDERATION_QUERY_TIMEOUT: '5s',
      REGISTRY_TLS_CERT: '/run/cert',
      REGISTRY_TLS_KEY: '/run/key',
      REGISTRY_PROT: '80',
    }),
    [
      'REGISTRY_PROT: is not a setting; the nearest known name is REGISTRY_PORT',
      'REGISTRY_PORT: "80a" is not a port; takes a whole number from 0 to 65535',
      'REGISTRY_ANONYMOUS_READ: "no" is neither true nor false; takes true, false, 1 or 0',
      'REGISTRY_PEER_NETWORKS: "10.0.0.0/8,ten" has a fault: entry 2 is not a network; takes networks such as 10.0.0.0/8 or ::1/128, separated by commas',
      'REGISTRY_LOG_LEVEL: "loud" is none of them; takes one of silent, fatal, error, warn, info, debug, trace',
      'FEDERATION_QUERY_TIMEOUT: "5s" is not a number in range; takes a whole number of milliseconds from 50 to 60000',
      'REGISTRY_TLS_CERT: "/run/cert" cannot be read: there is no such file; takes the path of a PEM file',
      'REGISTRY_TLS_KEY: "/run/key" cannot be read: there is no such file; takes the path of a PEM file',
    ],
  )
})

test('loadConfig: with a certificate the registry is known by https, and what could not work is refused or told', () => {
  const env = { REGISTRY_TLS_CERT: 'own.crt', REGISTRY_TLS_KEY: 'own.key' }
  assert.equal(load(env, TLS_FILES).config.publicUrl, 'https://localhost:8080')
  assert.equal(load({ ...env, REGISTRY_PORT: '443' }, TLS_FILES).config.publicUrl, 'https://localhost')
  assert.deepEqual(mistakesOf({ REGISTRY_TLS_KEY: 'own.key' }, TLS_FILES), [
    'REGISTRY_TLS_CERT: is not set, but REGISTRY_TLS_KEY is; https needs both; takes the path of a file',
  ])
  assert.deepEqual(mistakesOf({ ...env, REGISTRY_TLS_KEY: 'ca.key' }, TLS_FILES), [
    'REGISTRY_TLS_KEY: "ca.key" holds another key than the one of the certificate in own.crt; takes the path of a PEM file',
  ])
  const plain = load({ ...env, REGISTRY_PUBLIC_URL: 'http://localhost:8080' }, TLS_FILES)
  assert.match(plain.warnings.join(), /the server speaks https alone/)
  assert.match(
    load({ REGISTRY_TLS_CLIENT_CA: 'ca.crt' }, TLS_FILES).warnings.join(),
    /no client certificate can come/,
  )
})

test('loadConfig: finds misspelled names in the environment, but leaves the names of others alone', () => {
  assert.deepEqual(
    mistakesOf({ REGISTRY_ANONYMOUS_RAED: 'false', FEDERATION_ENABLE: 'x', PATH: '/bin', REGISTRYX: '' }),
    [
      'REGISTRY_ANONYMOUS_RAED: is not a setting; the nearest known name is REGISTRY_ANONYMOUS_READ',
      'FEDERATION_ENABLE: is not a setting; the nearest known name is FEDERATION_ENABLED',
    ],
  )
})

test('loadConfig: a file gives settings by the same names, and the environment wins', () => {
  const yaml = `
# comment
REGISTRY_PORT: 9000
REGISTRY_NAME: 0123
REGISTRY_ANONYMOUS_READ: false
REGISTRY_ALLOWED_HOSTS: [a.example, b.example]
REGISTRY_TOMBSTONE_DAYS:
`
  const { config, settings } = load({ REGISTRY_PORT: '9001' }, { 'config.yaml': yaml })
  assert.equal(config.port, 9001)
  assert.equal(config.name, '0123')
  assert.equal(config.anonymousRead, false)
  assert.deepEqual(config.allowedHosts, ['a.example', 'b.example'])
  assert.equal(config.tombstoneDays, 90)
  const origins = Object.fromEntries(settings.map(({ name, origin }) => [name, origin]))
  assert.equal(origins.REGISTRY_PORT, 'env')
  assert.equal(origins.REGISTRY_NAME, 'file')
  assert.equal(origins.REGISTRY_TOMBSTONE_DAYS, 'default')
  assert.equal(load({}, { 'config.yaml': '{\n\t"REGISTRY_PORT": 9000\n}' }).config.port, 9000)
  assert.equal(load({}, { 'config.yaml': '# nothing yet' }).config.port, 8080)
})

test('loadConfig: an empty variable counts as not set', () => {
  const { config } = load(
    { REGISTRY_PORT: '', REGISTRY_NAME: '  ' },
    { 'config.yaml': 'REGISTRY_PORT: 9000' },
  )
  assert.equal(config.port, 9000)
  assert.equal(config.name, 'AgentVault Registry')
})

test("loadConfig: reports a file's unknown names and misplaced lists and maps", () => {
  const yaml =
    'registry_port: 1\nPORT: 1\nREGISTRY_HOST: [a, b]\nREGISTRY_NAME: { a: b }\nREGISTRY_RATE_KEY: 1e3'
  assert.deepEqual(mistakesOf({}, { 'config.yaml': yaml }), [
    'REGISTRY_NAME: holds a map in the file; takes one value, or a list',
    'registry_port: is not a setting; the nearest known name is REGISTRY_PORT',
    'PORT: is not a setting; the nearest known name is REGISTRY_PORT',
    'REGISTRY_HOST: holds a list in the file; takes an address such as 127.0.0.1, :: or 0.0.0.0, or a host name',
    'REGISTRY_RATE_KEY: "1e3" is not a number in range; takes a whole number of requests per minute from 1 to 1000000',
  ])
})

test('loadConfig: a file that cannot be used is one mistake', () => {
  const takes = 'takes a YAML or JSON file of names and values'
  const outcome = loadConfig({ env: {}, filePath: '/nonexistent/config.yaml' })
  assert.equal(
    outcome.ok ? '' : describeMistakes(outcome.mistakes),
    `--config: "/nonexistent/config.yaml" does not exist; ${takes}`,
  )
  const directory = loadConfig({ env: {}, filePath: tmpdir() })
  assert.match(directory.ok ? '' : describeMistakes(directory.mistakes), /is a directory/)
  for (const [text, problem] of [
    ['REGISTRY_PORT: [1', 'is not valid YAML or JSON (line 1, column 18)'],
    ['REGISTRY_PORT: 1\nREGISTRY_PORT: 2', 'has one name twice (line 2, column 1)'],
    ['- REGISTRY_PORT', 'holds no map of names and values'],
    ['REGISTRY_PORT: *x', 'has an alias without anchor, or too many aliases'],
  ] as const) {
    assert.deepEqual(mistakesOf({}, { 'config.yaml': text }), [
      `--config: "config.yaml" ${problem}; ${takes}`,
    ])
  }
})

test('loadConfig: reads files from the disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'config-'))
  try {
    writeFileSync(join(directory, 'peers.json'), '[{"name":"B","url":"https://b.example"}]')
    writeFileSync(join(directory, 'c.yaml'), `FEDERATION_PEERS_FILE: ${join(directory, 'peers.json')}`)
    const outcome = loadConfig({ env: {}, filePath: join(directory, 'c.yaml') })
    assert.equal(outcome.ok && outcome.config.federation.trustedPeers[0]?.url, 'https://b.example')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('loadConfig: the default public URL follows the port; port 0 leaves the real one to the server', () => {
  assert.equal(load({ REGISTRY_PORT: '9000' }).config.publicUrl, 'http://localhost:9000')
  assert.equal(load({ REGISTRY_PORT: '80' }).config.publicUrl, 'http://localhost')
  assert.equal(load({ REGISTRY_PORT: '0' }).config.publicUrl, 'http://localhost:0')
})

test('loadConfig: strangers search peers by default only where bind address and public host are loopback', () => {
  const byDefault = (host: string, url?: string): boolean =>
    load({ REGISTRY_HOST: host, REGISTRY_PUBLIC_URL: url }).config.anonymousFederated
  assert.equal(byDefault('127.0.0.1'), true)
  assert.equal(byDefault('::1', 'http://[::1]:8080'), true)
  assert.equal(byDefault('localhost', 'http://127.0.0.2'), true)
  assert.equal(byDefault('0.0.0.0'), false)
  assert.equal(byDefault('::'), false)
  assert.equal(byDefault('127.0.0.1', 'https://registry.example'), false)
  assert.equal(byDefault('127.0.0.1', 'https://localhost.example'), false)
  assert.equal(byDefault('127.0.0.1', 'https://127.0.0.1.example'), false)
  assert.equal(
    load({ REGISTRY_HOST: '0.0.0.0', REGISTRY_ANONYMOUS_FEDERATED: '1' }).config.anonymousFederated,
    true,
  )
  assert.equal(load({ REGISTRY_ANONYMOUS_FEDERATED: '0' }).config.anonymousFederated, false)
})

test('loadConfig: PostgreSQL needs a key ring, from exactly one source', () => {
  const DATABASE_URL = 'postgres://db/registry'
  assert.match(
    mistakesOf({ DATABASE_URL }).join(),
    /^REGISTRY_KEYS: is not set; with PostgreSQL this or REGISTRY_KEYS_FILE is needed/,
  )
  assert.deepEqual(mistakesOf({ DATABASE_URL, REGISTRY_KEYS: RING }), [])
  assert.deepEqual(mistakesOf({ DATABASE_URL, REGISTRY_KEYS_FILE: '/run/keys' }), [])
  assert.deepEqual(mistakesOf({ REGISTRY_KEYS: RING, REGISTRY_KEYS_FILE: '/run/keys' }), [
    'REGISTRY_KEYS: is set along with REGISTRY_KEYS_FILE; remove one of them',
  ])
})

test('loadConfig: takes only an admin key with right check characters', () => {
  assert.equal(load({ REGISTRY_ADMIN_KEY: ` ${ADMIN_KEY}\n` }).config.adminKey, ADMIN_KEY)
  const spoiled = `${ADMIN_KEY.slice(0, -1)}${ADMIN_KEY.endsWith('0') ? '1' : '0'}`
  for (const key of [spoiled, mintToken('avf'), 'changeme']) {
    assert.match(mistakesOf({ REGISTRY_ADMIN_KEY: key }).join(), /is not a well-formed key/)
  }
})

test('loadConfig: warns of what works but is probably not meant', () => {
  assert.deepEqual(load({}).warnings, [])
  assert.match(load({ REGISTRY_HOST: '0.0.0.0' }).warnings.join(), /REGISTRY_PUBLIC_URL is not set/)
  assert.match(
    load({ REGISTRY_TRUSTED_PROXIES: '0.0.0.0/0' }).warnings.join(),
    /any caller can claim any address/,
  )
  assert.match(
    load({ ...EVERYTHING, ...PEER_SECRETS }, { ...PEERS_FILE, ...TLS_FILES }).warnings.join(),
    /none of them will be asked/,
  )
})

test('renderConfig: prints effective values with their origin, and what they are by default', () => {
  const files = {
    ...PEERS_FILE,
    'config.yaml': 'FEDERATION_PEERS_FILE: peers.yaml\nREGISTRY_PUBLIC_URL: HTTPS://A.example/',
  }
  const lines = renderConfig(
    load({ REGISTRY_NAME: "A's", REGISTRY_RATE_KEY: '7', ...PEER_SECRETS }, files),
  ).split('\n')
  for (const line of [
    'REGISTRY_PORT=8080  # default',
    'REGISTRY_PUBLIC_URL=https://a.example  # file; default http://localhost:8080',
    String.raw`REGISTRY_NAME='A'\''s'  # env; default 'AgentVault Registry'`,
    'FEDERATION_PEERS_FILE=peers.yaml  # file; default none',
    'REGISTRY_ADMIN_KEY=  # default',
    'REGISTRY_ANONYMOUS_FEDERATED=false  # default',
    'REGISTRY_RATE_KEY=7  # env; default 120',
    '# trusted peer "B": https://b.example (agentvault; api key set, signing secret not set)',
  ]) {
    assert.ok(lines.includes(line), line)
  }
})

test('loadConfig: tells of each setting what it would be if nobody gave it, of a secret nothing', () => {
  const { settings } = load({ ...EVERYTHING, ...PEER_SECRETS }, { ...PEERS_FILE, ...TLS_FILES })
  const defaults = new Map(settings.map(({ name, byDefault }) => [name, byDefault]))
  for (const { name, value, byDefault, origin } of load({}).settings) {
    assert.deepEqual([origin, byDefault], ['default', value], name)
    const dependsOnOthers = ['REGISTRY_PUBLIC_URL', 'REGISTRY_ANONYMOUS_FEDERATED'].includes(name)
    if (!dependsOnOthers) assert.equal(defaults.get(name), byDefault, name)
  }
  assert.deepEqual(
    ['REGISTRY_ADMIN_KEY', 'REGISTRY_KEYS'].map((name) => defaults.get(name)),
    ['', ''],
  )
})

test('renderConfig: reading its lines again gives the same configuration, but for secrets', () => {
  const { REGISTRY_ADMIN_KEY, REGISTRY_KEYS, ...open } = EVERYTHING
  const env = { ...open, ...PEER_SECRETS, REGISTRY_KEYS_FILE: 'keys' }
  const first = load(env, { ...PEERS_FILE, ...TLS_FILES })
  const lines = renderConfig(first).matchAll(/^(\w+)='?(.*?)'? {2}# (?:default|env|file)\b.*$/gm)
  const again = load(
    { ...PEER_SECRETS, ...Object.fromEntries([...lines].map(([, name, value]) => [name, value])) },
    { ...PEERS_FILE, ...TLS_FILES },
  )
  assert.deepEqual(again.config, first.config)
})

test('no output ever holds a secret', () => {
  const secrets = {
    DATABASE_URL: 'postgres://app:hunter2@db/registry',
    REDIS_URL: 'redis://:hunter2@cache',
    REGISTRY_ADMIN_KEY: ADMIN_KEY,
    REGISTRY_KEYS: RING,
    ...PEER_SECRETS,
  }
  const shown = [
    renderConfig(load({ ...secrets, FEDERATION_PEERS_FILE: 'peers.yaml' }, PEERS_FILE)),
    // The same and more, spoiled in ways that make each of them a mistake.
    ...mistakesOf({ ...secrets, DATABASE_URL: 'postgres://app:hunter2@db:x/registry' }),
    ...mistakesOf({ REGISTRY_ADMIN_KEY: `${ADMIN_KEY}x`, REGISTRY_KEYS: `${RING.slice(0, -4)},${RING}` }),
    ...mistakesOf({ REGISTRY_KEYS: 'hunter2:hunter2', REGISTRY_ADMIN_KEY: 'hunter2' }),
    ...mistakesOf({ REGISTRY_PUBLIC_URL: 'https://user:hunter2@a.example' }),
    ...mistakesOf({
      REGISTRY_PUBLIC_URL: 'https//user:hunter2@a.example',
      REGISTRY_CORS_ORIGINS: 'https://u:hunter2@a',
    }),
    ...mistakesOf({
      REGISTRY_PORT: ADMIN_KEY,
      REGISTRY_ADMINKEY: 'hunter2',
      REDIS_URL: 'redis://:hunter2@cache/x',
    }),
    ...mistakesOf({}, { 'config.yaml': `REGISTRY_ADMIN_KEY: [hunter2]\nREGISTRY_KEY: hunter2` }),
    ...mistakesOf({}, { 'config.yaml': `REGISTRY_ADMIN_KEY: "hunter2" hunter2: [` }),
    ...mistakesOf({}, { 'config.yaml': `REGISTRY_ADMIN_KEY: { hunter2: hunter2 }` }),
  ].join('\n')
  assert.ok(shown.split('\n').length > 40)
  for (const secret of ['hunter2', ADMIN_KEY, ADMIN_KEY.slice(0, 20), RING.slice(3, 20)]) {
    assert.ok(!shown.includes(secret), shown)
  }
  assert.match(shown, /REGISTRY_ADMIN_KEY='ava_….{4}'/)
  assert.match(shown, /REGISTRY_KEYS='\(set\)'/)
  assert.match(shown, /DATABASE_URL=postgres:\/\/app:\*\*\*@db\/registry/)
  assert.match(shown, /REDIS_URL=redis:\/\/:\*\*\*@cache/)
})

test('renderSettingsTable: has a row for every setting', () => {
  const table = renderSettingsTable()
  for (const { name } of listSettings()) assert.ok(table.includes(`| \`${name}\` | `), name)
  assert.match(
    table,
    /^\| `REGISTRY_PORT` \| `8080` \| a whole number from 0 to 65535 \| Port to listen on; 0 takes any free one\. \|$/m,
  )
  for (const line of table.split('\n').filter((text) => text.startsWith('|'))) {
    assert.equal(line.replaceAll('\\|', '').split('|').length, 6, line)
  }
})

test('readEnvironment: is a copy of the environment', () => {
  const environment = readEnvironment()
  assert.equal(environment.PATH, process.env.PATH)
  assert.notEqual(environment, process.env)
})
