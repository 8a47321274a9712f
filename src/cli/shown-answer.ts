/** What of a search's answer is shown to people; an answer on the wire has all of it and more. */
import { isTrue, listOf, memberOf, numberOf, textOf, textsOf } from './read-answer.ts'

export type ShownAgent = {
  readonly name: string
  readonly did: string
  readonly description: string
  readonly agent_type: string
  readonly status: string
  readonly is_federated: boolean
  /** Its names that may imitate others. */
  readonly mixed_scripts?: readonly string[]
  readonly registry_name: string
  readonly also_in: readonly { readonly registry_name: string }[]
}

export type ShownPeer = {
  readonly name: string
  readonly outcome: string
  readonly results?: number
  readonly duration_ms?: number | undefined
  readonly cache?: string
  readonly age_seconds?: number | undefined
  readonly more?: boolean
  readonly dropped_records?: number | undefined
  readonly error?: string
  readonly reason?: string
  readonly retry_at?: string
}

export type ShownAnswer = {
  readonly agents: readonly ShownAgent[]
  readonly federation_stats?: { readonly duration_ms: number; readonly peers: readonly ShownPeer[] }
  readonly next_cursor: string | null
  readonly warnings?: readonly string[]
}

/** Reads a registry's answer; what is missing is empty. */
export function readShownAnswer(value: unknown): ShownAnswer {
  const stats = memberOf(value, 'federation_stats')
  const cursor = textOf(value, 'next_cursor')
  return {
    agents: listOf(value, 'agents').map(readAgent),
    ...(stats !== undefined && {
      federation_stats: {
        duration_ms: numberOf(stats, 'duration_ms') ?? 0,
        peers: listOf(stats, 'peers').map(readPeer),
      },
    }),
    next_cursor: cursor === '' ? null : cursor,
    warnings: textsOf(value, 'warnings'),
  }
}

function readAgent(agent: unknown): ShownAgent {
  return {
    name: textOf(agent, 'name'),
    did: textOf(agent, 'did'),
    description: textOf(agent, 'description'),
    agent_type: textOf(agent, 'agent_type'),
    status: textOf(agent, 'status'),
    is_federated: isTrue(agent, 'is_federated'),
    mixed_scripts: textsOf(memberOf(agent, 'provenance'), 'mixed_scripts'),
    registry_name: textOf(agent, 'registry_name'),
    also_in: listOf(agent, 'also_in').map((copy) => ({ registry_name: textOf(copy, 'registry_name') })),
  }
}

function readPeer(peer: unknown): ShownPeer {
  return {
    name: textOf(peer, 'name'),
    outcome: textOf(peer, 'outcome'),
    results: numberOf(peer, 'results') ?? 0,
    duration_ms: numberOf(peer, 'duration_ms'),
    age_seconds: numberOf(peer, 'age_seconds'),
    dropped_records: numberOf(peer, 'dropped_records'),
    more: isTrue(peer, 'more'),
    cache: textOf(peer, 'cache'),
    error: textOf(peer, 'error'),
    reason: textOf(peer, 'reason'),
    retry_at: textOf(peer, 'retry_at'),
  }
}
