/**
 * One answer from many: all records on one scale, one result an agent, in an order that does not depend on who
 * answered first. Pure.
 *
 * Peers are not believed where it can be checked: their scores and order are not read, records that do not meet the
 * search's conditions are left out, and their statistics count within the bounds of `search/statistics.ts`.
 */
import type { Agent } from '../domain/agent.ts'
import type { AgentFilter, DiscoveredAgent, PeerOutcome, SearchStatistics } from '../domain/discovery.ts'
import type { Peer, PeerId } from '../domain/peer.ts'
import type { CurrentBlocks } from '../moderation/block-watch.ts'
import type { Statistics } from '../search/score.ts'
import { createTopK } from '../search/top-k.ts'
import { admission } from './admission.ts'
import { type AnswerFactsOf, createAnswerFacts } from './answer-facts.ts'
import {
  type Candidate,
  CandidatePool,
  compare,
  compareRecords,
  groupByIdentity,
  IDENTITY_READER,
  type Identity,
  type IdentityReader,
} from './identity.ts'
import type { ScopeClass } from './protocols/protocol.ts'
import type { ImpactsOf } from './record-facts.ts'
import { type AnswerOf, createScale, frozenScale, type Scale } from './scale.ts'

/** Our own records that match, scored by our own figures; scores and figures are `null` without search. */
export type LocalAnswer = {
  readonly matches: readonly { readonly agent: Agent; readonly score: number | null }[]
  readonly statistics: SearchStatistics | null
  readonly hasMore: boolean
}

export type MergeInput = {
  readonly search: string | null
  readonly filter: AgentFilter
  readonly limit: number
  readonly visibility: ScopeClass
  readonly local: LocalAnswer | null
  readonly peers: readonly Peer[]
  readonly outcomes: readonly PeerOutcome[]
  readonly self: { readonly name: string; readonly url: string }
  readonly impactsOf: ImpactsOf
  readonly answerFactsOf?: AnswerFactsOf
  readonly identityReader?: IdentityReader
  /** What operators keep from being shown; nothing if not given. */
  readonly blocked?: Pick<CurrentBlocks, 'generation' | 'hides'>
  /** Of a walk: the figures its first page was scored with, and what its pages have shown. */
  readonly walk?: {
    readonly statistics: Statistics | null
    readonly isShown: (candidate: Candidate) => boolean
  }
  /** Unix ms. */
  readonly now: number
}

/** The order of results, with what does not change while the same answers are at hand. */
export type Ranked = {
  /** Best first, at most `limit`. */
  readonly identities: readonly Placed[]
  /** How many there are in all. */
  readonly total: number
  /** What all records were scored with; `null` without search. */
  readonly statistics: Statistics | null
  /** How many records of each peer that is shown met the conditions. */
  readonly admitted: ReadonlyMap<PeerId, number>
  readonly pooled: ReadonlySet<PeerId>
}

export type Merged = Pick<Ranked, 'admitted' | 'pooled'> & { readonly agents: readonly DiscoveredAgent[] }

/** Merges our own records with what the peers answered. */
export function mergeAnswers(input: MergeInput): Merged {
  const { identities, admitted, pooled } = rankAnswers(input)
  return { agents: present(identities, input), admitted, pooled }
}

/** Puts our own records and the peers' in one order. */
export function rankAnswers(input: MergeInput): Ranked {
  const { local, limit, now, impactsOf, identityReader = IDENTITY_READER } = input
  const answers = listAnswers(input.outcomes)
  const answerFactsOf =
    input.answerFactsOf ?? createAnswerFacts(input.search ?? '', { impactsOf, ...identityReader })
  const scale = scaleFor(input, { answers, impactsOf, answerFactsOf })
  const pool = new CandidatePool()
  for (const { agent, score: indexed } of local?.matches ?? []) {
    // With nobody else's figures, the index has computed these very scores already.
    const candidate = { agent, peer: null, score: scale === null ? indexed : scale.scoreOf(agent) }
    if (isRunning(candidate, input)) pool.add(candidate, identityReader.identityPrintsOf(agent))
  }
  const scoring = scale === null ? null : { scale, answerFactsOf }
  const admitted = addForeign(pool, answers, { input, scoring, identityReader })
  const { alone, groups } = groupByIdentity(pool, identityReader.identityKeysOf)
  const placed = groups.map((identity) => placeByBestCopy(identity, now))
  return {
    identities: bestOf(alone, placed, { limit, now }),
    total: alone.length + groups.length,
    statistics: scale?.statistics ?? local?.statistics ?? null,
    admitted,
    pooled: scale?.pooled ?? new Set(),
  }
}

/** Whether a record is among those that are put in order. */
function isRunning(candidate: Candidate, { walk }: Pick<MergeInput, 'walk'>): boolean {
  return (candidate.score === null || candidate.score > 0) && !walk?.isShown(candidate)
}

/** The first `limit` of all in order. */
function bestOf(
  alone: readonly Candidate[],
  groups: readonly Placed[],
  { limit, now }: { readonly limit: number; readonly now: number },
): Placed[] {
  const best = bestAlone(alone, { limit, now }).map(
    (one): Placed => ({ shown: one, others: NONE, best: one }),
  )
  return [...best, ...groups].sort((a, b) => compareCandidates(a.best, b.best, now)).slice(0, limit)
}

function bestAlone(
  alone: readonly Candidate[],
  { limit, now }: { readonly limit: number; readonly now: number },
): readonly Candidate[] {
  if (alone.length <= limit) return alone
  const best = createTopK<Candidate>(limit, (a, b) => compareCandidates(a, b, now))
  for (const one of alone) best.push(one)
  return best.toSortedArray()
}

const NONE: readonly Candidate[] = []

/** By peer, so that nothing later depends on who answered first. */
export function listAnswers(outcomes: readonly PeerOutcome[]): AnswerOf[] {
  return outcomes.filter(isShown).toSorted((a, b) => compare(a.peerId, b.peerId))
}

type ShownOutcome = Extract<PeerOutcome, { kind: 'answered' | 'stale' }>

/** Whether there is an answer, of whatever age. */
export function isShown(outcome: PeerOutcome): outcome is ShownOutcome {
  return outcome.kind === 'answered' || outcome.kind === 'stale'
}

/** `null` where there is nothing to put on one scale: no search, or no answer but our own. */
function scaleFor(
  { search, local, walk, peers }: MergeInput,
  given: {
    readonly answers: readonly AnswerOf[]
    readonly impactsOf: ImpactsOf
    readonly answerFactsOf: AnswerFactsOf
  },
): Scale | null {
  if (search === null) return null
  if (walk !== undefined && walk.statistics !== null) return frozenScale(search, walk.statistics, given)
  if (given.answers.length === 0) return null
  const agents = (local?.matches ?? []).map(({ agent }) => agent)
  const confirmedSizes = new Set(peers.filter(({ isSizeConfirmed }) => isSizeConfirmed).map(({ id }) => id))
  return createScale(search, { agents, statistics: local?.statistics ?? null }, { ...given, confirmedSizes })
}

/** Adds the peers' records that meet the conditions; how many of each peer do, whether or not they are in the running. */
function addForeign(
  pool: CandidatePool,
  answers: readonly AnswerOf[],
  {
    input,
    scoring,
    identityReader,
  }: {
    readonly input: MergeInput
    readonly scoring: { readonly scale: Scale; readonly answerFactsOf: AnswerFactsOf } | null
    readonly identityReader: IdentityReader
  },
): ReadonlyMap<PeerId, number> {
  const { peers, blocked } = input
  const byId = new Map(peers.map((peer) => [peer.id, peer]))
  const isAdmitted = admission(input)
  const admitted = new Map<PeerId, number>()
  for (const { peerId, answer } of answers) {
    const peer = byId.get(peerId)
    const facts = scoring?.answerFactsOf(answer)
    let count = 0
    answer.agents.forEach((agent, place) => {
      if (peer === undefined || !isAdmitted(agent) || blocked?.hides(agent, peer.registryUrl)) return
      count += 1
      const score = facts === undefined || scoring === null ? null : scoring.scale.scoreAt(facts, place)
      const candidate = { agent, peer, score }
      if (!isRunning(candidate, input)) return
      if (facts === undefined) pool.add(candidate, identityReader.identityPrintsOf(agent))
      else pool.add(candidate, facts.prints, facts.printEnds[place - 1] ?? 0, facts.printEnds[place])
    })
    admitted.set(peerId, count)
  }
  return admitted
}

/** A result with the copy it stands by. */
export type Placed = Identity & { readonly best: Candidate }

/**
 * An agent stands where its best copy stands: a registry's terse description of it must not hide it from those whom
 * another's would have led to it. Copies never add up, or whoever is listed everywhere would always win.
 */
function placeByBestCopy({ shown, others }: Identity, now: number): Placed {
  const best = others.reduce((found, copy) => (compareCandidates(copy, found, now) < 0 ? copy : found), shown)
  return { shown: best === shown ? shown : { ...shown, score: best.score }, others, best }
}

/** Best score first; without search the newest first, where a time in the future counts as the oldest. */
function compareCandidates(a: Candidate, b: Candidate, now: number): number {
  if (a.score !== null && b.score !== null) return b.score - a.score || compareRecords(a, b)
  return compare(creation(b.agent, now), creation(a.agent, now)) || compareRecords(a, b)
}

/** What results are ordered by, best first: score, or time of creation. */
export function rankOf({ best }: Placed, now: number): number {
  return best.score ?? creation(best.agent, now)
}

function creation({ createdAt }: Agent, now: number): number {
  return createdAt > now ? Number.NEGATIVE_INFINITY : createdAt
}

/**
 * Results as the searcher sees them. How old they are is that of their peers' answers, which nothing of their order
 * depends on; our own records are as old as the search.
 */
export function present(
  identities: readonly Identity[],
  { self, now, outcomes }: Pick<MergeInput, 'self' | 'now' | 'outcomes'>,
): DiscoveredAgent[] {
  const ages = new Map<PeerId, Age>(outcomes.filter(isShown).map((one) => [one.peerId, ageOf(one)]))
  const ourAge: Age = { fetchedAt: now, isStale: false }
  return identities.map(({ shown, others }) => {
    const { agent, peer, score } = shown
    const { fetchedAt, isStale } = (peer === null ? undefined : ages.get(peer.id)) ?? ourAge
    const registryUrl = peer?.registryUrl ?? self.url
    return {
      agent,
      isFederated: peer !== null,
      registryName: peer?.name ?? self.name,
      registryUrl,
      score,
      provenance: {
        origin: registryUrl,
        peerId: peer?.id ?? null,
        fetchedAt,
        ageSeconds: ageInSeconds(fetchedAt, now),
        isStale,
        verification: 'unverified',
        ...(agent.mixedScripts !== undefined && { mixedScripts: agent.mixedScripts }),
      },
      alsoIn: others.map((copy) => ({
        registryName: copy.peer?.name ?? self.name,
        registryUrl: copy.peer?.registryUrl ?? self.url,
        id: copy.agent.id,
      })),
    }
  })
}

type Age = { readonly fetchedAt: number; readonly isStale: boolean }

/** An answer that is being replaced is as stale as one shown in place of none. */
function ageOf(outcome: ShownOutcome): Age {
  const isStale = outcome.kind === 'stale' || outcome.cache === 'revalidating'
  return { fetchedAt: outcome.answer.fetchedAt, isStale }
}

/** Whole seconds since then; a clock set back makes nothing younger than new. */
export function ageInSeconds(then: number, now: number): number {
  return Math.max(0, Math.floor((now - then) / 1000))
}
