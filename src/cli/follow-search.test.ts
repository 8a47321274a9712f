/** `search --federated` at a terminal, against registries that answer as told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { captureTerminal } from '../../test/support/captured-terminal.ts'
import { startScriptedRegistry, type Told } from '../../test/support/scripted-registry.ts'
import { mintToken } from '../security/tokens.ts'
import { EXIT } from './exit-codes.ts'
import { runCli } from './program.ts'

async function runAgainst(
  told: Told,
  argv: readonly string[],
  options: Parameters<typeof captureTerminal>[0] = {},
) {
  await using registry = await startScriptedRegistry(() => told)
  const terminal = captureTerminal(options)
  const code = await runCli(['--registry', registry.url, '--key', mintToken('ava'), ...argv], terminal)
  return { code, ...terminal.written, asked: registry.asked }
}

const ROW = { peer_id: 'p', name: 'Lumen\u001b[2J', registry_url: 'https://lumen.example' }
const LINES = [
  { event: 'plan', peers: [{ peer_id: 'p', name: 'Lumen' }], skipped: [] },
  { event: 'local', agents: [] },
  { event: 'peer', ...ROW, outcome: 'answered', results: 1 },
  {
    event: 'merge',
    upserts: ['b', 'a'].map((key) => ({ key, name: `Agent ${key}`, also_in: [] })),
    order: ['a', 'b'],
  },
  {
    event: 'done',
    federation_stats: { duration_ms: 9, peers: [{ ...ROW, outcome: 'answered', results: 1 }] },
    next_cursor: null,
  },
]
const tellLines = (lines: readonly object[]): Told => ({
  headers: { 'content-type': 'application/x-ndjson' },
  body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
})

test('who waits for peers at a terminal sees who has answered, then the same results', async () => {
  const argv = ['search', '--federated', 'boats']
  const followed = await runAgainst(tellLines(LINES), argv, { hasProgress: true })
  assert.equal(followed.code, EXIT.ok)
  assert.match(followed.asked[0]?.headers.accept ?? '', /^application\/x-ndjson/)
  assert.match(followed.out, /1\. Agent a[\s\S]*2\. Agent b[\s\S]*2 results from 2 of 2 registries in 9 ms/)
  assert.match(followed.err, /1 of 1 peers: Lumen\S* answered, 1 results/)
  assert.ok(!followed.err.includes('\u001b[2J'))

  const unwatched = await runAgainst({ body: { agents: [], next_cursor: null } }, argv)
  assert.equal(unwatched.asked[0]?.headers.accept, 'application/json')
  const asJson = await runAgainst({ body: { agents: [], next_cursor: null } }, [...argv, '--json'], {
    hasProgress: true,
  })
  assert.deepEqual([asJson.out, asJson.err], ['{"agents":[],"next_cursor":null}\n', ''])
})

test('a registry that tells no searches while they run is understood as well', async () => {
  const { code, out } = await runAgainst(
    { headers: { 'content-type': 'application/json' }, body: { agents: [], next_cursor: null } },
    ['search', '--federated', 'boats'],
    { hasProgress: true },
  )
  assert.deepEqual([code, out], [EXIT.ok, '0 results from this registry\n'])
})

test('a search that fails or breaks off on the way is no search with few results', async () => {
  const argv = ['search', '--federated', 'boats']
  const failed = await runAgainst(
    tellLines([
      ...LINES.slice(0, 4),
      { event: 'error', status: 503, title: 'The database does not answer', detail: 'Later.', code: 'x' },
    ]),
    argv,
    { hasProgress: true },
  )
  assert.equal(failed.code, EXIT.failed)
  assert.match(failed.err, /Later\./)
  const brokenOff = await runAgainst(tellLines(LINES.slice(0, 4)), argv, { hasProgress: true })
  assert.equal(brokenOff.code, EXIT.failed)
  assert.match(brokenOff.err, /broke off/)
  assert.equal(brokenOff.out, '')
})
