/** A peer: another registry we federate with, one row for both directions. */
import type { PeerQuota } from './peer-quota.ts'
import type { TokenId } from './principal.ts'
import type { SharePolicy } from './share-policy.ts'

export type PeerId = string & { readonly __brand: 'PeerId' }

/**
 * `degraded`: failing, below the threshold, or back with too few successes. Then, by the last cause, `timeout`, `unreachable` or `error`
 * (our side or theirs failed the request), `unhealthy` (it answers, but wrongly).
 */
export type PeerHealthStatus =
  | 'unknown'
  | 'healthy'
  | 'degraded'
  | 'timeout'
  | 'unreachable'
  | 'error'
  | 'unhealthy'
export const PEER_HEALTH_STATUSES: readonly PeerHealthStatus[] = [
  'unknown',
  'healthy',
  'degraded',
  'timeout',
  'unreachable',
  'error',
  'unhealthy',
]

export type PeerHealth = {
  readonly status: PeerHealthStatus
  readonly consecutiveFailures: number
  readonly consecutiveSuccesses: number
  readonly responseTimeMs: number | null
  /** One sentence without secrets or internals; `null` while all is well. */
  readonly error: string | null
  readonly lastCheckAt: number | null
  readonly agentCount: number
  /** Their clock minus ours, in seconds, as of the last answer. */
  readonly clockSkewSeconds: number | null
}

/** What the HMAC signature of a request to this peer covers: path and query, or the path alone. */
export type SignatureTarget = 'path-and-query' | 'path'

/** How requests between registries can be signed, the strongest first. */
export type SignatureScheme = 'rfc9421-ed25519' | 'hmac-sha256'
export const SIGNATURE_SCHEMES: readonly SignatureScheme[] = ['rfc9421-ed25519', 'hmac-sha256']

/** A key that a peer shows and nobody here has accepted. */
export type OfferedKey = {
  /** See `Peer.publicKey`. */
  readonly publicKey: string
  /** The key we know the peer by has signed for it. */
  readonly isAnnounced: boolean
  /** Unix ms. */
  readonly seenAt: number
}

/** How far a peer's changes were read; `null` before the first time. */
export type PeerPosition = {
  /** The number of the last change seen, as the peer counts them. */
  readonly position: number | null
  /** The sequence that the number belongs to: in another one it means nothing. */
  readonly epoch: string | null
}

export type Peer = {
  readonly id: PeerId
  readonly name: string
  /** Normalised: see `normalizeRegistryUrl`. Unique, never our own. */
  readonly registryUrl: string
  /** We ask it. */
  readonly isActive: boolean
  /** It may ask us. */
  readonly isInboundActive: boolean
  readonly protocol: string
  readonly timeoutMs: number | null
  /** The Ed25519 key it is known by here, as `canonicalJwk` writes it. */
  readonly publicKey: string | null
  /** The key it was known by before, if it has announced its successor: good for as long as the peer shows it. */
  readonly previousPublicKey: string | null
  readonly offeredKey: OfferedKey | null
  /** What we sign our requests to it with, and the weakest that its requests to us may be signed with. */
  readonly signatureScheme: SignatureScheme
  readonly signatureTarget: SignatureTarget
  /** Overrides `FEDERATION_REQUIRE_SIGNATURE` for this peer's requests to us; `null` follows it. */
  readonly requireSignature: boolean | null
  /** Operator's preference among copies of one agent: larger is shown first. */
  readonly priority: number
  /** An operator vouches for how many records it says it has: its figures of words count in full. */
  readonly isSizeConfirmed: boolean
  /** It used an invite, and no operator has confirmed it yet: nothing passes in either direction. */
  readonly awaitsConfirmation: boolean
  /** Its requests must come with a client certificate of its own, whose key is one of `clientPins`. */
  readonly requireMtls: boolean
  /** SHA-256 of the public keys its client certificate may have, base64: the present one and the next. */
  readonly clientPins: readonly string[]
  /** The same of its server certificate; empty takes any that is good for its address. */
  readonly serverPins: readonly string[]
  /** Authorities that its server certificate is signed by, PEM; `null` takes those everybody trusts. */
  readonly serverCa: string | null
  /** What we show to it when we ask, those that vouch for it behind it, PEM. */
  readonly clientCertificate: string | null
  readonly hasApiKey: boolean
  readonly hasSigningSecret: boolean
  readonly metadata: Readonly<Record<string, unknown>>
  /** What it may see of our federated records; `null` shares them all. */
  readonly sharePolicy: SharePolicy | null
  /** How much it may take in a day; `null` for no end. */
  readonly quota: PeerQuota | null
  /** Raised to forget everything cached of this peer at once. */
  readonly epoch: number
  readonly health: PeerHealth
  readonly lastSyncAt: number | null
  /** Answers fetched before this have been overtaken by changes at the peer; Unix ms. */
  readonly staleBefore: number | null
  readonly sync: PeerPosition
  readonly createdAt: number
  readonly updatedAt: number
}

/** What we present to a peer when we ask it. Never leaves the process but on the wire to that peer. */
export type PeerCredentials = {
  readonly apiKey: string | null
  /** HMAC secret; `null` means the api key signs, as the design document has it. */
  readonly signingSecret: string | null
  /** The key we sign with, for peers that know us by it. */
  readonly signer?: () => Promise<MessageSigner>
}

/** A key of ours that signs; its thumbprint names it. */
export type MessageSigner = {
  /** RFC 7638. */
  readonly thumbprint: string
  /** Ed25519 over the bytes as they are: 64 bytes. */
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

/** `hmac`: a separate signing secret was handed over; `hmac-token`: the token itself signs. */
export type TokenScheme = 'hmac' | 'hmac-token'
export const TOKEN_SCHEMES: readonly TokenScheme[] = ['hmac', 'hmac-token']

/** A key this registry gave to a peer. The token itself is shown once and kept as a hash. */
export type FederationToken = {
  readonly id: TokenId
  readonly peerId: PeerId
  readonly scheme: TokenScheme
  /** Prefix and last four characters. */
  readonly hint: string
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  /** When another was made in its place; it still opens doors until `expiresAt`. */
  readonly rotatedAt: number | null
  readonly revokedAt: number | null
}
