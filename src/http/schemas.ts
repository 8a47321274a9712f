/** Shapes that several routes share, for the API document; and the pieces schemas are made of. */

import { AGENT_STATUSES, VISIBILITIES } from '../domain/agent.ts'
import { PEER_HEALTH_STATUSES } from '../domain/peer.ts'
import { ROLES } from '../domain/principal.ts'
import { WITHHOLDABLE_FIELDS } from '../domain/share-policy.ts'
import { ERRORS_PATH } from '../problem.ts'
import { array, integer as integerSchema, type Schema, string as stringSchema } from './json-schema.ts'
import { PROBLEM_TYPE } from './problem-answers.ts'

export function text(
  description: string,
  maxLength: number,
  options: Readonly<Record<string, unknown>> = {},
): Schema<string> {
  return stringSchema({ description, maxLength, ...options })
}

/** A number no larger than those that are told exactly: databases take none beyond 64 bits. */
export function count(
  description: string,
  range: { minimum?: number; maximum?: number; default?: number },
): Schema<number> {
  return integerSchema({ description, maximum: Number.MAX_SAFE_INTEGER, ...range })
}

export function list<T>(description: string, items: Schema<T>, maxItems: number): Schema<T[]> {
  return array(items, { description, maxItems })
}

/** For answers: what is said here is read by people and tools, and checked by no one. */
export function answer(
  description: string,
  properties: Readonly<Record<string, unknown>>,
  example?: unknown,
): object {
  return { type: 'object', description, properties, ...(example !== undefined && { examples: [example] }) }
}

/** For answers: a component with more members than it has elsewhere. */
export function widened(
  id: ComponentId,
  description: string,
  properties: Readonly<Record<string, unknown>>,
): object {
  return { description, allOf: [refTo(id), { type: 'object', properties }] }
}

export const refTo = (id: ComponentId): { $ref: string } => ({ $ref: `${id}#` })
export const listOf = (id: ComponentId): object => ({ type: 'array', items: refTo(id) })

/** The answers of a route: its own, and a problem for everything else. */
export function answers(own: Readonly<Record<number, object>>): object {
  return {
    ...own,
    default: {
      description: 'A problem (RFC 9457); `type` leads to its explanation.',
      content: { [PROBLEM_TYPE]: { schema: refTo('Problem') } },
    },
  }
}

type WireShape = 'string' | 'nullableString' | 'time' | 'integer' | 'nullableInteger' | 'boolean' | 'strings'

/** Shapes of single members. */
export const WIRE: Readonly<Record<WireShape, object>> = {
  string: { type: 'string' },
  nullableString: { type: ['string', 'null'] },
  time: { type: ['string', 'null'], format: 'date-time' },
  integer: { type: 'integer' },
  nullableInteger: { type: ['integer', 'null'] },
  boolean: { type: 'boolean' },
  strings: { type: 'array', items: { type: 'string' } },
}
const { string, nullableString, time, integer, nullableInteger, boolean, strings } = WIRE

const SELECTORS = {
  type: ['array', 'null'],
  items: {
    type: 'object',
    description: 'Records that meet all its members.',
    properties: { agent_type: string, tag: string, provider: string, id: string },
  },
}

/** What a peer may see of our federated records. */
export const SHARE_POLICY: object = {
  type: ['object', 'null'],
  description: 'What it may see of our federated records; null shares them all.',
  properties: {
    include: { ...SELECTORS, description: 'Only what one of these selects; null takes in everything.' },
    exclude: { ...SELECTORS, description: 'Nothing that one of these selects; it wins over `include`.' },
    fields: {
      type: ['array', 'null'],
      items: { enum: WITHHOLDABLE_FIELDS },
      description: 'Of these members only those; null keeps none back.',
    },
    max_results: {
      ...nullableInteger,
      description: 'The most federated records that one question brings out.',
    },
  },
}

export type ComponentId = 'Problem' | 'Agent' | 'DiscoveredAgent' | 'Peer' | 'FederationToken' | 'ApiKey'

const AGENT_MEMBERS = {
  id: string,
  did: string,
  claimed_did: nullableString,
  name: string,
  description: string,
  agent_type: string,
  version: nullableString,
  status: { enum: AGENT_STATUSES },
  status_message: nullableString,
  successor_did: nullableString,
  visibility: { enum: VISIBILITIES },
  tags: strings,
  skills: {
    type: 'array',
    items: { type: 'object', properties: { id: string, name: string, description: string, tags: strings } },
  },
  endpoints: {
    type: 'array',
    items: { type: 'object', properties: { url: string, protocol: string, binding: nullableString } },
  },
  provider: { type: ['object', 'null'], properties: { organization: string, url: nullableString } },
  auth_schemes: strings,
  card_url: nullableString,
  card_format: nullableString,
  created_at: time,
  updated_at: time,
  is_federated: boolean,
  registry_url: string,
  registry_name: string,
  withheld: {
    type: 'object',
    description: 'Only where it is so, and to its owner and admins: why others do not see the record.',
    properties: {
      block_id: string,
      take_down: { type: 'object', properties: { at: time, reason: string, legal: boolean } },
      owner_suspended: boolean,
    },
  },
}

export const AGENT_EXAMPLE: object = {
  name: 'Summarizer',
  description: 'Summarizes long documents in plain language.',
  agent_type: 'a2a',
  version: '1.2.0',
  visibility: 'federated',
  tags: ['nlp', 'summaries'],
  endpoints: [{ url: 'https://agents.example/summarizer', protocol: 'a2a', binding: 'JSONRPC' }],
  provider: { organization: 'Acme', url: 'https://acme.example' },
}

const AGENT_ANSWER = {
  id: '01997b2c-6f3a-7d51-9c0e-4b6f1d2a8e77',
  did: 'did:web:registry.example:agents:01997b2c-6f3a-7d51-9c0e-4b6f1d2a8e77',
  claimed_did: null,
  ...AGENT_EXAMPLE,
  status: 'active',
  status_message: null,
  successor_did: null,
  skills: [],
  auth_schemes: [],
  card_url: null,
  card_format: null,
  created_at: '2026-01-31T12:00:00.000Z',
  updated_at: '2026-01-31T12:00:00.000Z',
  is_federated: false,
  registry_url: 'https://registry.example',
  registry_name: 'Registry A',
}

const PROBLEM_EXAMPLE = {
  type: `https://registry.example${ERRORS_PATH}#invalid-parameter`,
  title: 'A parameter is not understood',
  status: 400,
  detail: 'colour: Unknown; takes search, tags, limit, cursor.',
  instance: 'urn:uuid:01997b2c-6f3a-7d51-9c0e-4b6f1d2a8e77',
  code: 'invalid-parameter',
  errors: [{ pointer: '?colour', message: 'Unknown; takes search, tags, limit, cursor.' }],
}

/** Components of the API document, by name. */
export const COMPONENTS: Readonly<Record<ComponentId, object>> = {
  Problem: answer(
    'Why a request was not served (RFC 9457).',
    {
      type: { type: 'string', format: 'uri' },
      title: string,
      status: integer,
      detail: { type: 'string', description: 'A sentence for the person.' },
      instance: { type: 'string', description: 'The request, as the log of the registry names it.' },
      code: string,
      errors: { type: 'array', items: { type: 'object', properties: { pointer: string, message: string } } },
    },
    PROBLEM_EXAMPLE,
  ),
  Agent: answer('A record of this registry.', AGENT_MEMBERS, AGENT_ANSWER),
  DiscoveredAgent: answer('A record found here or at a peer.', {
    ...AGENT_MEMBERS,
    score: { type: 'number' },
    provenance: answer('Where the record comes from and how old it is.', {
      origin: string,
      peer_id: string,
      fetched_at: time,
      age_seconds: integer,
      stale: boolean,
      verification: string,
      mixed_scripts: {
        type: 'array',
        items: { enum: ['name', 'provider'] },
        description:
          'Which names of a peer’s record have a word in letters of several scripts, and may imitate others; absent if none.',
      },
    }),
    also_in: {
      type: 'array',
      items: answer('The same agent elsewhere.', { registry_name: string, registry_url: string, id: string }),
    },
  }),
  Peer: answer('A registry that this one federates with.', {
    id: string,
    name: string,
    registry_url: string,
    is_active: { ...boolean, description: 'We ask it.' },
    inbound_active: { ...boolean, description: 'It may ask us.' },
    protocol: string,
    timeout_ms: nullableInteger,
    signature_target: string,
    signature_scheme: string,
    public_key: nullableString,
    key_thumbprint: nullableString,
    previous_key_thumbprint: { ...nullableString, description: 'Still good while the peer shows it.' },
    offered_key: {
      type: ['object', 'null'],
      description: 'A key it shows that nobody here has accepted. `announced`: the known key signed for it.',
      properties: { public_key: string, thumbprint: string, announced: boolean, seen_at: time },
    },
    require_signature: { type: ['boolean', 'null'] },
    priority: integer,
    size_confirmed: { ...boolean, description: 'Its size is vouched for here, and counts in full.' },
    require_mtls: { ...boolean, description: 'Its requests must come with a client certificate.' },
    client_pins: strings,
    server_pins: strings,
    server_ca: nullableString,
    client_certificate: { ...nullableString, description: 'What we show to it, PEM.' },
    client_certificate_pin: nullableString,
    client_certificate_expires_at: time,
    awaits_confirmation: { ...boolean, description: 'It used an invite; `confirm` lets it in.' },
    has_api_key: boolean,
    has_signing_secret: boolean,
    metadata: { type: 'object' },
    share_policy: SHARE_POLICY,
    quota: {
      type: ['object', 'null'],
      description: 'How much it may take in a day (UTC); null for no end.',
      properties: {
        queries_per_day: nullableInteger,
        results_per_day: nullableInteger,
        bytes_per_day: nullableInteger,
      },
    },
    health_status: { enum: PEER_HEALTH_STATUSES },
    agent_count: integer,
    consecutive_failures: integer,
    response_time_ms: nullableInteger,
    clock_skew_seconds: nullableInteger,
    error: nullableString,
    last_health_check: time,
    last_sync: time,
    created_at: time,
    updated_at: time,
  }),
  FederationToken: answer('A token given to a peer; the token itself is shown only when it is made.', {
    id: string,
    peer_id: string,
    scheme: string,
    hint: string,
    created_at: time,
    expires_at: time,
    last_used_at: time,
    rotated_at: time,
    revoked_at: time,
  }),
  ApiKey: answer('A key of this registry; the key itself is shown only when it is made.', {
    id: string,
    owner_id: string,
    name: string,
    role: { enum: ROLES },
    hint: string,
    created_at: time,
    expires_at: time,
    last_used_at: time,
    rotated_at: time,
    revoked_at: time,
    suspended_at: time,
    suspension_reason: nullableString,
  }),
}
