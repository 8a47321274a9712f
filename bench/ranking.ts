/**
 * How near the merged order of many registries comes to that of one registry holding everything.
 *
 * The real records are split over three and over twenty registries, at random, by source and by category. Each
 * registry answers with its 50 best by its own figures; the real merge makes the federated top 10. A record of the
 * one registry's top 10 counts as found if it is among the merged top 10, shown or named as a copy of one shown.
 * Plain reciprocal rank fusion (k = 60) of the same answers stands beside it.
 */
import type { Agent, AgentId, Did } from '../src/domain/agent.ts'
import { NO_FILTER, type PeerOutcome } from '../src/domain/discovery.ts'
import type { Peer, PeerId } from '../src/domain/peer.ts'
import { UNKNOWN_HEALTH } from '../src/federation/health.ts'
import { mergeAnswers } from '../src/federation/merge.ts'
import { scoreTerms, type TermImpact } from '../src/search/score.ts'
import { createTokenizer, parseQuery } from '../src/search/tokenize.ts'
import { createExactIndex, type ExactIndex } from './exact-index.ts'
import { report } from './figures.ts'
import { createRandom, loadRecords, makeQueries, type RealRecord } from './records.ts'

const QUERIES = 500
const PAGE = 50
const TOP = 10
const SPLITS = [
  ['3 registries, at random', 3, 'random'],
  ['3 registries, by source', 3, 'source'],
  ['3 registries, by category', 3, 'category'],
  ['20 registries, at random', 20, 'random'],
  ['20 registries, by source', 20, 'source'],
  ['20 registries, by category', 20, 'category'],
] as const

type Indexed = {
  readonly agent: Agent
  readonly did: string
  readonly impacts: readonly TermImpact[]
  readonly record: RealRecord
}

const records = loadRecords()
const tokenize = createTokenizer()
const indexed = records.map(index)
const impactsOf = new Map(indexed.map(({ agent, impacts }) => [agent, impacts]))
const byDid = new Map(indexed.map((entry) => [entry.did, entry]))
const didOfId = new Map(indexed.map(({ agent, did }) => [String(agent.id), did]))
const everything = createExactIndex(indexed)
console.log(`ranking over ${records.length} records, ${QUERIES} queries a split`)

for (const [title, count, kind] of SPLITS) measureSplit(title, count, kind)

function measureSplit(title: string, count: number, kind: (typeof SPLITS)[number][2]): void {
  const registries = split(count, kind).map(createExactIndex)
  const peers = registries.map((_, place) => makePeer(place))
  const merged: number[] = []
  const fused: number[] = []
  for (const search of makeQueries(records, QUERIES, 7)) {
    const central = everything.search(parseQuery(search), TOP).dids
    if (central.length === 0) continue
    const answers = registries.map((held) => answer(held, search))
    merged.push(overlap(central, federatedTop(search, peers, answers)))
    fused.push(overlap(central, fuseRanks(answers)))
  }
  report({
    what: `${title}: overlap of the merged top ${TOP} with one registry holding everything`,
    measured: mean(merged),
    unit: '',
    reference: { what: 'rank fusion', measured: mean(fused) },
    promise: { atLeast: 0.985 },
  })
  console.log(
    `  worst single query: ${Math.min(...merged).toFixed(2)} (rank fusion ${Math.min(...fused).toFixed(2)})`,
  )
}

function split(count: number, kind: string): Indexed[][] {
  const random = createRandom(count)
  const registries: Indexed[][] = Array.from({ length: count }, () => [])
  // By source for three: the two large lists, and the rest together. For twenty: runs of one source.
  const sources = ['tensorblock', 'toolsdk']
  const categories = [...new Set(records.map(({ category }) => category ?? ''))].sort()
  indexed.forEach((entry, place) => {
    const { source, category } = entry.record
    const largest = sources.indexOf(source) === -1 ? 2 : sources.indexOf(source)
    const target = {
      random: Math.floor(random() * count),
      source: count === 3 ? largest : Math.floor((place * count) / indexed.length),
      category: categories.indexOf(category ?? '') % count,
    }[kind]
    registries[target ?? 0]?.push(entry)
  })
  return registries
}

function index(record: RealRecord, place: number): Indexed {
  const did = `did:web:bench.example:agents:${String(place).padStart(6, '0')}`
  const agent: Agent = {
    id: String(place) as AgentId,
    did: did as Did,
    claimedDid: null,
    name: record.name,
    description: record.description,
    agentType: 'mcp-server',
    version: null,
    status: 'active',
    statusMessage: null,
    successorDid: null,
    visibility: 'public',
    tags: record.category === null ? [] : [record.category],
    skills: record.tools.map((tool, at) => ({ id: String(at), ...tool, tags: [] })),
    endpoints: [{ url: record.url, protocol: 'mcp', binding: null }],
    provider: null,
    authSchemes: [],
    shareCard: false,
    cardFormat: null,
    createdAt: place,
    updatedAt: place,
  }
  return { agent, did, record, impacts: scoreTerms({ ...agent, providerOrganization: null }, tokenize) }
}

function makePeer(place: number): Peer {
  return {
    id: `peer-${String(place).padStart(2, '0')}` as PeerId,
    name: `Registry ${place}`,
    registryUrl: `https://registry-${place}.example`,
    isActive: true,
    isInboundActive: true,
    protocol: 'agentvault',
    timeoutMs: null,
    publicKey: null,
    previousPublicKey: null,
    offeredKey: null,
    signatureScheme: 'hmac-sha256',
    signatureTarget: 'path-and-query',
    requireSignature: null,
    priority: 0,
    isSizeConfirmed: false,
    awaitsConfirmation: false,
    ...{ requireMtls: false, clientPins: [], serverPins: [], serverCa: null, clientCertificate: null },
    hasApiKey: true,
    hasSigningSecret: true,
    sharePolicy: null,
    quota: null,
    metadata: {},
    epoch: 0,
    health: UNKNOWN_HEALTH,
    lastSyncAt: null,
    staleBefore: null,
    sync: { position: null, epoch: null },
    createdAt: 0,
    updatedAt: 0,
  }
}

type Answer = ReturnType<ExactIndex['search']>

function answer(held: ExactIndex, search: string): Answer {
  return held.search(parseQuery(search), PAGE)
}

function federatedTop(search: string, peers: readonly Peer[], answers: readonly Answer[]): string[] {
  const outcomes = answers.map(({ dids, statistics }, place): PeerOutcome => {
    const peer = peers[place]
    if (!peer) throw new Error('an answer has no peer')
    return {
      kind: 'answered',
      peerId: peer.id,
      cache: 'miss',
      durationMs: 0,
      answer: {
        agents: dids.flatMap((did) => byDid.get(did)?.agent ?? []),
        statistics: { ...statistics, isEstimated: false },
        hasMore: false,
        nextCursor: null,
        droppedRecords: 0,
        fetchedAt: 0,
      },
    }
  })
  const { agents } = mergeAnswers({
    search,
    filter: NO_FILTER,
    limit: TOP,
    visibility: 'public',
    local: null,
    peers,
    outcomes,
    self: { name: 'asker', url: 'https://asker.example' },
    impactsOf: (agent) => impactsOf.get(agent) ?? [],
    now: records.length,
  })
  return agents.flatMap(({ agent, alsoIn }) => [agent.did, ...alsoIn.map(({ id }) => didOfId.get(id) ?? '')])
}

function fuseRanks(answers: readonly Answer[]): string[] {
  return answers
    .flatMap(({ dids }) => dids.map((did, rank) => ({ did, score: 1 / (60 + rank + 1) })))
    .sort((a, b) => b.score - a.score || (a.did < b.did ? -1 : 1))
    .slice(0, TOP)
    .map(({ did }) => did)
}

function overlap(wanted: readonly string[], found: readonly string[]): number {
  const present = new Set(found)
  return wanted.filter((did) => present.has(did)).length / wanted.length
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
