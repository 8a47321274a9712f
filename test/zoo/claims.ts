/** Misdeeds of who one is: in the name of whoever asks, of another peer, or of nobody; and texts made to deceive. */
import { didRootOf } from '../../src/cards/did.ts'
import { buoy, goodPage, page, respond } from './bytes.ts'
import type { Misdeed, Misdeeds, Question } from './misdeed.ts'

/** The registry that asks says who it is. */
function askerOf({ headers }: Question): string {
  return headers.get('x-federation-registry') ?? ''
}

/** A DID in the name space of the registry that asks. */
function didOfAsker(question: Question): string {
  return `${didRootOf(askerOf(question))}agents:four`
}

/** Three good records and one that is not taken. */
function withOne(more: (question: Question) => object): Misdeed {
  return {
    answer: (question) => {
      const records = ['one', 'two', 'three'].map((id) => buoy(question, id))
      respond(question.socket, page([...records, buoy(question, 'four', more(question))]))
    },
    ...{ outcome: 'answered', results: 3, dropped: 1 },
  }
}

/** One record that is taken for what it is. */
function saying(more: (question: Question) => object, told: object = {}): Misdeed {
  return {
    answer: (question) => respond(question.socket, page([buoy(question, 'one', more(question))], told)),
    outcome: 'answered',
  }
}

/** A good page, its text changed. */
function written(change: (good: string, question: Question) => string, more: Partial<Misdeed> = {}): Misdeed {
  return {
    answer: (question) => respond(question.socket, change(goodPage(question), question)),
    outcome: 'answered',
    ...more,
  }
}

const NOT_TAKEN = { outcome: 'bad-response', error: /another (origin|registry)/ } as const

/** What is not seen, moves what is, rings or hides a message. */
export const HIDDEN: string = [
  ...['\u0000', '\u0007', '\u001b', '\u009b', '\u202e', '\u2066', '\u2069', '\u200b', '\u200f'],
  ...[
    '\u061c',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u180e',
    '\u3164',
    '\ufff9',
    '\u{e0041}',
    '\u{e0101}',
    '\u007f',
  ],
].join('')

const hidden = (text: string): string => `${HIDDEN}${[...text].join(HIDDEN)}${HIDDEN}`

const SCRIPT = `<script>alert(1)</script><img src=x onerror=alert(1)>"'--></title>\u{1f4a3}`

/** A record with the same text in every member that takes text. */
function inEveryText(text: (word: string) => string): Record<string, unknown> {
  return {
    ...{ name: text('Buoy'), description: text('Floats'), status_message: text('Well'), version: text('1') },
    tags: [text('sea')],
    skills: [{ id: text('float'), name: text('Float'), description: text('Floats'), tags: [text('sea')] }],
    provider: { organization: text('Harbour'), url: null },
    auth_schemes: [text('bearer')],
    endpoints: [{ url: 'https://buoy.example/one', protocol: 'a2a', binding: text('JSONRPC') }],
  }
}

/** Members that only the registry that asks can say. */
const OURS_TO_SAY = {
  ...{ is_federated: false, registry_name: 'Harbor', registry_id: '1', peer_id: '1', score: 1e308 },
  ...{ verification: 'verified', verified: true, trust: 'trusted', content_trust: 'trusted' },
  ...{ owner_id: 'admin', revision: 1e15, card_sha256: 'a', explicit_fields: ['name'], share_card: true },
  provenance: {
    ...{ origin: 'https://harbor.example', peer_id: null, verification: 'verified', stale: false },
    ...{ fetched_at: '2099-01-01T00:00:00Z', age_seconds: -1 },
  },
  also_in: [{ registry_name: 'Harbor', registry_url: 'https://harbor.example', id: '1' }],
}

/** Own members by these names, as only a parser makes them. */
const PROTOTYPES =
  '"__proto__":{"name":"Poisoned","visibility":"public","registry_url":"http://other.example","poisoned":true},"constructor":{"prototype":{"poisoned":true}},"hasOwnProperty":1,"toString":"x",'

/** The endpoint of the record of ours that searches find. */
export const OUR_ENDPOINT: { readonly url: string; readonly protocol: string } = {
  url: 'https://local-buoy.example/a2a',
  protocol: 'a2a',
}

/** Refuses, in words of its own. */
function refusing(detail: (question: Question) => unknown, error: RegExp): Misdeed {
  return {
    answer: (question) =>
      respond(question.socket, JSON.stringify({ detail: detail(question) }), {
        status: '403 Forbidden',
        lines: ['content-type: application/problem+json'],
      }),
    outcome: 'refused',
    error,
  }
}

export const CLAIMS: Misdeeds = {
  'a refusal with hidden words': refusing(() => hidden('Not today.'), /request \(403\): Not today\.$/),
  'a refusal that says our key': refusing(
    ({ headers }) => `You sent ${headers.get('authorization')}, ${headers.get('x-federation-signature')}.`,
    /request \(403\): You sent /,
  ),
  'a refusal of a megabyte': refusing(() => 'No. '.repeat(250_000), /request \(403\)\.$/),
  'a refusal in no words': refusing(() => ({ toString: 'x' }), /request \(403\)\.$/),
  'a DID of ours': withOne((question) => ({ did: didOfAsker(question) })),
  'a DID of ours, in capitals': withOne((question) => ({
    did: didOfAsker(question).replace('localhost%3A', 'LOCALHOST%3a'),
  })),
  'only DIDs of ours': {
    answer: (question) =>
      respond(question.socket, page([buoy(question, 'one', { did: didOfAsker(question) })])),
    ...NOT_TAKEN,
  },
  'our address for its own': withOne((question) => ({ registry_url: askerOf(question) })),
  'our address, written otherwise': withOne((question) => ({
    registry_url: `${askerOf(question).toUpperCase()}/./?#`,
  })),
  'its own host, and more of it': withOne((question) => ({
    did: `${didRootOf(question.url).slice(0, -1)}.evil.example:agents:four`,
  })),
  'its own host in a path of another': withOne((question) => ({
    did: `did:web:other.example:${didRootOf(question.url).slice('did:web:'.length)}agents:four`,
  })),
  'its own address as a user of ours': withOne((question) => ({
    registry_url: askerOf(question).replace('://', `://${new URL(question.url).host}@`),
  })),
  'a DID with a path': withOne((question) => ({ did: `${didRootOf(question.url)}agents:four/../ours` })),
  'a DID with a fragment': withOne((question) => ({ did: `${didRootOf(question.url)}agents:four#ours` })),
  'a DID that runs a script': withOne(() => ({ did: 'javascript:alert(1)' })),
  'a DID of 3,000 characters': withOne((question) => ({
    did: `${didRootOf(question.url)}agents:${'a'.repeat(3_000)}`,
  })),
  'a DID of many': withOne((question) => ({ did: [didOfAsker(question)] })),
  'a DID of ours as claimed, and as successor': saying((question) => ({
    claimed_did: didOfAsker(question),
    successor_did: didOfAsker(question),
  })),
  'an identifier of ours': saying((question) => ({ id: 'one', name: `Buoy of ${askerOf(question)}` })),
  'an endpoint of ours': saying(() => ({ endpoints: [OUR_ENDPOINT], name: 'Local Buoy' })),
  'all that is ours to say': saying(() => OURS_TO_SAY),
  'all that is ours to say, of the page': saying(() => OURS_TO_SAY, {
    ...{ federation_stats: { complete: true }, registry_url: 'https://harbor.example', is_federated: false },
  }),
  'its DID twice, the first of ours': written((good, question) =>
    good.replace('"did":', `"did":"${didOfAsker(question)}","did":`),
  ),
  'its DID twice, the second of ours': written(
    (good, question) => good.replace(/("did":"[^"]*")/, `$1,"did":"${didOfAsker(question)}"`),
    NOT_TAKEN,
  ),
  'its registry twice, the second ours': written(
    (good, question) =>
      good
        .replace('"id":', '"registry_url":null,"id":')
        .replace('}]', `,"registry_url":"${askerOf(question)}"}]`),
    NOT_TAKEN,
  ),
  'prototypes in every object': written((good) => good.replaceAll('{', `{${PROTOTYPES}`)),
  'what cannot be seen, in every text': saying(() => inEveryText(hidden)),
  'what cannot be seen, and nothing else': withOne(() => ({ name: HIDDEN })),
  'scripts in every text': saying(() => inEveryText((word) => `${word} ${SCRIPT}`.slice(0, 64))),
  'letters that look like others': saying(() => ({
    name: 'Lосаl Вuоу buoy',
    provider: { organization: 'Наrbоr' },
  })),
  'a name of 10,000 characters': withOne(() => ({ name: `Buoy ${'a'.repeat(9_995)}` })),
  'a letter under 10,000 marks': withOne(() => ({ name: `Buoy Z${'\u0301'.repeat(10_000)}` })),
  'a name of lone surrogates': saying(() => ({ name: 'Buoy \ud800\ud800 \udc00' })),
  'a description of 100,000 characters': withOne(() => ({ description: 'Buoy '.repeat(20_000) })),
  'a provider of 10,000 characters': withOne(() => ({ provider: { organization: 'a'.repeat(10_000) } })),
  'a skill of 100,000 characters': withOne(() => ({
    skills: [{ name: 'a', description: 'a'.repeat(100_000) }],
  })),
  'ten thousand skills': withOne(() => ({
    skills: Array.from({ length: 10_000 }, (_, place) => ({ name: `${place}` })),
  })),
  'an endpoint of a file': withOne(() => ({ endpoints: [{ url: 'file:///etc/passwd', protocol: 'a2a' }] })),
  'an endpoint with a password': withOne(() => ({
    endpoints: [{ url: 'https://user:password@buoy.example/', protocol: 'a2a' }],
  })),
}
