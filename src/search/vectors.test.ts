import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { countStatistics, rankAll } from './exact-search.ts'
import type { Statistics } from './score.ts'
import { idf, scoreTerms } from './score.ts'
import { parseSearchStats, poolStatistics } from './statistics.ts'
import { parseQuery, tokenize } from './tokenize.ts'

type WireStatistics = {
  readonly documents: number
  readonly document_frequency: Readonly<Record<string, number>>
}
type WireRecord = {
  readonly did: string
  readonly name: string
  readonly description: string
  readonly agent_type: string
  readonly tags: readonly string[]
  readonly provider: { readonly organization: string } | null
  readonly skills: readonly { readonly name: string; readonly description: string }[]
}
type Ranking = readonly { readonly did: string; readonly score: number }[]
type Vectors = {
  readonly tolerance: number
  readonly tokens: readonly {
    readonly text: string
    readonly forms: readonly string[]
    readonly stems: readonly string[]
  }[]
  readonly queries: readonly {
    readonly search: string
    readonly terms: readonly string[]
    readonly prefix: string | null
  }[]
  readonly records: readonly {
    readonly record: WireRecord
    readonly impacts: readonly {
      readonly stem: string
      readonly impact: number
      readonly forms: readonly string[]
    }[]
  }[]
  readonly idf: readonly { readonly documents: number; readonly frequency: number; readonly idf: number }[]
  readonly searches: readonly {
    readonly search: string
    readonly search_stats: WireStatistics
    readonly ranking: Ranking
  }[]
  readonly pooled_searches: readonly {
    readonly search: string
    readonly local: WireStatistics
    readonly peers: readonly WireStatistics[]
    readonly pooled: WireStatistics
    readonly ranking: Ranking
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../../test/vectors/bm25-1.json', import.meta.url), 'utf8'),
) as Vectors

const indexed = vectors.records.map(({ record }) => ({ did: record.did, impacts: impactsOf(record) }))

function impactsOf({ agent_type, provider, ...record }: WireRecord) {
  return scoreTerms({
    ...record,
    agentType: agent_type,
    providerOrganization: provider?.organization ?? null,
  })
}

function read({ documents, document_frequency }: WireStatistics): Statistics {
  return { documents, documentFrequency: new Map(Object.entries(document_frequency)) }
}

function assertClose(actual: number, expected: number, what: string): void {
  const isClose = Math.abs(actual - expected) <= vectors.tolerance * Math.abs(expected)
  assert.ok(isClose, `${what}: ${actual} is not ${expected}`)
}

function assertRanking(search: string, statistics: Statistics, expected: Ranking): void {
  const ranked = rankAll(indexed, parseQuery(search), statistics, 100)
  assert.deepEqual(
    ranked.map(({ did }) => did),
    expected.map(({ did }) => did),
    search,
  )
  ranked.forEach(({ did, score }, place) => {
    assertClose(score, expected[place]?.score ?? Number.NaN, `${search} ${did}`)
  })
}

test('vectors: every text gives the listed forms and stems', () => {
  for (const { text, forms, stems } of vectors.tokens) {
    const tokens = tokenize(text)
    assert.deepEqual(
      tokens.map(({ form }) => form),
      forms,
      text,
    )
    assert.deepEqual(
      tokens.map(({ stem }) => stem),
      stems,
      text,
    )
  }
})

test('vectors: every search text gives the listed terms and prefix', () => {
  for (const { search, terms, prefix } of vectors.queries) {
    assert.deepEqual(parseQuery(search), { terms, prefix }, JSON.stringify(search))
  }
})

test('vectors: every record has the listed impacts', () => {
  for (const { record, impacts } of vectors.records) {
    const actual = impactsOf(record)
    assert.deepEqual(
      actual.map(({ stem, forms }) => ({ stem, forms })),
      impacts.map(({ stem, forms }) => ({ stem, forms })),
      record.did,
    )
    actual.forEach(({ stem, impact }, place) => {
      assertClose(impact, impacts[place]?.impact ?? Number.NaN, `${record.did} ${stem}`)
    })
  }
})

test('vectors: idf has the listed values, frequencies out of range included', () => {
  for (const { documents, frequency, idf: expected } of vectors.idf) {
    assertClose(idf(documents, frequency), expected, `idf(${documents}, ${frequency})`)
  }
})

test('vectors: a registry that holds the records sends the listed statistics and order', () => {
  for (const { search, search_stats, ranking } of vectors.searches) {
    const query = parseQuery(search)
    const sent = parseSearchStats(search_stats, query)
    assert.ok(sent, search)
    const { documents, documentFrequency } = sent
    assert.deepEqual(countStatistics(indexed, query), { documents, documentFrequency }, search)
    assertRanking(search, sent, ranking)
  }
})

test('vectors: claims of several registries pool to the listed statistics and order', () => {
  for (const { search, local, peers, pooled, ranking } of vectors.pooled_searches) {
    const contributors = peers.map((peer, place) => ({
      id: `peer-${place}`,
      statistics: read(peer),
      isSizeConfirmed: false,
    }))
    const actual = poolStatistics(contributors, read(local))
    assertClose(actual.documents, pooled.documents, `${search} documents`)
    for (const [term, frequency] of Object.entries(pooled.document_frequency)) {
      assertClose(actual.documentFrequency.get(term) ?? Number.NaN, frequency, `${search} ${term}`)
    }
    assertRanking(search, actual, ranking)
  }
})
