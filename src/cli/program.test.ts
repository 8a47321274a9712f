import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type CapturedTerminal, captureTerminal } from '../../test/support/captured-terminal.ts'
import {
  type Asked,
  type ScriptedRegistry,
  startScriptedRegistry,
  type Told,
} from '../../test/support/scripted-registry.ts'
import { createKeyRingFile } from '../security/key-file.ts'
import { createKeyRing } from '../security/key-ring.ts'
import { mintToken } from '../security/tokens.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { runCli } from './program.ts'

const KEY = mintToken('ava')
const folder = await mkdtemp(join(tmpdir(), 'cli-'))
after(() => rm(folder, { recursive: true }))

async function run(
  argv: readonly string[],
  options: Parameters<typeof captureTerminal>[0] = {},
): Promise<{
  readonly code: ExitCode
  readonly out: string
  readonly err: string
  readonly terminal: CapturedTerminal
}> {
  const terminal = captureTerminal(options)
  const code = await runCli(argv, terminal)
  return { code, ...terminal.written, terminal }
}

/** Runs one command against a registry that answers as told. */
async function runAgainst(
  answer: Told | ((asked: Asked) => Told),
  argv: readonly string[],
  options: Parameters<typeof captureTerminal>[0] = {},
) {
  await using registry: ScriptedRegistry = await startScriptedRegistry(
    typeof answer === 'function' ? answer : () => answer,
  )
  const result = await run(['--registry', registry.url, '--key', KEY, ...argv], options)
  return { ...result, asked: registry.asked, url: registry.url }
}

const problem = (status: number, body: Readonly<Record<string, unknown>>): Told => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: 'about:blank', status, ...body },
})

test('help names every command and the exit codes; each command has examples', async () => {
  const { code, out } = await run(['--help'])
  assert.equal(code, EXIT.ok)
  for (const word of [
    'serve',
    'config',
    'migrate',
    'secrets',
    'search',
    'agent',
    'peer',
    'token',
    'key',
    'Exit codes:',
    '78',
  ]) {
    assert.ok(out.includes(word), word)
  }
  const commands = [
    ...['serve', 'config', 'migrate', 'search', 'key create', 'key list', 'key revoke', 'agent add'],
    ...['key rotate', 'token rotate', 'peer set-credentials'],
    ...['agent import', 'agent list', 'agent show', 'agent remove', 'peer add', 'peer list', 'peer show'],
    ...[
      'peer disable',
      'peer enable',
      'peer confirm-size',
      'peer unconfirm-size',
      'peer remove',
      'peer check',
      'token create',
      'token list',
      'token revoke',
    ],
    ...['peer invite', 'peer accept', 'peer confirm'],
    ...['peer policy show', 'peer policy set', 'peer policy clear', 'peer preview'],
    ...['peer quota show', 'peer quota set', 'peer quota clear'],
    ...['secrets status', 'secrets add-key', 'secrets rotate'],
    ...['audit list', 'audit verify', 'audit head', 'audit export', 'audit report'],
    ...['block add', 'block list', 'block remove', 'report list', 'report resolve', 'agent take-down'],
    ...['agent restore', 'agent withheld', 'agent transfer', 'agent report', 'key suspend', 'key resume'],
  ]
  for (const command of commands) {
    const help = await run([...command.split(' '), '--help'])
    assert.equal(help.code, EXIT.ok)
    assert.match(help.out, new RegExp(`Examples:\n.*agentvault-registry ${command}`, 's'))
  }
})

test('--version prints the version of the package', async () => {
  const { out } = await run(['--version'])
  assert.match(out, /^\d+\.\d+\.\d+\n$/)
})

// One fingerprint in four thousand begins with "-V".
test('a value that looks like another flag is that value', async () => {
  const { out, err } = await run(['peer', 'trust-key', 'Lumen', '--fingerprint', `-V${'a'.repeat(41)}`])
  assert.equal(out, '')
  assert.match(err, /^No registry answers/)
})

test('what is wrong with a command line is told on stderr, with exit code 2', async () => {
  const wrong: readonly (readonly [argv: string, says: RegExp])[] = [
    ['', /Usage:/],
    ['frobnicate', /unknown command/],
    ['serv', /Did you mean serve/],
    ['agent', /Usage:/],
    ['agent list --frob', /unknown option/],
    ['peer policy set Partner', /say what the policy is/],
    ['peer policy set Partner --include nlp', /is no selector/],
    ['peer policy set Partner --include owner=x', /is no selector/],
    ['peer policy set Partner --include tag=x --include-nothing', /choose one/],
    ['peer policy set Partner --file x --fields tags', /leave the others out/],
    ['peer policy set Partner --max-results 0', /whole number from 1/],
    ['peer invite --include nlp', /is no selector/],
    ['peer invite --share-policy x --fields tags', /'--share-policy' says all of the policy/],
    ['peer accept avp_x --include tag=x --include-nothing', /choose one/],
    ['peer accept --share-policy -', /the invite or the policy, not both/],
    ['peer confirm Partner --max-results 0', /whole number from 1/],
    ['peer quota set Partner', /say how much/],
    ['agent list --limit 101', /whole number from 1 to 100/],
    ['agent list --limit 1e2', /whole number/],
    ['agent show', /missing required argument/],
    ['key create x', /required option.*--role/],
    ['key create x --role boss', /Allowed choices.*publisher/],
    ['search', /missing required argument/],
    ['search x --timeout 0', /whole number from 50/],
    ['token create', /either '--peer' or both/],
    ['token create --name x', /either '--peer' or both/],
    ['token create --peer p --name x --url y', /either '--peer' or both/],
    ['key rotate x --overlap 169', /whole number from 0 to 168/],
    ['token rotate', /missing required argument/],
    ['peer set-credentials p --signing-secret s', /--api-key/],
    ['peer add p https://p.example --api-key a --api-key-stdin', /choose one/],
    ['--registry localhost:8080 agent list', /did you mean http:\/\/localhost:8080/],
    ['--registry ftp://x agent list', /http or https/],
    ['--registry http://u:p@x agent list', /no user name or password/],
    ['--key secret agent list', /not one of a registry/],
  ]
  for (const [argv, says] of wrong) {
    const { code, out, err } = await run(argv.split(' ').filter(Boolean))
    assert.deepEqual({ argv, code, out }, { argv, code: EXIT.usage, out: '' })
    assert.match(err, says)
  }
})

test('a key that is refused unsent is not shown', async () => {
  const { err } = await run(['--key', 'sk-other-systems-secret', 'agent', 'list'])
  assert.doesNotMatch(err, /other-systems/)
})

test('registry and key come from options, before or behind the command, else from the environment', async () => {
  await using registry = await startScriptedRegistry(() => ({ body: { agents: [] } }))
  const other = mintToken('ava')
  const env = { AGENTVAULT_URL: `${registry.url}/`, AGENTVAULT_KEY: KEY }
  await run(['agent', 'list'], { env })
  await run(['agent', 'list', '--key', other], { env })
  await run(['--key', other, 'agent', 'list', '--registry', registry.url], {
    env: { ...env, AGENTVAULT_URL: 'http://127.0.0.1:1' },
  })
  assert.deepEqual(
    registry.asked.map(({ headers }) => headers.authorization),
    [`Bearer ${KEY}`, `Bearer ${other}`, `Bearer ${other}`],
  )
  assert.equal(registry.asked[0]?.target, '/agents?limit=50')
})

test('without a registry at the address: one sentence and exit code 69', async () => {
  const { code, err } = await run(['--registry', 'http://127.0.0.1:9', 'agent', 'list'])
  assert.equal(code, EXIT.unreachable)
  assert.match(err, /^No registry answers at http:\/\/127\.0\.0\.1:9.*: is it running\?.*\n$/)
})

test('a key on its way in plain text to another machine is warned of', async () => {
  const env = { AGENTVAULT_KEY: KEY }
  const { err } = await run(['--registry', 'http://registry.invalid', 'agent', 'list'], { env })
  assert.match(err, /^Warning: the key travels unencrypted to registry\.invalid/)
})

test('a redirect is not followed, so the key goes nowhere else', async () => {
  await using thief = await startScriptedRegistry(() => ({ body: { agents: [] } }))
  const { code, err } = await runAgainst(
    { status: 307, headers: { location: `${thief.url}/api/v1/agents` } },
    ['agent', 'list'],
  )
  assert.equal(code, EXIT.failed)
  assert.match(err, /redirects to http:\/\/127\.0\.0\.1/)
  assert.equal(thief.asked.length, 0)
})

test('problems become exit codes and sentences, each fault with its pointer', async () => {
  const faults = [
    { pointer: '/tags/3', message: 'Takes text.' },
    { pointer: '', message: 'Too\u001b[2J big.' },
  ]
  const invalid = await runAgainst(
    problem(422, {
      title: 'The body has faults',
      detail: 'The body has 2 faults.',
      errors: faults,
      instance: 'r-1',
    }),
    ['key', 'create', 'x', '--role', 'viewer'],
  )
  assert.equal(invalid.code, EXIT.failed)
  assert.equal(
    invalid.err,
    'The body has faults: The body has 2 faults.\n  /tags/3: Takes text.\n  the body: Too[2J big.\n  request r-1\n',
  )
  const codes: readonly (readonly [status: number, code: ExitCode])[] = [
    [401, EXIT.refused],
    [403, EXIT.refused],
    [404, EXIT.notFound],
    [410, EXIT.notFound],
    [409, EXIT.failed],
    [500, EXIT.failed],
  ]
  for (const [status, expected] of codes) {
    const { code } = await runAgainst(problem(status, { title: 'No' }), ['agent', 'show', 'x'])
    assert.equal(code, expected)
  }
})

test('who has no key is told where keys come from', async () => {
  await using registry = await startScriptedRegistry(() => problem(401, { title: 'No valid key' }))
  const { code, err } = await run(['--registry', registry.url, 'key', 'list'])
  assert.equal(code, EXIT.refused)
  assert.match(err, /--key or in AGENTVAULT_KEY.*prints an admin key/)
})

test('an answer that no registry gave is called so', async () => {
  const page = await runAgainst({ body: '<html>hello</html>' }, ['agent', 'list'])
  assert.equal(page.code, EXIT.failed)
  assert.match(page.err, /not as a registry does/)
  const gateway = await runAgainst({ status: 502, body: '<html>' }, ['agent', 'list'])
  assert.match(gateway.err, /status 502/)
})

test('--json prints the answer as it came; on a terminal, what could steer it is escaped', async () => {
  const body = '{"agents": [ {"name":"a\u202eb\u009b"} ],"x":1.0}'
  const piped = await runAgainst({ body }, ['agent', 'list', '--json'])
  assert.equal(piped.out, `${body}\n`)
  const shown = await runAgainst({ body }, ['agent', 'list', '--json'], { isInteractive: true })
  assert.equal(shown.out, '{"agents": [ {"name":"a\\u202eb\\u009b"} ],"x":1.0}\n')
  assert.deepEqual(JSON.parse(shown.out), JSON.parse(body))
})

// What a stranger who may write a name, a reason or a card puts in to steer the operator's terminal.
const STEERING = '\u001b]0;owned\u0007\u009b2J\u202egnirts\u2066\u{e0041}'
const STEERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/u

test('audit head: what could steer a terminal is escaped there, and stands as it is in a pipe', async () => {
  const head = { seq: 7, keyid: STEERING, signature: 's' }
  const piped = await runAgainst({ body: head }, ['audit', 'head'])
  assert.equal(piped.out, `${JSON.stringify(head)}\n`)
  assert.match(piped.out, STEERS)
  const shown = await runAgainst({ body: head }, ['audit', 'head'], { isInteractive: true })
  assert.doesNotMatch(shown.out, STEERS)
  assert.deepEqual(JSON.parse(shown.out), head)
})

test('audit export: a terminal gets the same lines without what steers it, a pipe the very bytes', async () => {
  const rows = [{ seq: 1, detail: STEERING }, { seq: 2, detail: 'ö'.repeat(70_000) }, { seq: 3 }]
  const body = rows.map((row) => JSON.stringify(row).replaceAll('\\u001b', '\u001b')).join('\r\n')
  const piped = await runAgainst({ body }, ['audit', 'export'])
  assert.equal(piped.out, body)
  const shown = await runAgainst({ body }, ['audit', 'export'], { isInteractive: true })
  assert.doesNotMatch(shown.out, STEERS)
  assert.deepEqual(
    shown.out
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    rows,
  )
})

test('a card at a terminal cannot steer it, nor write over a line of its own', async () => {
  const card = `{"name":${JSON.stringify(STEERING)},"url":"https://evil.example",\r"url":"https://good.example"}`
  const piped = await runAgainst({ body: card }, ['agent', 'show', 'a', '--card'])
  assert.equal(piped.out, card)
  const shown = await runAgainst({ body: card }, ['agent', 'show', 'a', '--card'], { isInteractive: true })
  assert.doesNotMatch(shown.out, STEERS)
  assert.deepEqual(JSON.parse(shown.out), JSON.parse(card))
})

test('sentences that quote a file or an answer are clean, wherever they go', async () => {
  const heads = join(folder, 'heads.jsonl')
  const head = {
    registry_url: `https://a.example${STEERING}`,
    keyid: 'k',
    signature: 's',
    seq: 1,
    hash: STEERING,
  }
  await writeFile(heads, JSON.stringify(head))
  const refused = await run(['audit', 'verify', '--file', heads, '--head', heads])
  assert.equal(refused.code, EXIT.failed)
  assert.doesNotMatch(refused.err, STEERS)
  const resolving = ['report', 'resolve', 'r', 'dismissed']
  const resolved = await runAgainst({ body: { resolved: STEERING } }, resolving)
  assert.match(resolved.out, /^Resolved: /)
  assert.doesNotMatch(resolved.out, STEERS)
  const report = await runAgainst({ body: { month: STEERING, registry_url: STEERING } }, ['audit', 'report'])
  assert.match(report.out, /^# /)
  assert.doesNotMatch(report.out, STEERS)
})

test('agent add sends the bytes of the file, its media type and what stands beside a card', async () => {
  const card = '{ "humanReadableId" : "acme/reader",\n "agentVersion":"1.0", "x": 1.00 }'
  const cardPath = join(folder, 'card.json')
  await writeFile(cardPath, card)
  const added = await runAgainst(
    { status: 201, body: { id: 'a-1', name: 'Reader', warnings: ['Not shared.'] } },
    [...['agent', 'add', cardPath, '--visibility', 'public', '--share-card']],
  )
  assert.equal(added.code, EXIT.ok)
  assert.match(added.out, /^Name +Reader\nId +a-1\nNote +Not shared\.\n$/)
  assert.equal(added.asked[0]?.body, card)
  assert.equal(added.asked[0]?.target, '/agents?visibility=public&share_card=true')
  assert.equal(added.asked[0]?.headers['content-type'], 'application/json')
  const type = 'application/a2a+json'
  const raw = await runAgainst({ status: 201, body: {} }, ['agent', 'add', '-', '--media-type', type], {
    stdin: card,
  })
  assert.equal(raw.asked[0]?.body, card)
  assert.equal(raw.asked[0]?.headers['content-type'], type)
  const missing = await run(['agent', 'add', join(folder, 'missing.json')])
  assert.equal(missing.code, EXIT.failed)
  assert.match(missing.err, /there is no such file/)
})

test('agent import streams its lines, tells the rejected ones and ends with code 5 for them', async () => {
  const lines = '{"name":"a"}\n{bad}\n'
  const counts = { lines: 2, created: 1, updated: 0, unchanged: 0, rejected: 1 }
  const events = [
    { event: 'rejected', line: 2, reason: 'Not JSON\u001b[2J.' },
    { event: 'progress', ...counts },
    { event: 'done', ...counts },
  ]
  const body = events.map((event) => `${JSON.stringify(event)}\n`).join('')
  const argv = ['agent', 'import', '-', '--dry-run']
  const { code, out, err, asked } = await runAgainst({ body }, argv, { stdin: lines, hasProgress: true })
  assert.equal(code, EXIT.partial)
  assert.equal(out, '2 lines: 1 created, 0 updated, 0 unchanged, 1 rejected (dry run: nothing was stored)\n')
  assert.match(err, /^line 2: Not JSON\[2J\.\n\r\u001b\[K2 lines: .* lines\/s\r\u001b\[K$/)
  assert.equal(asked[0]?.body, lines)
  assert.equal(asked[0]?.target, '/agents/import?dry_run=true')
  assert.equal(asked[0]?.headers.accept, 'application/x-ndjson')
  const quiet = await runAgainst({ body }, argv, { stdin: lines })
  assert.equal(quiet.err, 'line 2: Not JSON[2J.\n')
  const summary = '{"created":1,"rejected":1}'
  const json = await runAgainst({ body: summary }, [...argv, '--json'], { stdin: lines })
  assert.deepEqual([json.code, json.out], [EXIT.partial, `${summary}\n`])
})

test('an import that ends early is a failure, never taken for a whole one', async () => {
  const progress = '{"event":"progress","lines":2,"created":2}\n'
  const cut = await runAgainst({ body: progress }, ['agent', 'import', '-'], { stdin: '{}\n' })
  assert.equal(cut.code, EXIT.failed)
  assert.match(cut.err, /broke off.*again is safe/)
  const failed = '{"event":"failed","problem":{"title":"The database cannot be written","status":507}}\n'
  const full = await runAgainst({ body: progress + failed }, ['agent', 'import', '-'], { stdin: '{}\n' })
  assert.equal(full.code, EXIT.failed)
  assert.match(full.err, /database cannot be written/)
  const folderRead = await run(['agent', 'import', folder])
  assert.match(folderRead.err, /it is a folder/)
})

test('agent show --card gives the bytes of the card, a byte order mark included', async () => {
  const card = '\ufeff{"a":1}\n\n'
  const { out, asked } = await runAgainst({ body: card }, ['agent', 'show', 'did:web:x:agents:1', '--card'])
  assert.equal(out, card)
  assert.equal(asked[0]?.target, '/agents/did%3Aweb%3Ax%3Aagents%3A1/card')
})

test('peer add reads secrets from lines of standard input', async () => {
  const { asked, out } = await runAgainst(
    {
      status: 201,
      body: { name: 'P', health_status: 'unreachable', probe: { problem: 'It does not answer.' } },
    },
    ['peer', 'add', 'P', 'https://p.example', '--api-key-stdin', '--signing-secret-stdin'],
    { stdin: 'the-token\nthe-secret\n' },
  )
  assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), {
    name: 'P',
    registry_url: 'https://p.example',
    api_key: 'the-token',
    signing_secret: 'the-secret',
  })
  assert.match(out, /^Health .* unreachable: It does not answer\.$/m)
  const none = await run(['peer', 'add', 'P', 'https://p.example', '--api-key-stdin'])
  assert.equal(none.code, EXIT.usage)
  assert.match(none.err, /No api key came/)
})

test('a peer whose name may imitate another is shown with a caution, and others without', async () => {
  const show = async (name: string) =>
    (await runAgainst({ body: { peers: [{ id: 'p1', name }], id: 'p1', name } }, ['peer', 'show', name])).out
  const imitation = 'H\u0430rbor'
  assert.match(
    await show(imitation),
    new RegExp(`^Name +${imitation}\nCaution +a word of its name has letters`),
  )
  assert.doesNotMatch(await show('Harbor'), /Caution/)
})

test('peers are found by name without case', async () => {
  const answer = ({ method }: Asked): Told =>
    method === 'GET' ? { body: { peers: [{ id: 'p-1', name: 'Partner' }] } } : { body: { revoked_tokens: 2 } }
  const removed = await runAgainst(answer, ['peer', 'remove', 'PARTNER'])
  assert.equal(removed.asked[1]?.target, '/federation/peers/p-1')
  assert.match(removed.out, /Tokens revoked: 2/)
  const unknown = await runAgainst(answer, ['peer', 'check', 'nobody'])
  assert.equal(unknown.code, EXIT.notFound)
})

test('a peer cannot be addressed out of its path', async () => {
  const answer = (): Told => ({ body: { peers: [{ id: '../../keys/x', name: 'Evil' }] } })
  const { asked } = await runAgainst(answer, ['peer', 'remove', 'evil'])
  assert.equal(asked[1]?.target, '/federation/peers/..%2F..%2Fkeys%2Fx')
})

test('search tells with its exit code that not every registry answered', async () => {
  const peers = [{ name: 'P', outcome: 'timeout', error: 'no answer' }]
  const body = { agents: [], federation_stats: { duration_ms: 1, peers }, next_cursor: null }
  const { code, out, asked } = await runAgainst({ body }, [
    ...['search', 'read', 'invoices', '--peer', 'P', '--tag', 'a', '--tag', 'b', '--timeout', '500'],
  ])
  assert.equal(code, EXIT.partial)
  assert.match(out, /✗ {2}P/)
  assert.equal(
    asked[0]?.target,
    '/discovery/agents?search=read+invoices&include_federated=true&peers=P&tags=a&tags=b&limit=20&timeout=500',
  )
})

test('config prints the settings, or all mistakes with exit code 78', async () => {
  const good = await run(['config'], { env: { REGISTRY_PORT: '9000' } })
  assert.equal(good.code, EXIT.ok)
  assert.match(good.out, /^REGISTRY_PORT=9000 {2}# env; default 8080$/m)
  assert.match(good.out, /^REGISTRY_LOG_LEVEL=info {2}# default$/m)
  const bad = await run(['config'], { env: { REGISTRY_PORT: '80a', REGISTRY_NMAE: 'x' } })
  assert.equal(bad.code, EXIT.configuration)
  assert.match(bad.err, /REGISTRY_PORT: "80a"/)
  assert.match(bad.err, /REGISTRY_NMAE/)
})

test('migrate makes the tables of an empty database, and a second run finds nothing to do', async () => {
  const env = { DATABASE_URL: `sqlite:${join(folder, 'migrate.db')}` }
  const first = await run(['migrate'], { env })
  assert.match(first.out, /^applied .*\n.*up to date now\.\n$/s)
  const second = await run(['migrate'], { env })
  assert.equal(second.out, 'The database is up to date.\n')
})

test('secrets: a new key goes in front of the key file, the secrets follow, and status tells both', async () => {
  const path = join(folder, 'secrets.db')
  const env = { DATABASE_URL: `sqlite:${path}` }
  const none = await run(['secrets', 'status'], { env })
  assert.deepEqual([none.code, none.err], [EXIT.failed, `There is no key file ${path}.keys.\n`])
  await createKeyRingFile(`${path}.keys`, createKeyRing())
  const ring = await readFile(`${path}.keys`, 'utf8')
  const added = await run(['secrets', 'add-key'], { env })
  assert.match(added.out, /^Key "k2" is the first in .*secrets\.db\.keys\. Back the file up/)
  const after = await readFile(`${path}.keys`, 'utf8')
  assert.match(after, /^k2:/)
  assert.ok(after.endsWith(`,${ring}`))
  assert.equal((await stat(`${path}.keys`)).mode & 0o777, 0o600)
  const rotated = await run(['secrets', 'rotate'], { env })
  assert.deepEqual([rotated.code, rotated.out], [EXIT.ok, '0 secrets were brought under the first key.\n'])
  const status = await run(['secrets', 'status', '--json'], { env })
  assert.deepEqual(JSON.parse(status.out), {
    keys: [
      { kid: 'k2', secrets: 0, in_ring: true },
      { kid: 'k1', secrets: 0, in_ring: true },
    ],
    unreadable: [],
  })
  const given = { ...env, REGISTRY_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}` }
  const refused = await run(['secrets', 'add-key'], { env: given })
  assert.deepEqual([refused.code, refused.out], [EXIT.usage, ''])
  assert.match(refused.err, /REGISTRY_KEYS: put a new entry .* start all replicas anew/)
})

test('the bin refuses a Node that is too old with one line and exit code 78', async () => {
  const bin = fileURLToPath(new URL('../../bin/agentvault-registry.js', import.meta.url))
  const asOldNode = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.1.0"}})'
  const result = await new Promise((resolve) => {
    execFile(process.execPath, ['--import', asOldNode, bin], (error, stdout, stderr) =>
      resolve({ code: error?.code, stdout, stderr }),
    )
  })
  assert.deepEqual(result, {
    code: EXIT.configuration,
    stdout: '',
    stderr: 'agentvault-registry needs Node 24 or newer; this is Node 20.1.0.\n',
  })
})

test('serve bounds the young generation, unless the operator did; other commands start but once', async () => {
  const bin = fileURLToPath(new URL('../../bin/agentvault-registry.js', import.meta.url))
  const toldInstead =
    'data:text/javascript,process.execve=(file,args)=>{console.log("anew",...args.slice(1,3));process.exit()}'
  const startedAnew = (...options: string[]): Promise<string> =>
    new Promise((resolve) => {
      execFile(process.execPath, ['--import', toldInstead, ...options], (_error, stdout) => resolve(stdout))
    })
  assert.equal(await startedAnew(bin, 'serve'), 'anew --max-semi-space-size=4 --import\n')
  // What these print instead depends on whether the package has been built.
  assert.doesNotMatch(await startedAnew(bin, '--version'), /anew/)
  assert.doesNotMatch(await startedAnew('--max-semi-space-size=8', bin, 'serve', '--help'), /anew/)
})
