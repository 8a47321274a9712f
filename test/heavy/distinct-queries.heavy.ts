/** Twenty thousand questions (`QUESTIONS`) that nobody asked before, over peers that answer each with records of its own: memory stays. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { mintToken } from '../../src/security/tokens.ts'
import { sendJson, serve, wireAgent } from '../support/federation.ts'
import { ask, settingsFor, temporaryFolder } from '../support/registry.ts'
import { startServe } from '../support/serve-process.ts'

const QUESTIONS = Number(process.env.QUESTIONS ?? 20_000)
const AT_ONCE = 8
const RECORDS = 20
const MOST_GROWTH_MIB = 50

test(`${QUESTIONS} distinct questions: memory does not grow with them`, async (t) => {
  const adminKey = mintToken('ava')
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const serving = startServe(t, {
    ...settingsFor({ name: 'Harbor', adminKey, database }),
    FEDERATION_OUTBOUND_RATE: '1000000',
  })
  const url = await serving.listening
  for (const name of ['One', 'Two']) {
    const peer = await serve((request, response) => {
      const own = `http://${request.headers.host}`
      const word = new URL(request.url ?? '', own).searchParams.get('search') ?? ''
      if (request.url?.endsWith('/health')) return sendJson(response, { status: 'healthy' })
      const description = `${word} `.repeat(50)
      const agents = Array.from({ length: RECORDS }, (_, place) =>
        wireAgent(own, `${word}-${place}`, { name: `Agent ${word} ${place}`, description }),
      )
      sendJson(response, { agents, next_cursor: null })
    })
    t.after(() => peer[Symbol.asyncDispose]())
    const body = { name, registry_url: peer.url }
    const added = await ask('POST', `${url}/api/v1/federation/peers`, { key: adminKey, body })
    assert.equal(added.status, 201)
  }
  const readings: Memory[] = []
  const look = async (): Promise<void> => {
    readings.push(readMemory((await ask<string>('GET', `${url}/metrics`, { key: adminKey })).text))
  }
  let [next, full] = [0, 0]
  const askOnAndOn = async (): Promise<void> => {
    while (next < QUESTIONS) {
      const question = next
      next += 1
      if (question % 50 === 0) await look()
      const path = question % 10 === 9 ? 'facets' : 'agents'
      const search = `include_federated=true&search=word${question}`
      const answer = await ask<{ agents?: unknown[] }>('GET', `${url}/api/v1/discovery/${path}?${search}`, {
        key: adminKey,
      })
      assert.equal(answer.status, 200, answer.text)
      if (answer.body.agents?.length === RECORDS) full += 1
      const did = `did:web:nowhere.example:agents:${question}`
      const absent = await ask('GET', `${url}/api/v1/discovery/agents/${did}`, { key: adminKey })
      assert.equal(absent.status, 404, absent.text)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, askOnAndOn))
  // On a machine that is busy some answers of the peers come too late.
  assert.ok(full > QUESTIONS / 2, `only ${full} answers were full`)
  // Caches are full by then; what is there at the end beyond that has grown with the questions.
  const quarter = Math.floor(readings.length / 4)
  const [before, after] = [readings.slice(quarter, 2 * quarter), readings.slice(-quarter)]
  const usual = (some: readonly Memory[]) =>
    some.map(({ residentMib }) => residentMib).sort((a, b) => a - b)[Math.floor(quarter / 2)] ?? 0
  // Where the garbage has just been collected.
  const least = (some: readonly Memory[]) => Math.min(...some.map(({ heapMib }) => heapMib))
  t.diagnostic(
    `resident: ${usual(before)} MiB, then ${usual(after)}; heap: ${least(before)} MiB, then ${least(after)}`,
  )
  assert.ok(usual(after) <= usual(before) + MOST_GROWTH_MIB)
  assert.ok(least(after) <= least(before) + MOST_GROWTH_MIB / 2)
})

type Memory = { readonly residentMib: number; readonly heapMib: number }

function readMemory(metrics: string): Memory {
  const mibOf = (name: string) =>
    Math.round(Number(new RegExp(`^${name} (\\S+)`, 'm').exec(metrics)?.[1]) / 1024 / 1024)
  return {
    residentMib: mibOf('process_resident_memory_bytes'),
    heapMib: mibOf('nodejs_heap_size_used_bytes'),
  }
}
