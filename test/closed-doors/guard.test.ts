/** The guarded client against every spelling of an address it may not contact. */
import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import { isForbiddenAddress, parseNetworks } from '../../src/security/addresses.ts'
import { createOutbound, type OutboundPurpose, type OutboundResult } from '../../src/security/outbound.ts'
import type { ResolveHost } from '../../src/security/outbound-guard.ts'
import { checkPeerAddress } from '../../src/security/peer-address.ts'
import { normalizeRegistryUrl } from '../../src/security/peer-url.ts'
import { createRandom } from '../support/random.ts'
import { type Canary, startCanary } from './canary.ts'
import {
  endsOf,
  HOSTILE_NAMES,
  literalHosts,
  SPECIAL_V4,
  SPECIAL_V6,
  spellingsOf,
  toDotted,
  trickUrls,
} from './spellings.ts'

const NOWHERE = parseNetworks([])
/** Open to a peer, and not where the canary is reached by name or literal. */
const ELSEWHERE = parseNetworks(['10.99.0.0/16', 'fd99::/16'])

/** What a refusal may say: what is wrong, and no address that a name resolved to. */
const SENTENCE =
  /outside REGISTRY_(?:PEER|CARD)_NETWORKS(?:\.$|, and plain http is spoken only there\.$)|^The address (?:is not a valid URL|holds a user name or password|does not belong to the origin of this peer)\.$|^Only https addresses are contacted\.$/

/** Whom a request may be for; the last is what a peer in an allowed network could try. */
function purposesOf(url: string): OutboundPurpose[] {
  return [{ purpose: 'card' }, { purpose: 'peer', peerOrigin: URL.parse(url)?.origin ?? url }]
}

function assertRefused(result: OutboundResult, url: string, canary: Canary): void {
  assert.ok(result.kind === 'failed', `${url} was answered`)
  assert.equal(result.reason, 'blocked', `${url}: ${result.detail}`)
  assert.match(result.detail, SENTENCE, url)
  assert.deepEqual([canary.connections, canary.bytes], [0, 0], url)
}

test('addresses: the ends of every special network of IANA and what lies between are closed, their neighbours are not', () => {
  const random = createRandom(4)
  const isSpecial = (number: number): boolean =>
    SPECIAL_V4.map(endsOf).some(([first, last]) => number >= first && number <= last)
  for (const [first, last] of SPECIAL_V4.map(endsOf)) {
    const between = Array.from({ length: 200 }, () => random.between(first, last))
    for (const number of [first, last, ...between]) {
      assert.equal(isForbiddenAddress(toDotted(number)), true, toDotted(number))
    }
    for (const number of [first - 1, last + 1]) {
      if (number < 0 || number >= 2 ** 32 || isSpecial(number)) continue
      assert.equal(isForbiddenAddress(toDotted(number)), false, toDotted(number))
    }
  }
  for (const [name, first, last] of SPECIAL_V6) {
    for (const ip of [first, last]) assert.equal(isForbiddenAddress(ip), true, `${name}: ${ip}`)
  }
})

test('addresses: any IPv4 address is open exactly outside the special networks', () => {
  const random = createRandom(5)
  const networks = SPECIAL_V4.map(endsOf)
  for (let round = 0; round < 20_000; round += 1) {
    const number = random.between(0, 2 ** 32 - 1)
    const isSpecial = networks.some(([first, last]) => number >= first && number <= last)
    assert.equal(isForbiddenAddress(toDotted(number)), isSpecial, toDotted(number))
  }
})

test('request: of over 500 spellings of closed addresses none gets a connection, whoever it is for', async (t) => {
  await using canary = await startCanary()
  const hosts = literalHosts()
  const urls = [
    ...hosts.flatMap((host) => [`https://${host}:${canary.port}/`, `http://${host}:${canary.port}/`]),
    ...trickUrls(canary.port),
  ]
  assert.ok(hosts.length + trickUrls(1).length >= 500, `${hosts.length} hosts`)
  await using closed = createOutbound({ peerNetworks: NOWHERE })
  await using elsewhere = createOutbound({ peerNetworks: ELSEWHERE })
  for (const url of urls) {
    for (const purpose of purposesOf(url)) {
      for (const outbound of [closed, elsewhere]) {
        assertRefused(await ask(outbound, url, purpose), url, canary)
      }
    }
  }
  t.diagnostic(
    `${hosts.length} hosts and ${trickUrls(1).length} tricks, ${urls.length * 4} requests: 0 bytes`,
  )
})

test('request: most of these spellings do reach the canary where its network is allowed', async () => {
  await using canary = await startCanary()
  await using open = createOutbound({ peerNetworks: parseNetworks(['127.0.0.0/8']) })
  const spellings = spellingsOf('127.0.0.1').filter((host) => !host.startsWith('['))
  for (const host of spellings) {
    const before = canary.bytes
    const url = `http://${host}:${canary.port}/`
    await ask(open, url, { purpose: 'peer', peerOrigin: URL.parse(url)?.origin ?? '' })
    assert.ok(canary.bytes > before, `${host} is no spelling of 127.0.0.1`)
  }
})

test('request: no name gets through, by one answer, one address among good ones, or another answer than before', async (t) => {
  await using canary = await startCanary()
  let refused = 0
  for (const [name, answers] of Object.entries(HOSTILE_NAMES)) {
    for (const scheme of ['https', 'http']) {
      const url = `${scheme}://${name}:${canary.port}`
      const resolve = answering(answers)
      await using outbound = createOutbound({ peerNetworks: ELSEWHERE, resolve })
      const normal = normalizeRegistryUrl(url)
      assert.ok(normal.ok)
      const admitted = await checkPeerAddress(normal.url, { peerNetworks: ELSEWHERE, resolve })
      // A name that changes its answer is found out when it is contacted.
      assert.equal(admitted.ok, scheme === 'https' && answers.length > 1, url)
      if (!admitted.ok) assert.match(admitted.detail, SENTENCE, url)
      for (const purpose of purposesOf(url)) {
        assertRefused(await ask(outbound, url, purpose), url, canary)
        refused += 1
      }
    }
  }
  t.diagnostic(`${Object.keys(HOSTILE_NAMES).length} names, ${refused} requests: 0 bytes`)
})

/** Gives these answers one after the other, and the last from then on. */
function answering(answers: readonly (readonly string[])[]): ResolveHost {
  let asked = 0
  return async () => {
    const answer = answers[Math.min(asked, answers.length - 1)] ?? []
    asked += 1
    return answer.map((address) => ({ address, family: isIP(address) || 4 }))
  }
}

function ask(
  outbound: Pick<ReturnType<typeof createOutbound>, 'request'>,
  url: string,
  purpose: OutboundPurpose,
): Promise<OutboundResult> {
  return outbound.request({
    ...{ ...purpose, url, method: 'GET', headers: {}, maxBodyBytes: 1_000 },
    signal: new AbortController().signal,
  })
}
