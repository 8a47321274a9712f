/** Misdeeds of what is said: records of others, records without end, and figures that cannot be. */
import type { WireAgent } from '../../src/wire/agent.ts'
import { buoy, page, respond } from './bytes.ts'
import type { Misdeed, Misdeeds, Question } from './misdeed.ts'

function sending(
  records: (question: Question) => readonly unknown[],
  { told = {}, ...expected }: Partial<Misdeed> & { readonly told?: object } = {},
): Misdeed {
  return {
    answer: (question) => respond(question.socket, page(records(question), told)),
    outcome: 'answered',
    ...expected,
  }
}

const one = (question: Question): WireAgent => buoy(question, 'one')
const three = (question: Question): WireAgent[] => ['one', 'two', 'three'].map((id) => buoy(question, id))

/** Statistics as they cannot be. */
function lying(stats: unknown): Misdeed {
  return sending((question) => [one(question)], { told: { search_stats: stats } })
}

/** Three good records and one that is not taken. */
function withOne(more: object): Misdeed {
  return sending((question) => [...three(question), buoy(question, 'four', more)], { results: 3, dropped: 1 })
}

/** Texts of 4,000 characters, which are taken whole, and no word twice; in all as large as a record that is remembered. */
const ALIKE = Array.from({ length: 6 }, (_, skill) => ({
  ...{ id: `${skill}`, name: 'Words', tags: [] },
  description: Array.from({ length: 500 }, (_, word) => `buoy${(skill * 500 + word).toString(36)}`).join(' '),
}))

const OTHERS = 'http://other.example'

export const RECORDS: Misdeeds = {
  'ten thousand records': sending(
    (question) =>
      Array.from({ length: 10_000 }, (_, place) => ({
        id: `${place}`,
        name: `Buoy ${question.url} ${place}`,
      })),
    { results: 50, hasMore: true },
  ),
  'one record, over and over': sending((question) => Array(50).fill(one(question)), { dropped: 49 }),
  'one DID, over and over': sending(
    (question) => three(question).map((record) => ({ ...record, did: one(question).did })),
    { dropped: 2 },
  ),
  'records of another registry': sending(
    (question) => three(question).map((record) => ({ ...record, registry_url: OTHERS })),
    { outcome: 'bad-response', error: /another registry/ },
  ),
  'DIDs of another registry': sending(
    (question) =>
      three(question).map((record) => ({ ...record, did: `did:web:other.example:agents:${record.id}` })),
    { outcome: 'bad-response', error: /another origin/ },
  ),
  'one record of another registry': withOne({ registry_url: OTHERS }),
  'one DID of another registry': withOne({ did: 'did:web:other.example:agents:four' }),
  'one record of the canary': sending(
    (question) => [...three(question), buoy(question, 'four', { registry_url: question.canary })],
    { results: 3, dropped: 1 },
  ),
  'records that say whose they are, how good and how old': sending((question) => [
    {
      ...one(question),
      ...{ is_federated: false, registry_name: 'Harbor', score: 1e308, owner_id: 'admin' },
      provenance: { origin: 'https://harbor.example', verification: 'verified' },
      also_in: [{ registry_name: 'Harbor', registry_url: 'https://harbor.example', id: '1' }],
    },
  ]),
  'records nobody may see': withOne({ visibility: 'private' }),
  'a record without a name': withOne({ name: undefined }),
  'a record with a name of 300 KB': withOne({ name: 'Buoy '.repeat(60_000) }),
  'a record with a thousand tags': withOne({ tags: Array.from({ length: 1_000 }, (_, place) => `${place}`) }),
  'ten records of three thousand words that begin like the question': sending(
    (question) => Array.from({ length: 10 }, (_, place) => buoy(question, `${place}`, { skills: ALIKE })),
    { results: 10 },
  ),
  'a record with a number for a name': withOne({ name: 1e300 }),
  'a record with an identifier that is not one': withOne({ id: 'a\u202eb' }),
  'a record of no time': withOne({ created_at: 'yesterday' }),
  'a record of month 13': withOne({ created_at: '2026-13-45T25:61:61Z' }),
  'a record of the year 9999': sending((question) => [
    buoy(question, 'one', { created_at: '9999-12-31T23:59:59Z', updated_at: '9999-12-31T23:59:59Z' }),
  ]),
  'a record of the year 0': sending((question) => [
    buoy(question, 'one', { created_at: '0000-01-01T00:00:00Z', updated_at: '0000-01-01T00:00:00Z' }),
  ]),
  'an endpoint that runs a script': withOne({ endpoints: [{ url: 'javascript:alert(1)', protocol: 'a2a' }] }),
  'a name that turns round, with bells and tags': sending((question) => [
    buoy(question, 'one', { name: 'Buoy \u202eeno\u0007 <script>alert(1)</script>' }),
  ]),
  'records that are no objects': sending((question) => [...three(question), null, 7, 'eight'], {
    results: 3,
    dropped: 3,
  }),
  'records in records': sending((question) => [...three(question), [one(question)]], {
    results: 3,
    dropped: 1,
  }),
  'figures below zero': lying({ scoring: 'bm25-1', documents: -5, document_frequency: { buoy: -3 } }),
  'figures without bound': lying({
    scoring: 'bm25-1',
    documents: 1e308,
    document_frequency: { buoy: 1e308 },
  }),
  'figures that contradict each other': lying({
    scoring: 'bm25-1',
    documents: 1,
    document_frequency: { buoy: 1_000_000 },
  }),
  'figures that are texts': lying({
    scoring: 'bm25-1',
    documents: 'many',
    document_frequency: { buoy: 'some' },
  }),
  'figures in a list': lying([1, 2, 3]),
  'more, but not where': sending((question) => [one(question)], {
    told: { has_more: true, next_cursor: true },
  }),
  'a cursor that never ends': {
    answer: (question) => {
      const place = Number(new URL(question.target, question.url).searchParams.get('cursor') ?? 0)
      respond(question.socket, page([buoy(question, `page-${place}`)], { next_cursor: `${place + 1}` }))
    },
    outcome: 'answered',
    hasMore: true,
  },
  'a cursor that leads back': sending((question) => [one(question)], {
    told: { next_cursor: 'again' },
    hasMore: true,
  }),
  'a cursor with line breaks and more parameters': sending((question) => [one(question)], {
    told: { next_cursor: 'a\r\nx-injected: yes&limit=100000#' },
    hasMore: true,
  }),
}
