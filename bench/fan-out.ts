/**
 * What a federated search costs beyond waiting for the slowest peer: a registry with the demo's catalogues asks
 * three peers, each a process of its own with a third of the real records, enrolled with tokens and signatures.
 *
 * Every query is asked three ways, in turning order: each peer alone by a bare undici pool with the headers that
 * the registry sends; all three at once in a bare `Promise.all`; and the registry, federated. No query is asked of
 * the registry twice, so nothing comes from its cache. Told are medians of the differences, query by query, to the
 * slowest peer's answer when asked alone. All five processes share this machine's cores: peers that answer at once
 * slow each other down, which the bare `Promise.all` shows.
 */
import { Pool } from 'undici'
import { signHmac } from '../src/security/signature-hmac.ts'
import { percentile, report, sortNumbers } from './figures.ts'
import { openKeepAlive } from './keep-alive.ts'
import { makeFolder } from './places.ts'
import { loadRecords, makeQueries, toImportLine } from './records.ts'
import {
  addPeer,
  type BenchRegistry,
  RAISED_LIMITS_NOTE,
  readCatalogues,
  startRegistry,
  writeImportFile,
} from './registry.ts'
import { runBench } from './run-bench.ts'

const QUERIES = 200
const WARM_UP = 40
const MOST_INCOMPLETE = 0.02
const PEERS = ['First Peer', 'Second Peer', 'Third Peer']
const RESULTS_PER_PEER = 50 // FEDERATION_MAX_RESULTS_PER_PEER

type Bare = { ask(search: string): Promise<number> }

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  const asker = await startRegistry(stack, { folder, name: 'asker' })
  await asker.importFile(await writeImportFile(folder, 'catalogues', await readCatalogues()))
  const records = loadRecords()
  const peers: Bare[] = []
  for (const [place, name] of PEERS.entries()) {
    const peer = await startRegistry(stack, { folder, name })
    const third = records.filter((_, at) => at % PEERS.length === place).map(toImportLine)
    await peer.importFile(await writeImportFile(folder, name, third))
    peers.push(await enrol(stack, { asker, peer, name }))
  }
  const askFederated = federatedCaller(stack, asker)
  const queries = [...new Set(makeQueries(records, 2 * (QUERIES + WARM_UP), 21))].slice(0, QUERIES + WARM_UP)

  const added: number[] = []
  const bareAdded: number[] = []
  const slowestAlone: number[] = []
  let incomplete = 0
  for (const [turn, search] of queries.entries()) {
    const { alone, together, federated } = await measure(search, { turn, peers, askFederated })
    if (turn < WARM_UP) continue
    if (federated === undefined) incomplete += 1
    else added.push(federated - alone)
    bareAdded.push(together - alone)
    slowestAlone.push(alone)
  }
  if (incomplete > MOST_INCOMPLETE * QUERIES) throw new Error(`${incomplete} answers lack a peer`)
  const median = (values: number[]): number => percentile(sortNumbers(values), 0.5)
  console.log(
    `  ${added.length} queries, ${incomplete} more lacked a peer; the slowest peer alone answers in ${median(slowestAlone).toFixed(1)} ms (median); ` +
      RAISED_LIMITS_NOTE,
  )
  report({
    what: 'a cold federated search over 3 peers adds to the slowest peer, p50',
    measured: median(added),
    unit: 'ms',
    reference: { what: 'bare Promise.all of the same requests adds', measured: median(bareAdded) },
    promise: { atMost: 15 },
  })
})

/** Makes `peer` a peer of `asker`; returns a bare client that asks with the same credentials. */
async function enrol(
  stack: AsyncDisposableStack,
  {
    asker,
    peer,
    name,
  }: { readonly asker: BenchRegistry; readonly peer: BenchRegistry; readonly name: string },
): Promise<Bare> {
  const { token, secret } = await addPeer(asker, peer, name)
  const pool = stack.adopt(new Pool(peer.url, { connections: 1 }), (one) => one.destroy())
  return {
    async ask(search) {
      const started = performance.now()
      const path = `/api/v1/agents?${new URLSearchParams({ search, limit: String(RESULTS_PER_PEER) })}`
      const signed = { method: 'GET', target: path, body: new Uint8Array(0), secret, now: Date.now() / 1_000 }
      const response = await pool.request({
        method: 'GET',
        path,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          'x-federation-registry': asker.url,
          'x-deadline-ms': '1500',
          'x-federation-signature': signHmac(signed),
        },
      })
      const body = await response.body.text()
      if (response.statusCode !== 200) throw new Error(`${name} answered ${body}`)
      return performance.now() - started
    },
  }
}

/** Undefined when not all peers answered in time, which a busy machine makes happen. */
type AskFederated = (search: string) => Promise<number | undefined>

function federatedCaller(stack: AsyncDisposableStack, asker: BenchRegistry): AskFederated {
  const caller = openKeepAlive(stack, asker.url)
  const authorization = `Bearer ${asker.adminKey}`
  return async (search) => {
    const query = new URLSearchParams({ search, include_federated: 'true' })
    const { elapsedMs, body } = await caller.get(`/api/v1/discovery/agents?${query}`, { authorization })
    const { federation_stats: stats } = JSON.parse(body.toString()) as {
      readonly federation_stats: { readonly successful_queries: number; readonly cache_hits: number }
    }
    if (stats.cache_hits > 0) throw new Error(`not a cold answer: ${JSON.stringify(stats)}`)
    return stats.successful_queries === PEERS.length ? elapsedMs : undefined
  }
}

type Times = { readonly alone: number; readonly together: number; readonly federated: number | undefined }

async function measure(
  search: string,
  {
    turn,
    peers,
    askFederated,
  }: { readonly turn: number; readonly peers: readonly Bare[]; readonly askFederated: AskFederated },
): Promise<Times> {
  const times: { alone: number; together: number; federated: number | undefined } = {
    ...{ alone: 0, together: 0, federated: undefined },
  }
  const ways = [
    async () => {
      for (const peer of peers) times.alone = Math.max(times.alone, await peer.ask(search))
    },
    async () => {
      const started = performance.now()
      await Promise.all(peers.map((peer) => peer.ask(search)))
      times.together = performance.now() - started
    },
    async () => {
      times.federated = await askFederated(search)
    },
  ]
  // Whoever asks first finds the peers' pages cold.
  for (let step = 0; step < ways.length; step += 1) await ways[(turn + step) % ways.length]?.()
  return times
}
