/**
 * Answers to requests that cannot be served (RFC 9457). One closed table of codes;
 * `docs/errors.md` is made from it.
 */

/** Where a registry explains its codes, under its public URL. */
export const ERRORS_PATH = '/docs/errors'

export type ProblemDefinition = {
  readonly status: number
  readonly title: string
  /** What the reader can do about it, for the documentation. */
  readonly advice: string
}

export type ProblemCode =
  | 'malformed-request'
  | 'malformed-json'
  | 'invalid-parameter'
  | 'invalid-cursor'
  | 'cursor-expired'
  | 'peer-unavailable'
  | 'changes-gone'
  | 'unauthenticated'
  | 'signature-refused'
  | 'forbidden'
  | 'cross-site'
  | 'https-needed'
  | 'registry-mismatch'
  | 'client-certificate-refused'
  | 'not-found'
  | 'agent-not-found'
  | 'agent-blocked'
  | 'card-not-found'
  | 'peer-not-found'
  | 'token-not-found'
  | 'key-not-found'
  | 'block-not-found'
  | 'report-not-found'
  | 'too-many-reports'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'peer-exists'
  | 'invite-refused'
  | 'invite-not-found'
  | 'enrolment-refused'
  | 'enrolment-failed'
  | 'rotation-pending'
  | 'rotated-already'
  | 'agent-deleted'
  | 'agent-taken-down'
  | 'unavailable-for-legal-reasons'
  | 'revision-changed'
  | 'body-too-large'
  | 'unsupported-media-type'
  | 'wrong-host'
  | 'invalid-body'
  | 'unknown-card-format'
  | 'no-card-at-address'
  | 'peer-address-forbidden'
  | 'idempotency-key-reused'
  | 'federation-disabled'
  | 'rate-limited'
  | 'quota-exceeded'
  | 'headers-too-large'
  | 'request-timeout'
  | 'internal'
  | 'secret-unreadable'
  | 'storage-unavailable'
  | 'storage-full'
  | 'overloaded'
  | 'shutting-down'

export const PROBLEMS: Readonly<Record<ProblemCode, ProblemDefinition>> = {
  'malformed-request': {
    status: 400,
    title: 'This is not a valid HTTP request',
    advice: 'Mend the request line, the address or the headers; `detail` says what is wrong.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    advice: 'Mend the JSON at the line and column that `detail` names.',
  },
  'invalid-parameter': {
    status: 400,
    title: 'A parameter is not understood',
    advice: 'See `errors`: each names a parameter and what it takes. Unknown parameters are errors.',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The cursor is not one of ours',
    advice: 'Send `next_cursor` unchanged, with the same search and the same key, or start without a cursor.',
  },
  'peer-unavailable': {
    status: 503,
    title: 'A registry that may have it did not answer',
    advice: 'Try again later; `GET /api/v1/federation/health` says how the peers are.',
  },
  'changes-gone': {
    status: 410,
    title: 'The changes since this position are no longer known',
    advice: 'Drop what you keep of this registry and go on from `next`, in the epoch `epoch`.',
  },
  'cursor-expired': {
    status: 410,
    title: 'The cursor is too old',
    advice: 'Cursors over federated answers hold for ten minutes. Search anew, without a cursor.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid key',
    advice: 'Send `Authorization: Bearer <key>`. Keys are made with `agentvault-registry key create`.',
  },
  'signature-refused': {
    status: 401,
    title: "The request's signature was refused",
    advice: '`detail` says why: a clock that is off, another secret, or a request changed on its way.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    advice: 'Use a key of the role that `detail` names.',
  },
  'cross-site': {
    status: 403,
    title: 'Not begun by a page of this registry',
    advice:
      'Sessions are for the console alone: what they change, a page of this registry must have begun, and its browser say so (`Origin`, `Sec-Fetch-Site`). Programs send `Authorization: Bearer <key>`.',
  },
  'https-needed': {
    status: 403,
    title: 'The console needs https',
    advice:
      'A browser keeps the session over https only, or on the machine itself by `http://localhost`. Open the console by the https address of the registry.',
  },
  'registry-mismatch': {
    status: 403,
    title: 'The token belongs to another registry',
    advice: '`X-Federation-Registry` must be the URL the token was made for.',
  },
  'client-certificate-refused': {
    status: 403,
    title: 'The client certificate was refused',
    advice:
      'The peer of this token has to show a client certificate, as `detail` says: signed by an authority that both operators agreed on, valid, for clients, and of a key that is pinned here.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    advice: 'Check the address; a record you may not see is also not found.',
  },
  'agent-not-found': {
    status: 404,
    title: 'No such agent',
    advice: 'Check the id or DID; a record you may not see is also not found.',
  },
  'agent-blocked': {
    status: 404,
    title: 'The agent is not shown here',
    advice: 'The operators of this registry block it, or the registry it is from. They can say why.',
  },
  'card-not-found': {
    status: 404,
    title: 'The agent has no card',
    advice: 'The record was made from plain fields. Its publisher can add a card with `PUT`.',
  },
  'peer-not-found': {
    status: 404,
    title: 'No such peer',
    advice: '`peer list` shows the peers of this registry.',
  },
  'token-not-found': {
    status: 404,
    title: 'No such token',
    advice: '`token list` shows the live tokens of this registry.',
  },
  'key-not-found': {
    status: 404,
    title: 'No such key',
    advice: '`key list` shows the keys of this registry.',
  },
  'block-not-found': {
    status: 404,
    title: 'No such block',
    advice: '`block list` shows what is blocked.',
  },
  'report-not-found': {
    status: 404,
    title: 'No such open report',
    advice: '`report list` shows those that are open.',
  },
  'too-many-reports': {
    status: 429,
    title: 'Too many reports are open',
    advice: 'Tell the operators of this registry in another way.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    advice: 'The `Allow` header names the methods of this address.',
  },
  'not-acceptable': {
    status: 406,
    title: 'No form of the answer is acceptable',
    advice: 'Name one of the media types of `detail` in `Accept`, or leave the header out.',
  },
  'peer-exists': {
    status: 409,
    title: 'The peer is known already',
    advice: 'Change the existing peer with `PUT`, or choose another name.',
  },
  'rotation-pending': {
    status: 409,
    title: 'A new signing key is on its way already',
    advice: 'Wait until it signs, as `identity show` says, or end all other keys at once with `--overlap 0`.',
  },
  'rotated-already': {
    status: 409,
    title: 'Another was made in its place already',
    advice:
      '`token list` or `key list` shows when it ends. Rotate the new one if it is lost, or revoke this one to end it now.',
  },
  'invite-refused': {
    status: 403,
    title: 'The invite cannot be used',
    advice: '`detail` says why. Whoever made it makes a new one with `peer invite`; it holds for 15 minutes.',
  },
  'invite-not-found': {
    status: 404,
    title: 'No such invite',
    advice:
      '`GET /api/v1/federation/invites` lists them. One that was used or has expired needs no revoking.',
  },
  'enrolment-refused': {
    status: 403,
    title: 'The registry is not enrolled',
    advice:
      '`detail` says what could not be proved: the address, the key, or that the message is meant for this registry.',
  },
  'enrolment-failed': {
    status: 502,
    title: 'The other registry did not enrol us',
    advice: '`detail` says what came of it, in the other registry’s own words where it gave any.',
  },
  'agent-deleted': {
    status: 410,
    title: 'The agent was deleted',
    advice: '`detail` gives the time and the reason.',
  },
  'agent-taken-down': {
    status: 410,
    title: 'The agent was taken down',
    advice: '`detail` gives the time and the reason. Only the operators of this registry can bring it back.',
  },
  'unavailable-for-legal-reasons': {
    status: 451,
    title: 'The agent is not shown for legal reasons',
    advice: '`detail` gives the time and the reason (RFC 7725).',
  },
  'revision-changed': {
    status: 412,
    title: 'The record changed meanwhile',
    advice: 'Read it again and repeat the change with its new `ETag`.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    advice: 'Stay below the limit in `detail`.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The media type is not understood',
    advice: 'Send `application/json`, `application/x-ndjson` for imports, or a card with its own media type.',
  },
  'wrong-host': {
    status: 421,
    title: 'This host name is not ours',
    advice: 'Use the registry’s own address, or add the name to `REGISTRY_ALLOWED_HOSTS`.',
  },
  'invalid-body': {
    status: 422,
    title: 'The body has faults',
    advice: 'See `errors`: each names the place by JSON pointer and what is wrong there. Nothing was stored.',
  },
  'unknown-card-format': {
    status: 422,
    title: 'The card’s format is not known',
    advice: 'Send an A2A agent card, an AgentVault card, an MCP `server.json`, or plain fields.',
  },
  'no-card-at-address': {
    status: 422,
    title: 'No card was found at that address',
    advice:
      'See `errors` for each address that was tried. Give the address of the card itself, or send the card. Private networks are opened by `REGISTRY_CARD_NETWORKS`.',
  },
  'peer-address-forbidden': {
    status: 422,
    title: 'Peers may not live at that address',
    advice: 'Use https and a public address, or allow the network with `REGISTRY_PEER_NETWORKS`.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key was used for another request',
    advice: 'Use a new key for a new request.',
  },
  'federation-disabled': {
    status: 409,
    title: 'Federation is switched off here',
    advice: 'Set `FEDERATION_ENABLED=true` and restart.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    advice: 'Wait as long as `Retry-After` says. The limits are settings `REGISTRY_RATE_*`.',
  },
  'quota-exceeded': {
    status: 429,
    title: 'The day’s quota is used up',
    advice:
      'For peers: wait as long as `Retry-After` says, or ask the operator of this registry for more. Operators set it with `peer quota set`.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The request headers are too large',
    advice: 'Send at most 16 KiB.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request came too slowly',
    advice: 'Send it again; bodies must arrive within 15 s, imports without a pause of 15 s.',
  },
  internal: {
    status: 500,
    title: 'A fault of this registry',
    advice: 'Tell the operator the request id in `instance`; the log has the cause.',
  },
  'secret-unreadable': {
    status: 500,
    title: 'A secret kept for a peer cannot be read',
    advice:
      'The operator enters the key of the peer anew, or gives it a new token; `secrets status` names what does not open. Other peers are not concerned.',
  },
  'storage-unavailable': {
    status: 503,
    title: 'The database does not answer',
    advice: 'Try again shortly; the operator finds the cause at `/readyz` and in the log.',
  },
  'storage-full': {
    status: 507,
    title: 'The database cannot be written',
    advice: 'The disk is full or read-only. Nothing of this request was stored; reads go on.',
  },
  overloaded: {
    status: 503,
    title: 'The registry has more to do than it can',
    advice:
      'Try again when `Retry-After` says. Searches of this registry alone go on. The operator finds in `docs/operations.md` what limits there are, and how several replicas share the work.',
  },
  'shutting-down': {
    status: 503,
    title: 'The registry is stopping',
    advice: 'Try again, or another replica.',
  },
}

/** One fault in what was sent. `pointer` is a JSON pointer (RFC 6901) into the body, or `?name` for a parameter. */
export type Fault = { readonly pointer: string; readonly message: string }

/** Thrown where a request cannot be served; one handler makes the answer of it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly code: ProblemCode
  readonly status: number
  readonly errors: readonly Fault[]
  readonly headers: Readonly<Record<string, string>>
  readonly members: Readonly<Record<string, string | number>>

  /** @param detail a sentence for the person: no stack, SQL, token or other party's data. */
  constructor(
    code: ProblemCode,
    detail: string,
    options: {
      readonly errors?: readonly Fault[]
      readonly headers?: Readonly<Record<string, string>>
      /** Further members of the problem document, for programs (RFC 9457, section 3.2). */
      readonly members?: Readonly<Record<string, string | number>>
      readonly cause?: unknown
    } = {},
  ) {
    super(detail, { cause: options.cause })
    this.code = code
    this.status = PROBLEMS[code].status
    this.errors = options.errors ?? []
    this.headers = options.headers ?? {}
    this.members = options.members ?? {}
  }
}

/** Marks code that a full switch never reaches. */
export function assertNever(value: never): never {
  throw new Error(`unexpected ${JSON.stringify(value)}`)
}
