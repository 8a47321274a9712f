/** Peers as operators write them. */

import { mergePatch } from '../cards/merge-patch.ts'
import { isObject } from '../cards/place.ts'
import { type Peer, SIGNATURE_SCHEMES, type SignatureScheme, type SignatureTarget } from '../domain/peer.ts'
import { type PeerQuota, quotaFromWire, quotaToWire, type WirePeerQuota } from '../domain/peer-quota.ts'
import type { PeerPatch } from '../domain/ports.ts'
import { policyToWire, type ReadPolicy, readSharePolicy } from '../domain/read-share-policy.ts'
import type { SharePolicy } from '../domain/share-policy.ts'
import { findProtocol, PROTOCOLS } from '../federation/protocols/index.ts'
import type { Fault } from '../problem.ts'
import { canonicalJwk, type ReadKey, readPublicKey } from '../security/ed25519-key.ts'
import { normalizeRegistryUrl, type RegistryUrl } from '../security/peer-url.ts'
import { cleanLine } from '../security/text.ts'
import {
  boolean,
  nullable,
  type ObjectSchema,
  type OptionalSchema,
  oneOf,
  optional,
  record,
  type Schema,
  type Static,
  strictObject,
} from './json-schema.ts'
import { readTlsChange, TLS_OPTIONS } from './peer-tls-input.ts'
import { count, text } from './schemas.ts'
import { invalidBody } from './validation.ts'

type Metadata = Readonly<Record<string, unknown>>
type Nullable<T> = OptionalSchema<T | null>

const mayBeNull = <T>(schema: Schema<T>): Nullable<T> => optional(nullable(schema))

const MAX_SECRET_CHARS = 4_096
const MAX_METADATA_CHARS = 8_192

type OptionSchemas = typeof TLS_OPTIONS & {
  api_key: Nullable<string>
  signing_secret: Nullable<string>
  protocol: OptionalSchema<string>
  timeout_ms: Nullable<number>
  signature_target: OptionalSchema<SignatureTarget>
  require_signature: Nullable<boolean>
  priority: OptionalSchema<number>
  size_confirmed: OptionalSchema<boolean>
  metadata: Nullable<Record<string, unknown>>
  is_active: OptionalSchema<boolean>
  inbound_active: OptionalSchema<boolean>
  public_key: Nullable<string>
  signature_scheme: OptionalSchema<SignatureScheme>
  share_policy: Nullable<Record<string, unknown>>
  quota: Nullable<SentQuota>
}

/** What can be said of a peer beside its name and address. */
type SentQuota = Partial<WirePeerQuota>

const bounded = (what: string): Nullable<number> =>
  mayBeNull(count(`${what}; null for no end.`, { minimum: 1 }))

const QUOTA: Schema<SentQuota> = strictObject({
  queries_per_day: bounded('Questions: searches, single records and cards'),
  results_per_day: bounded('Records in answers'),
  bytes_per_day: bounded('Bytes of answers'),
})

export const OPTIONS: OptionSchemas = {
  api_key: mayBeNull(text('The key or token the peer gave us.', MAX_SECRET_CHARS)),
  signing_secret: mayBeNull(
    text('The secret the peer gave us for signing; without it the key signs.', MAX_SECRET_CHARS),
  ),
  protocol: optional(
    oneOf(
      PROTOCOLS.map(({ name }) => name),
      { description: 'How the peer is spoken to.' },
    ),
  ),
  timeout_ms: mayBeNull(count('How long it may take to answer.', { minimum: 50, maximum: 60_000 })),
  signature_target: optional(
    oneOf(['path-and-query', 'path'], {
      description: 'What signatures between us cover of the address.',
    }),
  ),
  require_signature: mayBeNull(
    boolean({
      description: 'Whether its requests must be signed; null follows FEDERATION_REQUIRE_SIGNATURE.',
    }),
  ),
  priority: optional(
    count('Of copies of one agent, the one of the larger priority is shown.', {
      minimum: -1_000,
      maximum: 1_000,
    }),
  ),
  size_confirmed: optional(
    boolean({
      description:
        'You vouch for how many records it says it has: how common words are counts in full, also if it is larger than all others together.',
    }),
  ),
  metadata: mayBeNull(record({ description: 'Notes of yours, any JSON object.' })),
  is_active: optional(boolean({ description: 'We ask it.' })),
  inbound_active: optional(boolean({ description: 'It may ask us.' })),
  public_key: mayBeNull(
    text('The Ed25519 key it signs with, as JWK or PEM; compare its fingerprint with its operator.', 4_096),
  ),
  signature_scheme: optional(
    oneOf([...SIGNATURE_SCHEMES], {
      description:
        'What requests to it are signed with, and the weakest its own may be signed with. `rfc9421-ed25519` needs its public key, and its answers must be signed too.',
    }),
  ),
  share_policy: mayBeNull(
    record({
      description:
        'What it may see of our federated records: `include`, `exclude`, `fields`, `max_results`. Null shares them all.',
    }),
  ),
  quota: mayBeNull(QUOTA),
  ...TLS_OPTIONS,
}

const NAME: Schema<string> = text('Shown with its results; unique without case.', 200)
const REGISTRY_URL: Schema<string> = text('Its public address.', 500)

export const PEER_BODY: ObjectSchema<{ name: Schema<string>; registry_url: Schema<string> } & OptionSchemas> =
  strictObject(
    { name: NAME, registry_url: REGISTRY_URL, ...OPTIONS },
    {
      examples: [
        {
          name: 'Partner Registry',
          registry_url: 'https://partner.example',
          api_key: 'avf_…',
          signing_secret: '…',
        },
      ],
    },
  )
export const PEER_CHANGE_BODY: ObjectSchema<
  { name: OptionalSchema<string>; registry_url: OptionalSchema<string> } & OptionSchemas
> = strictObject(
  { name: optional(NAME), registry_url: optional(REGISTRY_URL), ...OPTIONS },
  { examples: [{ is_active: false }] },
)

export type PeerChange = Static<typeof PEER_CHANGE_BODY>

/**
 * What is to change, `null` having cleared what can be cleared.
 *
 * @param known what there is, into which metadata and share policy of the body are merged (RFC 7396).
 * @throws ProblemError 422 with every fault.
 */
export function readPeerChange(body: PeerChange, known: KnownPeer = NOTHING_KNOWN): PeerPatch {
  const metadata = mergedMetadata(body, known.metadata)
  const sharing = mergedPolicy(body, known.sharePolicy)
  const tls = readTlsChange(body)
  const faults = [
    ...tls.faults,
    ...faultsOfTexts(body),
    ...faultsOfMetadata(metadata),
    ...faultsOfPolicy(sharing),
  ]
  const name = body.name === undefined ? undefined : cleanLine(body.name)
  if (name === '') faults.push({ pointer: '/name', message: 'Takes a name that can be seen.' })
  const url: RegistryUrl | undefined =
    body.registry_url === undefined ? undefined : normalizeRegistryUrl(body.registry_url)
  if (url?.ok === false) faults.push({ pointer: '/registry_url', message: url.problem })
  const key = readKey(body)
  if (key?.ok === false) faults.push({ pointer: '/public_key', message: key.problem })
  if (faults.length > 0) throw invalidBody(faults)
  return {
    ...tls.patch,
    ...(body.public_key !== undefined && { publicKey: key?.ok ? canonicalJwk(key.key.x) : null }),
    ...(body.signature_scheme !== undefined && { signatureScheme: body.signature_scheme }),
    ...(name !== undefined && { name }),
    ...(url?.ok && { registryUrl: url.url }),
    ...(body.api_key !== undefined && { apiKey: body.api_key }),
    ...(body.signing_secret !== undefined && { signingSecret: body.signing_secret }),
    ...(body.protocol !== undefined && { protocol: body.protocol }),
    ...(body.timeout_ms !== undefined && { timeoutMs: body.timeout_ms }),
    ...(body.signature_target !== undefined && { signatureTarget: body.signature_target }),
    ...(body.require_signature !== undefined && { requireSignature: body.require_signature }),
    ...(body.priority !== undefined && { priority: body.priority }),
    ...(body.size_confirmed !== undefined && { isSizeConfirmed: body.size_confirmed }),
    ...(metadata !== undefined && { metadata }),
    ...(sharing?.ok && { sharePolicy: sharing.policy }),
    ...(body.quota !== undefined && { quota: mergedQuota(body.quota, known.quota) }),
    ...(body.is_active !== undefined && { isActive: body.is_active }),
    ...(body.inbound_active !== undefined && { isInboundActive: body.inbound_active }),
  }
}

function readKey({ public_key: text }: PeerChange): ReadKey | undefined {
  return typeof text === 'string' ? readPublicKey(text) : undefined
}

/**
 * A peer whose requests must be signed with a key has one.
 * @throws ProblemError 422.
 */
export function requireKeyForScheme(
  patch: PeerPatch,
  current: Pick<Peer, 'publicKey' | 'signatureScheme'>,
): void {
  const { publicKey, signatureScheme } = { ...current, ...patch }
  if (signatureScheme !== 'rfc9421-ed25519' || publicKey !== null) return
  const pointer = patch.publicKey === null ? '/public_key' : '/signature_scheme'
  const message =
    'Signatures by rfc9421-ed25519 are checked with the public key of the peer: give it as public_key, or take hmac-sha256.'
  throw invalidBody([{ pointer, message }])
}

type KnownPeer = Pick<Peer, 'metadata' | 'sharePolicy' | 'quota'>
const NOTHING_KNOWN: KnownPeer = { metadata: {}, sharePolicy: null, quota: null }

function mergedQuota(sent: SentQuota | null, known: PeerQuota | null): PeerQuota | null {
  return sent === null ? null : quotaFromWire({ ...quotaToWire(known), ...sent })
}

type ReadSharing = ReadPolicy | { readonly ok: true; readonly policy: null }

function mergedPolicy(
  { share_policy: sent }: PeerChange,
  known: SharePolicy | null,
): ReadSharing | undefined {
  if (sent === undefined) return undefined
  if (sent === null) return { ok: true, policy: null }
  return readSharePolicy(mergePatch(known === null ? {} : policyToWire(known), sent))
}

function faultsOfPolicy(sharing: ReadSharing | undefined): Fault[] {
  if (sharing === undefined || sharing.ok) return []
  return sharing.faults.map(({ pointer, message }) => ({ pointer: `/share_policy${pointer}`, message }))
}

function mergedMetadata({ metadata }: PeerChange, known: Metadata): Metadata | undefined {
  if (metadata === undefined) return undefined
  const merged = mergePatch(known, metadata ?? {})
  return metadata !== null && isObject(merged) ? merged : {}
}

function faultsOfMetadata(metadata: Metadata = {}): Fault[] {
  const text = JSON.stringify(metadata)
  const refuse = (message: string): Fault[] => [{ pointer: '/metadata', message }]
  if (text.length > MAX_METADATA_CHARS)
    return refuse(`Takes at most ${MAX_METADATA_CHARS} characters of JSON.`)
  // PostgreSQL cannot keep NUL, nor half a surrogate pair, which alone are escaped like this.
  return /\\u(?:0000|d[89a-f])/.test(text) ? refuse('Takes text without NUL and with whole characters.') : []
}

function faultsOfTexts(body: PeerChange): Fault[] {
  const faults: Fault[] = []
  for (const name of ['api_key', 'signing_secret'] as const) {
    const secret = body[name]
    // Sent in a header, where anything else would be refused or cut.
    if (typeof secret === 'string' && !/^[\x21-\x7e]+$/.test(secret)) {
      faults.push({ pointer: `/${name}`, message: 'Takes visible ASCII characters without blanks.' })
    }
  }
  if (body.protocol !== undefined && findProtocol(body.protocol) === undefined) {
    faults.push({ pointer: '/protocol', message: 'This registry does not speak it.' })
  }
  return faults
}
