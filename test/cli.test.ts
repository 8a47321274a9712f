/**
 * The command line against real registries: two processes on free ports, each with a database of its own. Commands
 * run in this process, and some as processes of their own, by the bin.
 */
import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { runCli } from '../src/cli/program.ts'
import { timeAwake } from './support/awake-time.ts'
import { captureTerminal } from './support/captured-terminal.ts'
import { COMPILE_CACHE } from './support/compile-cache.ts'
import { MAIN } from './support/serve-process.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

type Env = Readonly<Record<string, string>>
type Ran = { readonly code: number | null; readonly out: string; readonly err: string }
type Running = { readonly process: ChildProcessWithoutNullStreams; readonly env: Env; readonly url: string }

let folder: string
let harbor: Running
let lumen: Running

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'agentvault-cli-'))
  ;[harbor, lumen] = await Promise.all([startRegistry('Harbor'), startRegistry('Lumen')])
})

after(async () => {
  await Promise.all([stop(harbor), stop(lumen)])
  await rm(folder, { recursive: true, force: true })
})

function start(argv: readonly string[], env: Env): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, ...argv], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    cwd: folder,
  })
}

function settingsOf(name: string): Env {
  return {
    REGISTRY_NAME: name,
    REGISTRY_PORT: '0',
    REGISTRY_PEER_NETWORKS: '127.0.0.0/8,::1/128',
    REGISTRY_LOG_LEVEL: 'silent',
    DATABASE_URL: `sqlite:${join(folder, `${name}.db`)}`,
  }
}

async function startRegistry(name: string): Promise<Running> {
  const child = start(['serve'], settingsOf(name))
  let told = ''
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    told += String(chunk)
    const [, url] = /listening on (\S+)\n/.exec(told) ?? []
    if (url === undefined) continue
    const key = await readFile(join(folder, `${name}.db.admin-key`), 'utf8')
    return { process: child, url, env: { AGENTVAULT_URL: url, AGENTVAULT_KEY: key.trim() } }
  }
  throw new Error(`${name} did not start: ${told}${await text(child.stderr)}`)
}

async function stop({ process: child }: Running): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  return code
}

async function run(env: Env, argv: readonly string[], stdin = ''): Promise<Ran> {
  const terminal = captureTerminal({ env, stdin })
  const code = await runCli(argv, terminal)
  return { code, ...terminal.written }
}

/** Runs a command as a process of its own. */
async function runBin(env: Env, argv: readonly string[], stdin = ''): Promise<Ran> {
  const child = start(argv, env)
  child.stdin.end(stdin)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, out, err }
}

/** Runs a command that must succeed. */
async function runWell(env: Env, argv: readonly string[], stdin = ''): Promise<string> {
  const { code, out, err } = await run(env, argv, stdin)
  assert.equal(code, 0, `${argv.join(' ')}: ${out}${err}`)
  return out
}

function fieldOf(out: string, name: string): string {
  const value = new RegExp(`^${name} {2,}(.+)$`, 'm').exec(out)?.[1]
  assert.ok(value, `${name} in ${out}`)
  return value
}

const line = (fields: object) =>
  `${JSON.stringify({ agent_type: 'a2a', visibility: 'federated', ...fields })}\n`

test('keys are made, used, listed without secrets, and revoked', async () => {
  const made = await runWell(harbor.env, ['key', 'create', 'Reader', '--role', 'viewer', '--expires', '30'])
  const key = fieldOf(made, 'Key')
  const listed = await runWell(harbor.env, ['key', 'list'])
  assert.match(listed, /^Reader +viewer +ava_…/m)
  assert.doesNotMatch(listed, new RegExp(key))
  const reader = { ...harbor.env, AGENTVAULT_KEY: key }
  await runWell(reader, ['agent', 'list'])
  const refused = await run(reader, ['agent', 'add', '-'], line({ name: 'Nope' }))
  assert.equal(refused.code, 3)
  assert.match(refused.err, /role viewer/)
  const renewed = await runWell(harbor.env, ['key', 'rotate', fieldOf(made, 'Id'), '--overlap', '1'])
  const next = { ...harbor.env, AGENTVAULT_KEY: fieldOf(renewed, 'Key') }
  for (const env of [reader, next]) await runWell(env, ['agent', 'list'])
  assert.match(await runWell(harbor.env, ['key', 'list']), /^Reader +viewer +ava_….* \(rotated\) /m)
  assert.equal((await run(harbor.env, ['key', 'rotate', fieldOf(made, 'Id')])).code, 1)
  await runWell(harbor.env, ['key', 'revoke', fieldOf(made, 'Id')])
  await runWell(next, ['agent', 'list'])
  assert.equal((await run(reader, ['agent', 'list'])).code, 3)
  assert.equal((await run(harbor.env, ['key', 'revoke', fieldOf(made, 'Id')])).code, 4)
})

test('agents are added, shown, listed and removed; cards come back byte for byte', async () => {
  const card = `{ "protocolVersion":"0.3.0", "name":"Card Agent","description":"Plays cards.", "version":"1.0",
    "url":"https://cards.example/a2a","skills":[],"capabilities":{},"defaultInputModes":["text/plain"],
    "defaultOutputModes":["text/plain"], "x-kept": 1.00 }`
  const path = join(folder, 'card.json')
  await writeFile(path, card)
  const added = await runWell(harbor.env, ['agent', 'add', path, '--visibility', 'public'])
  const id = fieldOf(added, 'Id')
  assert.match(id, UUID)
  const argv = ['agent', 'show', id, '--card']
  for (const ran of [await run(harbor.env, argv), await runBin(harbor.env, argv)]) {
    assert.deepEqual(ran, { code: 0, out: card, err: '' })
  }
  assert.equal(
    fieldOf(await runWell(harbor.env, ['agent', 'show', fieldOf(added, 'DID')]), 'Visibility'),
    'public',
  )
  assert.match(
    await runWell(harbor.env, ['agent', 'list', '--search', 'cards']),
    new RegExp(`^Card Agent.*${id}$`, 'm'),
  )
  const shown: unknown = JSON.parse(await runWell(harbor.env, ['agent', 'show', id, '--json']))
  assert.ok(typeof shown === 'object' && shown !== null && 'card_format' in shown)
  assert.equal(shown.card_format, 'a2a')
  await runWell(harbor.env, ['agent', 'remove', id, '--reason', 'A test'])
  const gone = await run(harbor.env, ['agent', 'show', id])
  assert.equal(gone.code, 4)
  assert.match(gone.err, /A test/)
})

test('faults of a record are all told, with their places', async () => {
  const { code, err } = await runBin(harbor.env, ['agent', 'add', '-'], line({ name: '', tags: [7] }))
  assert.equal(code, 1)
  assert.match(err, /^ {2}\/name: /m)
  assert.match(err, /^ {2}\/tags\/0: /m)
})

test('an import tells what became of its lines; a bad one costs itself alone', async () => {
  const lines = [1, 2, 3].map((n) => line({ name: `Translator ${n}`, description: 'Translates contracts.' }))
  const stdin = `${lines.join('')}{bad\n`
  const dry = await run(harbor.env, ['agent', 'import', '-', '--dry-run'], stdin)
  assert.deepEqual([dry.code, dry.out.slice(0, 18)], [5, '4 lines: 3 created'])
  const first = await run(harbor.env, ['agent', 'import', '-'], stdin)
  assert.equal(first.out, '4 lines: 3 created, 0 updated, 0 unchanged, 1 rejected\n')
  assert.match(first.err, /^line 4: /)
  const again = await runWell(harbor.env, ['agent', 'import', '-', '--json'], lines.join(''))
  assert.match(again, /"unchanged":3/)
  await runWell(
    lumen.env,
    ['agent', 'import', '-'],
    line({ name: 'Contract Translator', agent_type: 'mcp-server' }),
  )
})

test('a registry asks another with the token it gave: added, searched, disabled, removed', async () => {
  const made = await runWell(lumen.env, ['token', 'create', '--name', 'Harbor', '--url', harbor.url])
  const [token, secret] = [fieldOf(made, 'Token'), fieldOf(made, 'Signing secret')]
  const ready = `agentvault-registry peer add Lumen ${lumen.url} --api-key ${token} --signing-secret ${secret}`
  assert.ok(made.includes(`\n  ${ready}\n`), made)

  const argv = ['peer', 'add', 'Lumen', lumen.url, '--api-key-stdin', '--signing-secret-stdin']
  const added = await runWell(harbor.env, argv, `${token}\n${secret}\n`)
  assert.equal(fieldOf(added, 'Health'), 'healthy')
  assert.equal(fieldOf(added, 'Agents'), '1')
  assert.match(await runWell(harbor.env, ['peer', 'list']), /^Lumen .* yes .* no .* healthy +1 /m)

  const found = await runWell(harbor.env, ['search', '--federated', 'translate', 'contract'])
  assert.match(found, /^\d\. Contract Translator {2}mcp-server\n {3}from Lumen$/m)
  assert.match(found, /^✓ {2}Lumen +answered +1 /m)
  assert.match(found, /^4 results from 2 of 2 registries/m)
  const local = await runWell(harbor.env, ['search', 'translate'])
  assert.match(local, /^3 results from this registry$/m)

  assert.match(await runWell(harbor.env, ['peer', 'check', 'lumen']), /^Health +healthy$/m)
  assert.equal(fieldOf(await runWell(harbor.env, ['peer', 'disable', 'Lumen']), 'We ask it'), 'no')
  assert.match(await runWell(harbor.env, ['search', '-f', 'translate']), /^3 results from 1 of 1 registry/m)
  assert.equal(fieldOf(await runWell(harbor.env, ['peer', 'enable', 'Lumen']), 'We ask it'), 'yes')
  const isConfirmed = /^Its size +confirmed: counts in full$/m
  assert.match(await runWell(harbor.env, ['peer', 'confirm-size', 'Lumen']), isConfirmed)
  assert.doesNotMatch(await runWell(harbor.env, ['peer', 'unconfirm-size', 'Lumen']), isConfirmed)

  const renewed = await runWell(lumen.env, ['token', 'rotate', fieldOf(made, 'Id')])
  assert.match(
    renewed,
    /\n {2}agentvault-registry peer set-credentials Lumen --api-key-stdin --signing-secret-stdin\n/,
  )
  const inOverlap = await runWell(harbor.env, ['search', '--federated', 'translate', 'deed'])
  assert.match(inOverlap, /^✓ {2}Lumen +answered /m)
  const credentials = `${fieldOf(renewed, 'Token')}\n${fieldOf(renewed, 'Signing secret')}\n`
  const setting = ['peer', 'set-credentials', 'Lumen', '--api-key-stdin', '--signing-secret-stdin']
  await runWell(harbor.env, setting, credentials)
  await runWell(lumen.env, ['token', 'revoke', fieldOf(made, 'Id')])
  const withNew = await runWell(harbor.env, ['search', '--federated', 'translate', 'statute'])
  assert.match(withNew, /^✓ {2}Lumen +answered /m)

  const listed = await runWell(lumen.env, ['token', 'list'])
  assert.match(listed, /^Harbor +avf_…/m)
  assert.doesNotMatch(listed, new RegExp(token))
  await runWell(lumen.env, ['token', 'revoke', fieldOf(renewed, 'Id')])
  const refused = await run(harbor.env, ['search', '--federated', 'contract'])
  assert.equal(refused.code, 5)
  assert.match(refused.out, /^✗ {2}Lumen +refused /m)

  assert.match(await runWell(harbor.env, ['peer', 'remove', 'Lumen']), /^Removed\./)
  assert.equal((await run(harbor.env, ['peer', 'show', 'Lumen'])).code, 4)
})

test('two registries come to know each other by their keys, and sign with them; a new key is shown and taken by hand', async () => {
  const fingerprintOf = async ({ env }: Running) => {
    const shown = await runWell(env, ['identity', 'show'])
    return /^(\S{43}) +signing/m.exec(shown)?.[1] ?? assert.fail(shown)
  }
  const [ofHarbor, ofLumen] = [await fingerprintOf(harbor), await fingerprintOf(lumen)]
  const made = await runWell(lumen.env, ['token', 'create', '--name', 'Harbor at sea', '--url', harbor.url])
  await runWell(
    harbor.env,
    ['peer', 'add', 'Lumen', lumen.url, '--api-key-stdin', '--signing-secret-stdin'],
    `${fieldOf(made, 'Token')}\n${fieldOf(made, 'Signing secret')}\n`,
  )
  assert.ok(fieldOf(await runWell(harbor.env, ['peer', 'check', 'Lumen']), 'New key').startsWith(ofLumen))
  const other = `${ofLumen.startsWith('-') ? '_' : '-'}${ofLumen.slice(1)}`
  const wrong = await run(harbor.env, ['peer', 'trust-key', 'Lumen', '--fingerprint', other])
  assert.equal(wrong.code, 1, wrong.out)
  assert.match(wrong.err, new RegExp(`shows the key ${ofLumen}, not this one`))
  const trusted = await runWell(harbor.env, [
    ...['peer', 'trust-key', 'Lumen', '--fingerprint', ofLumen, '--pin'],
  ])
  assert.deepEqual([fieldOf(trusted, 'Its key'), fieldOf(trusted, 'Signed by')], [ofLumen, 'rfc9421-ed25519'])
  // Known by no key there, it is refused, and told what to do.
  const unknown = await run(harbor.env, ['search', '--federated', 'contract'])
  assert.match(unknown.out, /^✗ {2}Lumen +refused\b.*\n.*does not know you by the key/m)
  const there = ['peer', 'trust-key', 'Harbor', '--fingerprint', ofHarbor, '--pin']
  const name = /^(Harbor\S*|Harbor at sea) {2}/m.exec(await runWell(lumen.env, ['peer', 'list']))?.[1] ?? ''
  await runWell(lumen.env, ['peer', 'check', name])
  await runWell(lumen.env, there.with(2, name))
  // A peer whose last check failed is not waited for.
  assert.match(await runWell(harbor.env, ['peer', 'check', 'Lumen']), /^Health +healthy$/m)
  assert.match(await runWell(harbor.env, ['search', '--federated', 'contract']), /^✓ {2}Lumen +answered +1 /m)

  const rotated = await runWell(lumen.env, ['identity', 'rotate', '--overlap', '1'])
  const next = /^(\S{43}) +next/m.exec(rotated)?.[1] ?? assert.fail(rotated)
  const again = await run(lumen.env, ['identity', 'rotate'])
  assert.equal(again.code, 1)
  assert.match(again.err, /does not sign yet/)
  const offered = fieldOf(await runWell(harbor.env, ['peer', 'check', 'Lumen']), 'New key')
  assert.equal(offered, `${next}, announced by its key; see "peer trust-key"`)
  const both = await runWell(harbor.env, ['peer', 'trust-key', 'Lumen', '--fingerprint', next])
  assert.deepEqual([fieldOf(both, 'Its key'), fieldOf(both, 'Key before')], [next, ofLumen])

  const pin = `${'A'.repeat(43)}=`
  const pinned = await runWell(harbor.env, ['peer', 'tls', 'Lumen', '--client-pin', `sha256/${pin}`])
  assert.equal(fieldOf(pinned, 'Client pins'), pin)
  const required = await run(harbor.env, ['peer', 'tls', 'Lumen', '--require'])
  assert.equal(required.code, 1)
  assert.match(required.err, /set REGISTRY_TLS_CLIENT_CA/)
  assert.equal((await run(harbor.env, ['peer', 'tls', 'Lumen'])).code, 2)
  assert.doesNotMatch(await runWell(harbor.env, ['peer', 'tls', 'Lumen', '--clear']), /^Client pins/m)
  await runWell(harbor.env, ['peer', 'remove', 'Lumen'])
})

test('an invite made here and accepted there, and nothing else: each finds what the other has', async () => {
  for (const { env } of [harbor, lumen]) {
    const { peers } = JSON.parse(await runWell(env, ['peer', 'list', '--json'])) as {
      peers: { id: string }[]
    }
    for (const { id } of peers) await runWell(env, ['peer', 'remove', id])
  }
  const made = await run(harbor.env, ['peer', 'invite', '--auto-accept'])
  assert.match(made.out, /^avp_[\w-]+\n$/)
  const fingerprint = /Our fingerprint, for them to compare: (\S{43})\n/.exec(made.err)?.[1]
  const accepted = await runWell(lumen.env, ['peer', 'accept'], made.out)
  assert.equal(fieldOf(accepted, 'Health'), 'healthy')
  assert.notEqual(fieldOf(accepted, 'Our key'), fingerprint)
  assert.equal(fieldOf(accepted, 'Its key'), fingerprint)
  for (const [env, other] of [[harbor.env, 'Lumen'] as const, [lumen.env, 'Harbor'] as const]) {
    const found = await runWell(env, ['search', '--federated', 'translate', 'contract'])
    assert.match(found, new RegExp(`^✓ {2}${other} +answered `, 'm'))
    assert.match(found, /^4 results from 2 of 2 registries/m)
  }
  const again = await run(lumen.env, ['peer', 'accept', made.out.trim()])
  assert.equal(again.code, 1)
  assert.match(again.err, /did not enrol us\. It says: This invite was used already/)
  await runWell(harbor.env, ['peer', 'remove', 'Lumen'])
  await runWell(lumen.env, ['peer', 'remove', 'Harbor'])

  const slow = await run(harbor.env, ['peer', 'invite'])
  const waiting = await run(lumen.env, ['peer', 'accept', slow.out.trim(), '--name', 'The harbour'])
  assert.equal(waiting.code, 0, waiting.err)
  assert.match(waiting.err, /has to run "peer confirm"/)
  assert.match(await runWell(harbor.env, ['peer', 'show', 'Lumen']), /^Waits for +your confirmation/m)
  assert.match(await runWell(harbor.env, ['peer', 'list']), /^Lumen .* no +no +to confirm /m)
  const wrong = await run(harbor.env, ['peer', 'confirm', 'Lumen', '--fingerprint', fingerprint ?? ''])
  assert.equal(wrong.code, 3)
  const ours = fieldOf(waiting.out, 'Our key')
  const confirmed = await runWell(harbor.env, ['peer', 'confirm', 'Lumen', '--fingerprint', ours])
  assert.equal(fieldOf(confirmed, 'Health'), 'healthy')
  await runWell(harbor.env, ['peer', 'remove', 'Lumen'])
  await runWell(lumen.env, ['peer', 'remove', 'The harbour'])
})

test('what a peer may see is said with the invite, its acceptance or its confirmation, and holds from then on', async () => {
  const include = ['--include', 'tag=nowhere']
  const made = await run(harbor.env, ['peer', 'invite', ...include, '--max-results', '7'])
  const policy = join(folder, 'accepted.json')
  await writeFile(policy, '{"fields":["tags"]}')
  const accepting = ['peer', 'accept', made.out.trim(), '--share-policy', policy]
  const accepted = await run(lumen.env, accepting)
  assert.equal(fieldOf(accepted.out, 'It sees'), 'what its policy says (peer policy show)', accepted.err)
  assert.match(await runWell(lumen.env, ['peer', 'policy', 'show', 'Harbor']), /^Members +tags$/m)
  const invited = await runWell(harbor.env, ['peer', 'policy', 'show', 'Lumen'])
  assert.deepEqual([fieldOf(invited, 'Includes'), fieldOf(invited, 'Most results')], ['tag=nowhere', '7'])
  await runWell(harbor.env, ['peer', 'confirm', 'Lumen', '--exclude', 'type=mcp-server'])
  const confirmed = await runWell(harbor.env, ['peer', 'policy', 'show', 'Lumen'])
  assert.deepEqual(
    ['Includes', 'Excludes', 'Most results'].map((name) => fieldOf(confirmed, name)),
    ['all federated records', 'type=mcp-server', 'no limit'],
  )
  await runWell(harbor.env, ['peer', 'remove', 'Lumen'])
  await runWell(lumen.env, ['peer', 'remove', 'Harbor'])

  // Nothing said at the confirmation: what the invite says holds, and nothing is found there.
  const strict = await run(harbor.env, ['peer', 'invite', '--include-nothing'])
  await runWell(lumen.env, ['peer', 'accept', strict.out.trim()])
  await runWell(harbor.env, ['peer', 'confirm', 'Lumen'])
  assert.equal(
    fieldOf(await runWell(harbor.env, ['peer', 'policy', 'show', 'Lumen']), 'Includes'),
    'no federated record',
  )
  const found = await runWell(lumen.env, ['search', '--federated', 'translate', 'contract'])
  assert.match(found, /^✓ {2}Harbor +answered +0 /m)
  await runWell(harbor.env, ['peer', 'remove', 'Lumen'])
  await runWell(lumen.env, ['peer', 'remove', 'Harbor'])

  const unknown = await run(harbor.env, ['peer', 'invite', '--fields', 'owner_id'])
  assert.deepEqual([unknown.code, unknown.out], [1, ''])
  assert.match(unknown.err, /share_policy\/fields\/0/)
})

test('what a peer sees is set, shown, tried out and taken back', async () => {
  await runWell(lumen.env, ['token', 'create', '--name', 'Strict', '--url', 'https://127.0.0.1/strict'])
  await runWell(lumen.env, ['agent', 'import', '-'], line({ name: 'Secret Translator', tags: ['secret'] }))
  const before = await runWell(lumen.env, ['peer', 'preview', 'Strict', '--search', 'translator'])
  assert.match(before, /^Secret Translator +a2a +peers +.+$/m)
  assert.match(await runWell(lumen.env, ['peer', 'policy', 'show', 'Strict']), /^No policy/)

  const proposed = join(folder, 'policy.json')
  await writeFile(proposed, JSON.stringify({ exclude: [{ tag: 'secret' }], fields: ['tags'] }))
  const tried = await runWell(lumen.env, ['peer', 'preview', 'Strict', '--policy', proposed])
  assert.match(tried, /appear: 0; vanish: 1; come with other members: 1; stay: 0\./)
  assert.match(tried, /^Secret Translator +vanishes/m)
  assert.match(tried, /^Contract Translator +changes +.*-description/m)

  const selectors = ['--exclude', 'tag=secret', '--include', 'type=a2a,provider=Acme']
  const set = await runWell(lumen.env, [
    'peer',
    'policy',
    'set',
    'Strict',
    ...selectors,
    '--max-results',
    '9',
  ])
  assert.equal(fieldOf(set, 'Includes'), 'type=a2a,provider=Acme')
  assert.equal(fieldOf(set, 'Excludes'), 'tag=secret')
  assert.equal(fieldOf(set, 'Most results'), '9')
  const replaced = await runWell(lumen.env, ['peer', 'policy', 'set', 'Strict', '--file', proposed])
  assert.deepEqual(
    [fieldOf(replaced, 'Includes'), fieldOf(replaced, 'Members'), fieldOf(replaced, 'Most results')],
    ['all federated records', 'tags', 'no limit'],
  )
  const wrong = await run(lumen.env, ['peer', 'policy', 'set', 'Strict', '--fields', 'owner_id'])
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /share_policy\/fields\/0/)
  assert.match(await runWell(lumen.env, ['peer', 'policy', 'clear', 'Strict']), /^No policy/)
  await runWell(lumen.env, ['peer', 'remove', 'Strict'])
})

test('output that nobody reads to its end is no failure', async () => {
  const child = start(['agent', 'list'], harbor.env)
  child.stdout.destroy()
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('a port in use is one sentence that names the port and the setting', async () => {
  await using server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { code, out, err } = await runBin({ ...settingsOf('Third'), REGISTRY_PORT: String(port) }, ['serve'])
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is in use: .*REGISTRY_PORT.*\n$`, 'm'))
})

test('a database that another process holds, and wrong settings, are sentences with their exit codes', async () => {
  const held = await runBin({ ...settingsOf('Harbor') }, ['serve'])
  assert.equal(held.code, 1)
  assert.match(held.err, /^[A-Z].*\.\n$/)
  const wrong = await runBin({ REGISTRY_PORT: 'x', REGISTRY_HOOST: 'y' }, ['serve'])
  assert.equal(wrong.code, 78)
  assert.deepEqual(wrong.err.match(/^REGISTRY_\w+/gm)?.toSorted(), ['REGISTRY_HOOST', 'REGISTRY_PORT'])
})

test('a checkout that was not built says how to build it', async () => {
  await mkdir(join(folder, 'checkout', 'bin'), { recursive: true })
  const bin = join(folder, 'checkout', 'bin', 'agentvault-registry.js')
  await copyFile('bin/agentvault-registry.js', bin)
  const child = spawn(process.execPath, [bin, 'agent', 'list'], { env: { PATH: process.env.PATH } })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /^agentvault-registry is not built yet: run `npm run build`[^\n]*\n$/)
})

test('SIGTERM and SIGINT end a registry within 5 s, with exit code 0', async () => {
  const interrupted = once(harbor.process, 'exit')
  const { value: codes, ms } = await timeAwake(async () => {
    harbor.process.kill('SIGINT')
    return [await stop(lumen), (await interrupted)[0]]
  })
  assert.deepEqual(codes, [0, 0])
  assert.ok(ms < 5_000, `${ms} ms`)
  const gone = await runBin(harbor.env, ['agent', 'list'])
  assert.equal(gone.code, 69)
})
