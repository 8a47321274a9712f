/** What `GET /discovery/agents` takes, and the question it makes. */
import type { DiscoveryQuery } from '../domain/discovery.ts'
import { type Scope, scopeKey } from '../domain/principal.ts'
import {
  boolean,
  type ObjectSchema,
  type OptionalSchema,
  optional,
  type StaticObject,
  strictObject,
  string,
} from './json-schema.ts'
import { count, list, text } from './schemas.ts'
import { filterOf, SEARCH_PARAMETERS, type SearchSchema, searchOf } from './search-parameters.ts'

type Parameters = SearchSchema & {
  readonly include_federated: OptionalSchema<boolean>
  readonly include_local: OptionalSchema<boolean>
  readonly peers: OptionalSchema<string[]>
  readonly limit: OptionalSchema<number>
  readonly cursor: OptionalSchema<string>
  readonly timeout: OptionalSchema<number>
  readonly max_age: OptionalSchema<number>
  readonly force_refresh: OptionalSchema<boolean>
}

const PARAMETERS: Parameters = {
  ...SEARCH_PARAMETERS,
  include_federated: optional(boolean({ description: 'Ask the peers, too.' })),
  include_local: optional(boolean({ description: 'False leaves our own records out.' })),
  peers: optional(
    list('Only these peers, by id or name; repeat the parameter.', string({ maxLength: 200 }), 100),
  ),
  limit: optional(count('Most results; 20 if not given.', { minimum: 1, maximum: 100 })),
  cursor: optional(
    text(
      '`next_cursor` of the page before, with the same search, conditions, peers and caller. Of a federated search it holds for ten minutes.',
      4_096,
    ),
  ),
  timeout: optional(
    count(
      'How long to wait for peers, in ms: from 50 to FEDERATION_QUERY_TIMEOUT. One peer is waited for 1,460 ms at most, which makes an answer in 1.5 s, unless it has a `timeout_ms` of its own.',
      { minimum: 0 },
    ),
  ),
  max_age: optional(
    count(
      'Nothing from a cache older than this, in seconds, not even of a peer that is down. Less than 10 counts as `force_refresh`.',
      {
        minimum: 0,
      },
    ),
  ),
  force_refresh: optional(boolean({ description: 'Pass the caches; needs a key, ten a minute.' })),
}

/** Query parameters of a search. */
export const DISCOVERY_PARAMETERS: ObjectSchema<Parameters> = strictObject(PARAMETERS)

export type DiscoveryParameters = StaticObject<Parameters>

type LookUpParameters = Pick<Parameters, 'peers' | 'timeout' | 'max_age' | 'force_refresh'>

const LOOK_UP: LookUpParameters = {
  peers: PARAMETERS.peers,
  timeout: PARAMETERS.timeout,
  max_age: PARAMETERS.max_age,
  force_refresh: PARAMETERS.force_refresh,
}

type FacetParameters = Omit<Parameters, 'limit' | 'cursor'>

/** Query parameters of the facets of a search. */
export const FACET_PARAMETERS: ObjectSchema<FacetParameters> = strictObject({
  ...SEARCH_PARAMETERS,
  include_federated: PARAMETERS.include_federated,
  include_local: PARAMETERS.include_local,
  ...LOOK_UP,
})

/** Query parameters of looking for one agent. */
export const LOOK_UP_PARAMETERS: ObjectSchema<LookUpParameters> = strictObject(LOOK_UP)

/** What is asked for, with what was not given filled in. */
export type DiscoveryQuestion = DiscoveryQuery & { readonly cursor: string | null }

const DEFAULT_LIMIT = 20
const SHORTEST_TIMEOUT_MS = 50

/** @param queryTimeoutMs `FEDERATION_QUERY_TIMEOUT`: nobody waits longer. */
export function questionOf(query: DiscoveryParameters, queryTimeoutMs: number): DiscoveryQuestion {
  return {
    search: searchOf(query),
    filter: filterOf(query),
    includeLocal: query.include_local ?? true,
    includeFederated: query.include_federated ?? false,
    peers: query.peers ?? [],
    limit: query.limit ?? DEFAULT_LIMIT,
    timeoutMs: Math.min(Math.max(query.timeout ?? queryTimeoutMs, SHORTEST_TIMEOUT_MS), queryTimeoutMs),
    maxAgeSeconds: query.max_age ?? null,
    forceRefresh: query.force_refresh ?? false,
    cursor: query.cursor ?? null,
  }
}

/**
 * What is asked and what its asker may see, in one string: equal for questions with one answer. Spellings that only
 * the search itself knows to be the same (upper case, the order of tags) stay apart: cursors are bound to the spelling.
 */
export function questionKey(question: DiscoveryQuestion, scope: Scope): string {
  const { search, filter, peers, limit, timeoutMs, maxAgeSeconds, cursor } = question
  const { agentType, tags, status, provider } = filter
  const { includeLocal, includeFederated } = question
  return JSON.stringify([
    ...[scopeKey(scope), search, agentType, tags, status, provider, includeLocal, includeFederated],
    ...[peers, limit, timeoutMs, maxAgeSeconds, cursor],
  ])
}
