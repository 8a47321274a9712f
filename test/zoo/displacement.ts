/**
 * How far one registry that lies about its statistics moves the others' results.
 *
 * It may say of each word of a question that all its endless records have it, or none but those it sends; other lies lie
 * between these.
 */
import { countStatistics, type IndexedRecord, rankAll } from '../../src/search/exact-search.ts'
import { type Statistics, scoreTerms } from '../../src/search/score.ts'
import { contradicts, poolStatistics, sumStatistics } from '../../src/search/statistics.ts'
import { parseQuery } from '../../src/search/tokenize.ts'
import { createRandom, type Random } from '../support/random.ts'

const WORDS = Array.from({ length: 300 }, (_, place) => `w${place.toString(36)}x`)
/** Records of our own registry, of three honest peers and of the liar. */
const SIZES = [400, 300, 200, 100] as const
const LIAR_SIZE = 100
const MOST_DOCUMENTS = 2 ** 53 - 1
const TOP = 10

export type World = {
  readonly honest: readonly (readonly IndexedRecord[])[]
  readonly liar: readonly IndexedRecord[]
}

/** What is left of the true top 10 of the honest registries' records, from 1 (all) to 0. */
export type Displacement = {
  /** Every word is said to be in all its records. */
  readonly inflating: number
  /** Every word is said to be in those alone that it sends. */
  readonly deflating: number
  /** The worst of all combinations. */
  readonly worst: number
  /** The worst of all combinations, if they were believed in full. */
  readonly believed: number
}

export function drawWorld(seed: number): World {
  const random = createRandom(seed)
  const registry = (name: string, size: number): IndexedRecord[] => {
    const topics = Array.from({ length: 5 }, () => random.pick(WORDS))
    return Array.from({ length: size }, (_, place) =>
      drawRecord(random, `did:web:${name}.example:${place}`, topics),
    )
  }
  return {
    honest: SIZES.map((size, place) => registry(`r${place}`, size)),
    liar: registry('liar', LIAR_SIZE),
  }
}

/** Common words are common, as in every language, and each registry has a subject. */
function drawRecord(random: Random, did: string, topics: readonly string[]): IndexedRecord {
  const word = (): string =>
    random.chance(0.1) ? random.pick(topics) : (WORDS[Math.floor(WORDS.length ** random.next()) - 1] ?? 'x')
  const text = (count: number): string => Array.from({ length: count }, word).join(' ')
  const record = {
    name: text(2),
    description: text(random.between(3, 25)),
    agentType: 'a2a',
    tags: [text(1)],
  }
  return { did, impacts: scoreTerms({ ...record, providerOrganization: null, skills: [] }) }
}

/** A question of two to four words that somebody would ask. */
export function drawSearch(random: Random): string {
  return Array.from({ length: random.between(2, 4) }, () => WORDS[random.below(150)]).join(' ')
}

export function measureDisplacement({ honest, liar }: World, search: string): Displacement {
  const query = parseQuery(`${search} `)
  const [own = [], ...peers] = honest
  const local = countStatistics(own, query)
  const claims = peers.map((records, place) => claim(`peer-${place}`, countStatistics(records, query)))
  const records = honest.flat()
  const topWith = (statistics: Statistics): string[] =>
    rankAll(records, query, statistics, TOP).map(({ did }) => did)
  const truth = topWith(poolStatistics([...claims, claim('liar', countStatistics(liar, query))], local))
  const left = (statistics: Statistics): number => {
    const top = new Set(topWith(statistics))
    return truth.length === 0 ? 1 : truth.filter((did) => top.has(did)).length / truth.length
  }
  const bounded = (lie: Statistics): number => left(poolStatistics([...claims, claim('liar', lie)], local))
  const inFull = (lie: Statistics): number =>
    left(sumStatistics([local, ...claims.map(({ statistics }) => statistics), lie]))
  const lies = listLies(countStatistics(liar, query))
  // None of them is disproved by what the liar sends: all its records.
  if (lies.some((lie) => contradicts(lie, liar))) throw new Error('a lie would count for nothing')
  return {
    deflating: bounded(lies[0] ?? local),
    inflating: bounded(lies.at(-1) ?? local),
    worst: Math.min(...lies.map(bounded)),
    believed: Math.min(...lies.map(inFull)),
  }
}

function claim(id: string, statistics: Statistics) {
  return { id, statistics, isSizeConfirmed: false }
}

/** Each word in all of endless records, or in those alone that are sent, in every combination. */
function listLies({ documentFrequency }: Statistics): Statistics[] {
  return Array.from({ length: 2 ** documentFrequency.size }, (_, bits) => ({
    documents: MOST_DOCUMENTS,
    documentFrequency: new Map(
      [...documentFrequency].map(([term, sent], place) => [
        term,
        (bits >> place) % 2 === 1 ? MOST_DOCUMENTS : sent,
      ]),
    ),
  }))
}
