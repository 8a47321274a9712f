/** The answers of a search, for the API document. */
import { answer, answers, listOf, refTo, WIRE } from './schemas.ts'

const { string, integer, boolean, strings } = WIRE

const OUTCOMES = [
  ...['answered', 'stale', 'timeout', 'unreachable', 'refused', 'rate-limited', 'bad-response', 'blocked'],
  'skipped',
]

const ROW_MEMBERS = {
  peer_id: string,
  name: string,
  registry_url: string,
  outcome: { enum: OUTCOMES },
  results: { ...integer, description: 'Records that met the conditions, before copies are merged.' },
  duration_ms: { ...integer, description: 'How long this search waited for it.' },
  cache: {
    enum: ['hit', 'revalidating', 'miss'],
    description: 'A fresh copy; an older one, while the peer is asked again; or its answer of just now.',
  },
  age_seconds: integer,
  more: { ...boolean, description: 'It has more than it sent.' },
  scoring: {
    const: 'pooled',
    description: 'Without usable figures of its own, it was scored with the others’.',
  },
  dropped_records: { ...integer, description: 'Left out as broken, repeated or not asked for.' },
  error: { ...string, description: 'Why there is nothing, or nothing newer: a sentence for people.' },
  reason: {
    enum: ['breaker-open', 'not-selected', 'budget'],
    description: 'Why it was not asked: it failed too often, was not chosen, or its allowance is used up.',
  },
  retry_at: { type: 'string', format: 'date-time', description: 'When it will be asked again.' },
}

/** The account of a federated search. */
export const STATS: object = answer('What came of every active peer; only where peers were asked.', {
  queried_registries: integer,
  successful_queries: integer,
  failed_queries: integer,
  skipped_registries: integer,
  total_federated_results: integer,
  cache_hits: integer,
  complete: boolean,
  duration_ms: integer,
  peers: { type: 'array', items: answer('What came of one active peer.', ROW_MEMBERS) },
})

/** What an answer says of itself in words. */
export const WARNINGS: object = {
  ...strings,
  description: 'Sentences, such as that federation is switched off; absent if none.',
}

const REST = {
  federation_stats: STATS,
  next_cursor: {
    type: ['string', 'null'],
    description: 'For the next page; null when nothing more is known.',
  },
  warnings: WARNINGS,
}

const KEYED_AGENTS = {
  type: 'array',
  items: { allOf: [refTo('DiscoveredAgent'), { type: 'object', properties: { key: string } }] },
}

const event = (name: string, description: string, properties: Readonly<Record<string, unknown>>): object =>
  answer(description, { event: { const: name }, ...properties })

const EVENTS = {
  description: 'One object a line; `event` says which.',
  oneOf: [
    event('plan', 'Whom the search asks, and whom not.', {
      peers: {
        type: 'array',
        items: answer('A peer that is asked.', {
          ...{ peer_id: string, name: string, registry_url: string, deadline_ms: integer },
        }),
      },
      skipped: { type: 'array', items: answer('A peer that is not asked.', ROW_MEMBERS) },
    }),
    event('local', 'What our own records gave.', { agents: KEYED_AGENTS }),
    event('peer', 'What came of one peer.', ROW_MEMBERS),
    event('merge', 'Results that are new or changed, and the order of all.', {
      upserts: KEYED_AGENTS,
      order: strings,
    }),
    event('done', 'The end: all of the answer but its results.', REST),
    { allOf: [refTo('Problem'), event('error', 'The end of a search that failed.', {})] },
  ],
}

const header = (description: string): object => ({ type: 'string', description })

const VALIDATOR = {
  ETag: header(
    'Weak; the same for answers that differ in ages, times and durations only. JSON answers have it.',
  ),
  'Cache-Control': header('`no-cache`; `private, no-cache` to who sent a key.'),
  'Cache-Status': header('Whether it came from a cache (RFC 9211). JSON answers have it.'),
  Vary: header('What an answer depends on beside its address.'),
}

/** The answers of `GET /discovery/agents`. */
export const DISCOVERY_RESPONSES: object = answers({
  200: {
    description: 'The results, or the search as it runs: `docs/discovery.md`.',
    headers: {
      ...VALIDATOR,
      'Server-Timing': header(
        'How long the slowest peer took, and all of it. JSON answers have it unless they were ready.',
      ),
    },
    content: {
      'application/json': {
        schema: answer('The results.', { agents: listOf('DiscoveredAgent'), ...REST }),
      },
      'text/event-stream': {
        schema: {
          type: 'string',
          description: 'The events of the third form, named in `event`, the rest of each in `data`.',
        },
      },
      'application/x-ndjson': { schema: EVENTS },
    },
  },
  304: {
    type: 'null',
    description: 'The answer says what the one does that If-None-Match names.',
    headers: VALIDATOR,
  },
  204: { type: 'null', description: 'To a browser that asks again after the last event: there is no more.' },
})
