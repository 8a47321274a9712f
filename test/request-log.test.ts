/** Every request leaves its mark in the log and in the metrics, whichever way it was answered. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { mintToken } from '../src/security/tokens.ts'
import { temporaryFolder } from './support/registry.ts'
import { startServe, stopServe } from './support/serve-process.ts'

const LOCAL = '/api/v1/discovery/agents?search=plover'

test('metrics and log have every request, whichever way it went, and no line is lost at the end', async (t) => {
  const folder = await temporaryFolder(t)
  const key = mintToken('ava')
  const serve = startServe(t, {
    ...{ REGISTRY_PORT: '0', REGISTRY_ADMIN_KEY: key, DATABASE_URL: `sqlite:${join(folder, 'r.db')}` },
    ...{ REGISTRY_RATE_KEY: '100000' },
  })
  const url = await serve.listening
  const asked = 50
  for (let index = 0; index < asked; index += 1) {
    const answer = await fetch(url + LOCAL, { headers: { authorization: `Bearer ${key}` } })
    assert.equal(answer.status, 200)
    await answer.text()
  }
  const metrics = await (await fetch(`${url}/metrics`)).text()
  assert.match(
    metrics,
    new RegExp(
      `http_request_duration_seconds_count\\{route="/api/v1/discovery/agents",method="GET",status="200"\\} ${asked}\n`,
    ),
  )
  const { out } = await stopServe(serve)
  const lines = out
    .split('\n')
    .filter((line) => line.includes('"request served"') && line.includes('/discovery/agents'))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  assert.equal(lines.length, asked)
  const [first] = lines
  for (const line of lines) {
    assert.deepEqual(Object.keys(line), Object.keys(first ?? {}))
    const { method, route, status, principal, requestId, durationMs } = line
    assert.deepEqual([method, route, status], ['GET', '/api/v1/discovery/agents', 200])
    assert.match(`${principal} ${requestId}`, /^key:[0-9a-f-]{36} [0-9a-f-]{36}$/)
    assert.ok(typeof durationMs === 'number' && durationMs >= 0)
  }
  assert.equal(new Set(lines.map(({ requestId }) => requestId)).size, asked)
})
