/**
 * The zoo of `test/zoo` around a registry of its own process, in real time: `ZOO_ROUNDS` searches (100) over all of it,
 * and as many over each with the honest peer alone. The process must not grow, nor write one line about a fault.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mintToken } from '../../src/security/tokens.ts'
import { discover, namesOf, publish, rowOf } from '../support/records.ts'
import {
  describeRunning,
  enrol,
  type RunningRegistry,
  settingsFor,
  startRegistry,
  temporaryFolder,
} from '../support/registry.ts'
import { type ServeProcess, startServe, stopServe } from '../support/serve-process.ts'
import { checkAnswer } from '../zoo/check-answer.ts'
import { OUR_ENDPOINT } from '../zoo/claims.ts'
import { openZoo } from '../zoo/keeper.ts'
import { MISDEEDS } from '../zoo/misdeeds.ts'

const ROUNDS = Number(process.env.ZOO_ROUNDS ?? 100)
/** Until caches are filled and code is compiled, a process grows. */
const WARM_UP = Math.ceil(ROUNDS / 2)
const MOST_GROWTH_MIB = 50
const SECRET = 'key-of-another-make'

async function startHarbor(
  t: TestContext,
): Promise<{ readonly harbor: RunningRegistry; readonly serving: ServeProcess }> {
  const adminKey = mintToken('ava')
  const database = { kind: 'sqlite', address: join(await temporaryFolder(t), 'registry.db') } as const
  const serving = startServe(t, {
    ...settingsFor({ name: 'Harbor', adminKey, database }),
    ...{ REGISTRY_LOG_LEVEL: 'error', FEDERATION_OUTBOUND_RATE: '100000' },
    FEDERATION_HEALTH_CHECK_INTERVAL: '10',
  })
  const publicUrl = await serving.listening
  const registry = {
    notices: [],
    publicUrl,
    listen: () => assert.fail(),
    [Symbol.asyncDispose]: async () => {},
  }
  return { serving, harbor: describeRunning(registry, { name: 'Harbor', adminKey }) }
}

function residentMib({ child }: ServeProcess): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', `${child.pid}`])) / 1024
}

test(`${ROUNDS} rounds in the zoo: the honest are found, memory stays, nothing breaks`, async (t) => {
  const { harbor, serving } = await startHarbor(t)
  const lumen = await startRegistry(t, { name: 'Lumen' })
  await enrol(harbor, lumen)
  await publish(harbor, { name: 'Local Buoy', endpoints: [OUR_ENDPOINT] })
  await publish(lumen, { name: 'Honest Buoy' })
  const zoo = await openZoo(t, MISDEEDS)
  for (const [name, url] of zoo.urls) {
    await harbor.succeed('POST', '/federation/peers', { body: { name, registry_url: url, api_key: SECRET } })
  }
  zoo.spoilHealth()
  const names = Object.keys(MISDEEDS)
  let warmMib = 0
  let mostMib = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const answer = await discover(harbor, `search=local+honest+buoy+${round}&limit=100`)
    checkAnswer(answer, { urls: zoo.urls, secret: SECRET })
    for (const name of names) {
      const { outcome } = rowOf(answer, name)
      // On a machine that is busy an answer may come too late, and who failed too often is left alone.
      const expected = [MISDEEDS[name]?.outcome, 'timeout', 'skipped', 'stale']
      assert.ok(expected.includes(outcome), `${name} is called ${outcome}`)
    }
    assert.ok(namesOf(answer).includes('Local Buoy'))
    const alone = names.map(async (name) => {
      const query = `search=local+honest+buoy+${round}+alone&peers=Lumen&peers=${encodeURIComponent(name)}&timeout=5000&limit=100`
      const pair = await discover(harbor, query)
      assert.ok(namesOf(pair).includes('Local Buoy'), name)
      return rowOf(pair, 'Lumen').outcome
    })
    const honest = await Promise.all(alone)
    assert.ok(honest.filter((outcome) => outcome === 'answered').length > names.length / 2, honest.join())
    const mib = residentMib(serving)
    if (round === WARM_UP) warmMib = mib
    if (round > WARM_UP) mostMib = Math.max(mostMib, mib)
  }
  t.diagnostic(`${Math.round(warmMib)} MiB after ${WARM_UP} rounds, at most ${Math.round(mostMib)} MiB since`)
  assert.ok(mostMib <= warmMib + MOST_GROWTH_MIB)
  assert.deepEqual(zoo.canarySongs, [])
  await sleep(12_000) // one more look at the peers
  const { peers } = await harbor.succeed<{ peers: { name: string; status: string }[] }>(
    'GET',
    '/federation/health',
  )
  assert.equal(peers.find(({ name }) => name === 'Lumen')?.status, 'healthy')
  const { out, err } = await stopServe(serving)
  assert.equal(err, '')
  assert.doesNotMatch(out, /"level":"(error|fatal)"/)
})
