/** The audit log as auditors have it: read, kept elsewhere, and proved, whatever was done to the database. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { BEFORE_ALL, hashRow } from '../src/audit/chain.ts'
import { runCli } from '../src/cli/program.ts'
import { SYSTEM_CLOCK } from '../src/clock.ts'
import type { Clock } from '../src/domain/ports.ts'
import { captureTerminal } from './support/captured-terminal.ts'
import { eventually } from './support/redis.ts'
import {
  enrol,
  findFreePort,
  type RunningRegistry,
  startRegistry,
  temporaryFolder,
} from './support/registry.ts'
import { logWith } from './support/reports.ts'

type Row = { readonly seq: number; readonly action: string; readonly hash: string; readonly actor: string }

type Kept = {
  readonly folder: string
  readonly file: string
  /** Starts the registry of this folder; again after it was stopped, at the same address. */
  start(clock?: Clock): Promise<RunningRegistry>
}

async function keepRegistry(t: TestContext): Promise<Kept> {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'registry.db')
  const port = String(await findFreePort())
  return {
    ...{ folder, file },
    start: (clock = SYSTEM_CLOCK) =>
      startRegistry(t, {
        database: { kind: 'sqlite', address: file },
        env: { REGISTRY_PORT: port },
        overrides: { clock },
      }),
  }
}

async function audit(registry: RunningRegistry, argv: readonly string[], key = registry.adminKey) {
  const terminal = captureTerminal()
  const code = await runCli(['--registry', registry.url, '--key', key, 'audit', ...argv], terminal)
  return { code, ...terminal.written }
}

/** Does something to the database behind the registry's back. */
function meddle(file: string, ...statements: readonly string[]): void {
  const database = new DatabaseSync(file)
  for (const trigger of database.prepare("select name from sqlite_master where type = 'trigger'").all()) {
    database.exec(`drop trigger ${trigger.name}`)
  }
  for (const statement of statements) database.exec(statement)
  database.close()
}

async function makeKeys(registry: RunningRegistry, count: number): Promise<void> {
  for (let place = 0; place < count; place += 1) {
    await registry.succeed('POST', '/keys', { body: { name: `Key ${place}`, role: 'viewer' } })
  }
}

test('what was done is listed by what, who and when, to admins and auditors alone', async (t) => {
  const registry = await startRegistry(t)
  const auditor = await registry.succeed<{ key: string; id: string }>('POST', '/keys', {
    body: { name: 'auditor', role: 'auditor' },
  })
  const viewer = await registry.succeed<{ key: string }>('POST', '/keys', {
    body: { name: 'v', role: 'viewer' },
  })
  const list = (query: string) =>
    registry.succeed<{ audit: readonly Row[] }>('GET', `/audit?${query}`, { key: auditor.key })
  const byAction = await list('action=key.create')
  assert.ok(
    byAction.audit.every(({ action, hash }) => action === 'key.create' && /^[0-9a-f]{64}$/.test(hash)),
  )
  assert.equal((await list(`target=key:${auditor.id}`)).audit.length, 1)
  assert.equal((await list('action=peer')).audit.length, 0)
  const { body } = await registry.call('GET', '/audit?action=peer.%25')
  assert.deepEqual([body.status, body.code], [400, 'invalid-parameter'])
  for (const path of ['/audit', '/audit/head', '/audit/export', '/audit/report']) {
    for (const key of [viewer.key, null]) {
      assert.equal((await registry.call('GET', path, { key })).status, key === null ? 401 : 403, path)
    }
  }
  const { out } = await audit(registry, ['list', '--action', 'key'], auditor.key)
  assert.match(out, /key:[0-9a-f-]{36} +key\.create +key:[0-9a-f-]{36}/)
})

test('the export is checked by anyone with SHA-256 alone, and ends with a signed head', async (t) => {
  const registry = await startRegistry(t)
  await makeKeys(registry, 3)
  const { text } = await registry.call('GET', '/audit/export')
  const lines = text.trimEnd().split('\n')
  let hash = BEFORE_ALL.hash
  for (const line of lines.slice(1, -1)) {
    hash = hashRow(hash, line.slice('{"hash":"","row":'.length + 64, -1))
    assert.equal(JSON.parse(line).hash, hash)
  }
  const { head, signed } = JSON.parse(lines.at(-1) ?? '')
  assert.equal(head.hash, hash)
  assert.equal(signed.hash, hash)
  assert.equal(signed.registry_url, registry.url)
})

test('verify: a whole log is whole, over HTTP and from a file, with heads kept elsewhere', async (t) => {
  const { folder, start } = await keepRegistry(t)
  const registry = await start()
  await makeKeys(registry, 5)
  const heads = join(folder, 'heads.jsonl')
  const first = await audit(registry, ['head'])
  await makeKeys(registry, 5)
  const second = await audit(registry, ['head'])
  const logged = JSON.stringify({ level: 'info', head: JSON.parse(second.out), msg: 'audit head signed' })
  await writeFile(heads, `${first.out}${logged}\n`)
  const verdict = await audit(registry, ['verify', '--head', heads])
  assert.deepEqual([verdict.code, verdict.err], [0, ''])
  assert.match(verdict.out, /is whole: rows 1 to \d+.*\n.*2 of 2 heads/)
  const exported = join(folder, 'audit.jsonl')
  const { out } = await audit(registry, ['export'])
  await writeFile(exported, out)
  assert.equal((await audit(registry, ['verify', '--file', exported, '--head', heads])).code, 0)
  await writeFile(exported, out.slice(0, out.lastIndexOf('{"head"')))
  const cut = await audit(registry, ['verify', '--file', exported])
  assert.equal(cut.code, 1)
  assert.match(cut.err, /not all of one/)
  assert.match((await audit(registry, ['verify'])).out, /No head was given/)
})

test('verify: what was done to the database shows; a log cut off or written anew only by a head', async (t) => {
  const { folder, file, start } = await keepRegistry(t)
  const registry = await start()
  await makeKeys(registry, 20)
  const headFile = join(folder, 'head.json')
  const head = await audit(registry, ['head'])
  await writeFile(headFile, head.out)
  const { seq } = JSON.parse(head.out) as Row
  await registry.stop()

  const verify = async (name: string, ...statements: readonly string[]) => {
    const copy = join(folder, `${name}.db`)
    const database = new DatabaseSync(file)
    database.exec(`vacuum into '${copy}'`)
    database.close()
    meddle(copy, ...statements)
    const { lines } = exportOf(copy)
    const exported = join(folder, `${name}.jsonl`)
    await writeFile(exported, lines)
    const run = (...argv: string[]) => audit(registry, ['verify', '--file', exported, ...argv])
    return { alone: await run(), withHead: await run('--head', headFile) }
  }

  assert.equal((await verify('untouched')).withHead.code, 0)
  const changed = await verify('changed', "update audit_log set actor = 'nobody' where seq = 4")
  assert.deepEqual([changed.alone.code, changed.withHead.code], [1, 1])
  assert.match(changed.alone.err, /Row 4/)
  const broken = await verify('broken', "update audit_log set detail = '{' || char(10) where seq = 4")
  assert.match(broken.alone.err, /Row 4/)
  const removed = await verify('removed', 'delete from audit_log where seq between 4 and 6')
  assert.match(removed.alone.err, /Rows 4 to 6 are missing/)
  const cutOff = await verify(
    'cut-off',
    `delete from audit_log where seq > ${seq - 3}`,
    `update audit_chain set head_seq = ${seq - 3}, head_hash = (select hash from audit_log where seq = ${seq - 3})`,
  )
  assert.deepEqual([cutOff.alone.code, cutOff.withHead.code], [0, 1])
  assert.match(cutOff.withHead.err, /its end was cut off/)
  const beheaded = await verify(
    'beheaded',
    'update audit_chain set start_seq = 5, start_hash = (select hash from audit_log where seq = 5)',
    'delete from audit_log where seq <= 5',
  )
  assert.match(beheaded.alone.err, /no row says that retention removed them/)
})

/** What `GET /audit/export` gives of a database that no registry runs on, but for the signature at the end. */
function exportOf(file: string): { readonly lines: string } {
  const database = new DatabaseSync(file)
  const [chain] = database.prepare('select * from audit_chain').all() as Record<string, unknown>[]
  const rows = database
    .prepare('select * from audit_log where seq > ? order by seq')
    .all(chain?.start_seq as number) as Record<string, unknown>[]
  const url = (
    database.prepare("select value from registry_meta where name = 'public_url'").get() as { value: string }
  ).value
  database.close()
  const lines = [
    JSON.stringify({ registry_url: url, start: { seq: chain?.start_seq, hash: chain?.start_hash } }),
    ...rows.map((row) => lineOf(row)),
    JSON.stringify({ head: { seq: chain?.head_seq, hash: chain?.head_hash }, signed: null }),
  ]
  return { lines: `${lines.join('\n')}\n` }
}

function lineOf({
  seq,
  at,
  actor,
  action,
  target,
  detail,
  request_id,
  hash,
}: Record<string, unknown>): string {
  const [what, who, when, id, to] = [action, actor, at, request_id, target].map((value) =>
    JSON.stringify(value),
  )
  const text = `{"action":${what},"actor":${who},"at":${when},"detail":${detail},"request_id":${id},"seq":${seq},"target":${to}}`
  return text.includes('\n') ? JSON.stringify({ hash, text }) : `{"hash":"${hash}","row":${text}}`
}

test('verify over HTTP: a running registry shows what was done to it, rewritten rows by a head', async (t) => {
  const { folder, file, start } = await keepRegistry(t)
  const registry = await start()
  await makeKeys(registry, 3)
  const headFile = join(folder, 'head.json')
  await writeFile(headFile, (await audit(registry, ['head'])).out)
  meddle(file)
  const database = new DatabaseSync(file)
  const rows = database.prepare('select * from audit_log order by seq').all() as Record<string, unknown>[]
  let hash = BEFORE_ALL.hash
  for (const row of rows) {
    const rewritten = { ...row, actor: 'key:nobody' }
    const text = lineOf({ ...rewritten, hash: '' }).slice('{"hash":"","row":'.length, -1)
    hash = hashRow(hash, text)
    database
      .prepare("update audit_log set actor = 'key:nobody', hash = ? where seq = ?")
      .run(hash, Number(row.seq))
  }
  database.prepare('update audit_chain set head_hash = ?').run(hash)
  database.close()
  assert.equal((await audit(registry, ['verify'])).code, 0)
  const { code, err } = await audit(registry, ['verify', '--head', headFile])
  assert.equal(code, 1)
  assert.match(err, /written anew/)
  meddle(file, "update audit_log set detail = 'no JSON' where seq = 2")
  assert.match((await audit(registry, ['verify'])).err, /Row 2/)
  await registry.succeed('GET', '/audit')
})

test('verify: heads that prove nothing are refused with what is wrong', async (t) => {
  const { folder, start } = await keepRegistry(t)
  const registry = await start()
  const other = await startRegistry(t)
  const head = JSON.parse((await audit(registry, ['head'])).out)
  const stranger = JSON.parse((await audit(other, ['head'])).out)
  const refused = async (value: unknown): Promise<string> => {
    const path = join(folder, 'head.json')
    await writeFile(path, typeof value === 'string' ? value : JSON.stringify(value))
    const { code, err } = await audit(registry, ['verify', '--head', path])
    assert.equal(code, 1)
    return err
  }
  assert.match(await refused({ ...head, seq: head.seq - 1 }), /signature does not fit/)
  assert.match(await refused({ ...head, signature: stranger.signature }), /signature does not fit/)
  assert.match(await refused({ ...head, public_key: stranger.public_key }), /not the one it names/)
  assert.match(await refused({ ...head, signature: undefined }), /not signed/)
  assert.match(await refused(stranger), /A head is of http/)
  assert.match(await refused('nothing'), /holds no head/)
})

test('retention confirms with the registry key what it removed; another’s word is not taken', async (t) => {
  const { folder, file, start } = await keepRegistry(t)
  const early = await start()
  await makeKeys(early, 4)
  const headFile = join(folder, 'head.json')
  await writeFile(headFile, (await audit(early, ['head'])).out)
  await early.stop()
  const later = await start({ ...SYSTEM_CLOCK, now: () => SYSTEM_CLOCK.now() + 402 * 86_400_000 })
  await eventually('the old rows are removed', async () => {
    const { audit: rows } = await later.succeed<{ audit: readonly Row[] }>('GET', '/audit?action=audit.prune')
    return rows.length === 1
  })
  const { code, out } = await audit(later, ['verify', '--head', headFile])
  assert.equal(code, 0, out)
  await later.stop()
  meddle(
    file,
    "update audit_log set detail = replace(detail, 'signature', 'signed') where action = 'audit.prune'",
  )
  const rehash = new DatabaseSync(file)
  const chain = rehash.prepare('select * from audit_chain').get() as Record<string, unknown>
  let hash = String(chain.start_hash)
  for (const row of rehash
    .prepare('select * from audit_log where seq > ? order by seq')
    .all(Number(chain.start_seq))) {
    hash = hashRow(hash, lineOf({ ...row, hash: '' }).slice('{"hash":"","row":'.length, -1))
    rehash.prepare('update audit_log set hash = ? where seq = ?').run(hash, Number(row.seq))
  }
  rehash.prepare('update audit_chain set head_hash = ?').run(hash)
  rehash.close()
  const again = await start({ ...SYSTEM_CLOCK, now: () => SYSTEM_CLOCK.now() + 402 * 86_400_000 })
  const forged = await audit(again, ['verify'])
  assert.equal(forged.code, 1)
  assert.match(forged.err, /retention removed is not the registry's/)
})

test('the report of a month has its traffic, its changes and what wants a look, and proves the log up to it', async (t) => {
  const { folder, start } = await keepRegistry(t)
  const registry = await start()
  const partner = await startRegistry(t, { name: 'Part|ner' })
  await enrol(registry, partner)
  await enrol(partner, registry)
  await registry.succeed('GET', '/discovery/agents?search=ferry&include_federated=true')
  await partner.succeed('GET', '/discovery/agents?search=ferry&include_federated=true')
  await logWith(registry, 2)
  await registry.stop()
  // Its job of each minute runs as it starts.
  const again = await start()
  const month = new Date().toISOString().slice(0, 7)
  const asked = `/audit/report?month=${month}`
  await eventually('the questions are summed up', async () => {
    const { peers } = await again.succeed<{ peers: readonly { outbound: { questions: number } }[] }>(
      'GET',
      asked,
    )
    return peers.some(({ outbound }) => outbound.questions === 1)
  })
  const { out, code } = await audit(again, ['report', '--month', month])
  assert.equal(code, 0)
  assert.match(out, /\| Part\\\|ner \(active\) \| 1 \| 0 \| \d+ ms \| answered 1 \|/)
  assert.match(out, /peer\.create/)
  const kept = join(folder, 'report.json')
  await writeFile(kept, (await audit(again, ['report', '--json'])).out)
  const verdict = await audit(again, ['verify', '--head', kept, '--query-log'])
  assert.deepEqual([verdict.code, verdict.err], [0, ''])
  assert.match(verdict.out, /questions is what it was: [1-9]/)
  for (const wrong of ['2026-13', '2999-01', '2026']) {
    assert.equal((await again.call('GET', `/audit/report?month=${wrong}`)).status, 400, wrong)
  }
})
