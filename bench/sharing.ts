/**
 * What share policies cost in search: all real records, visible to peers alone, asked for as peers ask, one question at
 * a time on an open connection. One peer has no policy, one a policy that shows some records whole, one a policy that
 * keeps members of all back. The first search of a policy makes ready what later ones look through.
 */
import { percentile, report, sortNumbers } from './figures.ts'
import { openKeepAlive } from './keep-alive.ts'
import { makeFolder } from './places.ts'
import { loadRecords, makeQueries, toImportLine } from './records.ts'
import { type BenchRegistry, RAISED_LIMITS_NOTE, startRegistry, writeImportFile } from './registry.ts'
import { runBench } from './run-bench.ts'

const QUERIES = 300
const SEED = 11
const WARM_UP = { queries: 100, seed: 99 }

const records = loadRecords()
/** Some of the records, so that the policy has something to look at. */
const [someTag] = records.flatMap(({ category }) => (category === null ? [] : [category]))

const POLICIES = [
  { what: 'a policy that excludes a tag', policy: { exclude: [{ tag: someTag }] } },
  { what: 'a policy that keeps members back', policy: { fields: ['endpoints', 'tags'] } },
]

await runBench(async (stack) => {
  const folder = await makeFolder(stack)
  const lines = records.map((record) => ({ ...toImportLine(record), visibility: 'federated' }))
  const file = await writeImportFile(folder, 'records', lines)
  // A peer's signature is made by the peer, and checked in some tenths of a millisecond for all of them alike.
  const environment = { FEDERATION_REQUIRE_SIGNATURE: 'false' }
  const registry = await startRegistry(stack, { folder, name: 'sharing', run: 'package', environment })
  const { created } = await registry.importFile(file)
  console.log(`  SQLite, ${created} agents for peers alone, ${QUERIES} queries, ${RAISED_LIMITS_NOTE}`)

  const plain = await measurePeer(registry, 'without', null)
  const reference = (share: number) => ({
    what: 'a peer without a policy',
    measured: percentile(plain.times, share),
  })
  for (const { what, policy } of POLICIES) {
    const before = registry.process.residentMB()
    const { firstMs, times } = await measurePeer(registry, what, policy)
    const grownKB = ((registry.process.residentMB() - before) * 1_000) / created
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const) {
      const measured = percentile(times, share)
      report({
        what: `search of a peer with ${what}, ${name}`,
        measured,
        unit: 'ms',
        reference: reference(share),
      })
    }
    console.log(
      `  its first search ${firstMs.toFixed(0)} ms; memory since: ${grownKB.toFixed(1)} KB a record`,
    )
  }
  const after = await measurePeer(registry, 'without, once more', null)
  report({
    what: 'search of a peer without a policy, where others have one, p50',
    measured: percentile(after.times, 0.5),
    unit: 'ms',
    reference: reference(0.5),
  })
})

async function measurePeer(
  registry: BenchRegistry,
  name: string,
  policy: unknown,
): Promise<{ readonly firstMs: number; readonly times: readonly number[] }> {
  await using stack = new AsyncDisposableStack()
  const registryUrl = `https://127.0.0.1/${encodeURIComponent(name.replaceAll(/\W/g, '-'))}`
  const given = await registry.call('POST', '/federation/tokens', { name, registry_url: registryUrl })
  const { peer_id: id, token } = given as { readonly peer_id: string; readonly token: string }
  if (policy !== null) await registry.call('PUT', `/federation/peers/${id}`, { share_policy: policy })
  const caller = openKeepAlive(stack, registry.url)
  const ask = async (search: string): Promise<number> => {
    const path = `/api/v1/agents?${new URLSearchParams({ search, limit: '50' })}`
    return (
      await caller.get(path, {
        authorization: `Bearer ${token}`,
        'x-federation-registry': registryUrl,
      })
    ).elapsedMs
  }
  const [first = '', ...warmUp] = makeQueries(records, WARM_UP.queries, WARM_UP.seed)
  const firstMs = await ask(first)
  for (const search of warmUp) await ask(search)
  const times: number[] = []
  for (const search of makeQueries(records, QUERIES, SEED)) times.push(await ask(search))
  return { firstMs, times: sortNumbers(times) }
}
