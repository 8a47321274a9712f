/**
 * Twenty registries in one process, for `cold.ts`: each answers after 5 ms, with two or three records of 500 bytes, or
 * with 50 if asked for `whole` pages. Asked for `known` records, it takes them from 200 that it has; asked for `new` ones,
 * it makes records nobody has seen.
 *
 * Prints one line of JSON, its addresses, when all listen.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mintDid } from '../src/cards/did.ts'
import type { AgentId } from '../src/domain/agent.ts'

const PEERS = 20
const ANSWERS_AFTER_MS = 5
const WHOLE_PAGE = 50
const FEW = [2, 3] // the peers by turns, so that all together send 50
const STOCK = 200

let lastNumber = 0

const urls = await Promise.all(Array.from({ length: PEERS }, (_, place) => listen(place)))
console.log(JSON.stringify(urls))
process.on('SIGTERM', () => process.exit(0))

async function listen(place: number): Promise<string> {
  const server = createServer((request, response) => answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stock = Array.from({ length: STOCK }, () => makeRecord(url))
  let turn = 0

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const search = new URL(request.url ?? '', url).searchParams.get('search') ?? ''
    turn += 1
    const length = search.includes('whole') ? WHOLE_PAGE : (FEW[place % FEW.length] ?? 0)
    const records = search.includes('new')
      ? Array.from({ length }, () => makeRecord(url))
      : Array.from({ length }, (_, nth) => stock[(turn * 7 + nth) % STOCK])
    const body = `{"agents":[${records.join(',')}],"next_cursor":null,"has_more":false}`
    setTimeout(() => {
      response.setHeader('content-type', 'application/json')
      response.end(body)
    }, ANSWERS_AFTER_MS)
  }
  return url
}

/** A record of 500 bytes as a registry sends it, no two alike. */
function makeRecord(url: string): string {
  lastNumber += 1
  const number = lastNumber.toString(36).padStart(6, '0')
  const id = `01997b2c-6f3a-7d51-9c0e-000000${number}`
  return JSON.stringify({
    id,
    did: mintDid(url, id as AgentId),
    name: `Signal keeper ${number}`,
    description: `Keeps known and new signals of station ${number}, a few or whole rows.`,
    agent_type: 'mcp-server',
    version: '1.4.0',
    visibility: 'public',
    tags: ['signals', 'traffic'],
    endpoints: [{ url: `https://keeper-${number}.example/mcp`, protocol: 'mcp' }],
    created_at: '2026-05-04T10:20:30.000Z',
    updated_at: '2026-11-20T08:00:00.000Z',
    registry_url: url,
  })
}
