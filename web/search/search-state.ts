/** A search as it runs: what its events make of it, and what of that is shown. Pure. */
import type { WireDiscoveredAgent, WireDiscoveryAnswer, WirePeerRow } from '../../src/wire/discovery.ts'
import type { WireDiscoveryEvent, WireKeyedAgent, WirePlannedPeer } from '../../src/wire/discovery-events.ts'
import type { Problem } from '../api/problem.ts'
import { copyKey } from './agent/copies.ts'
import { isStillFree, placeResults } from './place-results.ts'
import type { Question } from './question.ts'

/** A registry of the search: a peer that is waited for has no outcome. */
export type RegistryLine = WirePlannedPeer & Partial<Omit<WirePeerRow, keyof WirePlannedPeer>>

type Ending = Omit<WireDiscoveryAnswer, 'agents'>

export type SearchState = {
  readonly question: Question
  readonly phase: 'asking' | 'running' | 'done' | 'failed'
  /** Unix ms of this page's clock. */
  readonly startedAt: number
  readonly results: ReadonlyMap<string, WireKeyedAgent>
  /** The keys of the page's results, best first; `null` before any are known. */
  readonly order: readonly string[] | null
  /** What stands on the page, as it was when it was put there. */
  readonly shown: readonly WireKeyedAgent[]
  /** `shown` is of the search before, until this one has something. */
  readonly isOfBefore: boolean
  readonly firstShownAt: number | null
  readonly isTouched: boolean
  /** Keys of results that wait to be shown. */
  readonly waiting: readonly string[]
  /** This registry's own part; `null` until it is known, or if it was not asked for. */
  readonly local: { readonly count: number; readonly ms: number } | null
  readonly peers: readonly RegistryLine[]
  readonly ending: Ending | null
  readonly problem: Problem | null
  /** Peers were left out since only callers with a key may search them. */
  readonly needsKeyForPeers: boolean
}

export type SearchAction =
  | {
      readonly kind: 'start'
      readonly question: Question
      readonly at: number
      readonly needsKeyForPeers?: boolean
    }
  | { readonly kind: 'event'; readonly event: WireDiscoveryEvent; readonly at: number }
  | { readonly kind: 'fail'; readonly problem: Problem }
  | { readonly kind: 'touch' }
  | { readonly kind: 'show-waiting' }
  | { readonly kind: 'page'; readonly answer: WireDiscoveryAnswer }

export function beginState(question: Question, at: number): SearchState {
  return {
    ...{
      question,
      phase: 'asking',
      startedAt: at,
      results: new Map(),
      order: null,
      shown: [],
      isOfBefore: false,
    },
    ...{
      firstShownAt: null,
      isTouched: false,
      waiting: [],
      local: null,
      peers: [],
      ending: null,
      problem: null,
    },
    needsKeyForPeers: false,
  }
}

export function nextState(state: SearchState, action: SearchAction): SearchState {
  switch (action.kind) {
    case 'start': {
      const fresh = beginState(action.question, action.at)
      const { shown } = state
      return {
        ...fresh,
        shown,
        isOfBefore: shown.length > 0,
        needsKeyForPeers: action.needsKeyForPeers === true,
      }
    }
    case 'event':
      return afterEvent({ ...state, phase: state.phase === 'asking' ? 'running' : state.phase }, action)
    case 'fail':
      // A further page that fails takes nothing from the search, which has ended.
      return { ...state, phase: state.ending === null ? 'failed' : 'done', problem: action.problem }
    case 'touch':
      return state.isTouched || state.isOfBefore || state.shown.length === 0
        ? state
        : { ...state, isTouched: true }
    case 'show-waiting':
      return showWaiting(state)
    case 'page':
      return afterPage(state, action.answer)
  }
}

function afterEvent(
  state: SearchState,
  { event, at }: { event: WireDiscoveryEvent; at: number },
): SearchState {
  switch (event.event) {
    case 'plan':
      return { ...state, peers: [...event.peers, ...event.skipped] }
    case 'local': {
      const local = { count: event.agents.length, ms: at - state.startedAt }
      const keys = event.agents.map(({ key }) => key)
      // Nothing of our own may mean that all is with peers: what was there stays until they have spoken.
      if (keys.length === 0) return { ...state, local }
      return place({ ...withResults(state, event.agents), local }, keys, at)
    }
    case 'peer':
      return { ...state, peers: state.peers.map((peer) => (peer.peer_id === event.peer_id ? event : peer)) }
    case 'merge':
      return place(withResults(state, event.upserts), event.order, at)
    case 'done': {
      const { event: _, ...ending } = event
      const peers = ending.federation_stats?.peers ?? state.peers
      return place({ ...state, phase: 'done', ending, peers }, state.order ?? [], at)
    }
  }
}

function withResults(state: SearchState, agents: readonly WireKeyedAgent[]): SearchState {
  return {
    ...state,
    results: new Map([...state.results, ...agents.map((agent) => [agent.key, agent] as const)]),
  }
}

function place(state: SearchState, order: readonly string[], at: number): SearchState {
  const shown = state.isOfBefore ? [] : state.shown
  const { isTouched, firstShownAt, results } = state
  const reader = { isTouched, shownForMs: firstShownAt === null ? 0 : at - firstShownAt }
  const keys = shown.map(({ key }) => key)
  const placement = placeResults(keys, asShown(state, order, shown), reader)
  // What keeps its place keeps its text: a longer one would move what is below.
  const kept = new Map(isStillFree(reader) ? [] : shown.map((agent) => [agent.key, agent] as const))
  return {
    ...{ ...state, order, isOfBefore: false, waiting: placement.waiting },
    shown: placement.shown.flatMap((key) => kept.get(key) ?? results.get(key) ?? []),
    firstShownAt: firstShownAt ?? (placement.shown.length > 0 ? at : null),
  }
}

/**
 * The order with what is shown in the place of its other copies: when a second registry turns out to have an agent, the
 * search may prefer that one's record. Who reads the first gains nothing from being told of a better result.
 */
function asShown(
  { results }: SearchState,
  order: readonly string[],
  shown: readonly WireKeyedAgent[],
): readonly string[] {
  const isShown = new Set(shown.map(({ key }) => key))
  return order.map((key) => {
    if (isShown.has(key)) return key
    return (
      results
        .get(key)
        ?.also_in.map(copyKey)
        .find((copy) => isShown.has(copy) && !order.includes(copy)) ?? key
    )
  })
}

function showWaiting(state: SearchState): SearchState {
  const order = state.order ?? []
  const first = order.flatMap((key) => state.results.get(key) ?? [])
  const isFirst = new Set(first.flatMap((agent) => [agent.key, ...agent.also_in.map(copyKey)]))
  // What better results pushed out, and further pages, stay behind it.
  const rest = state.shown.filter(({ key }) => !isFirst.has(key))
  return { ...state, shown: [...first, ...rest], waiting: [] }
}

/** A further page is put at the end; what stands on the page already is not repeated. */
function afterPage(state: SearchState, answer: WireDiscoveryAnswer): SearchState {
  const { agents, ...ending } = answer
  const known = new Set([...state.shown.map(({ key }) => key), ...state.waiting])
  const added = agents.map(keyed).filter(({ key }) => !known.has(key))
  const peers = ending.federation_stats?.peers ?? state.peers
  const shown = [...state.shown, ...added]
  return { ...withResults(state, added), ending, peers, shown, problem: null }
}

/** Whether no further page can be had, however often it is asked for: the registry does not take the cursor any more. */
export function isCursorLost({ problem, ending }: SearchState): boolean {
  return ending !== null && (problem?.code === 'cursor-expired' || problem?.code === 'invalid-cursor')
}

/** A result of an answer in JSON with the key that a stream gives it. */
export function keyed(agent: WireDiscoveredAgent): WireKeyedAgent {
  return { ...agent, key: copyKey(agent) }
}

/** How many results on the page are known in a newer form than they are shown in. */
export function countChanged({ shown, results, isOfBefore }: SearchState): number {
  if (isOfBefore) return 0
  return shown.filter((agent) => {
    const newest = results.get(agent.key)
    return newest !== undefined && newest.also_in.length !== agent.also_in.length
  }).length
}
