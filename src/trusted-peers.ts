/**
 * Applies the trusted peers file at start. What an operator changed since is never overwritten in silence: the file
 * adds peers and, where it differs from what is stored, says so.
 */
import type { TrustedPeer } from './config.ts'
import type { PeerCredentials, PeerId } from './domain/peer.ts'
import type { PeerStore } from './domain/ports.ts'
import { SecretBoxError } from './domain/secrets.ts'

const ACTOR = { id: 'peers-file', requestId: null }

/** @returns a sentence for each peer added and for each difference left as it is. */
export async function applyTrustedPeers(
  trusted: readonly TrustedPeer[],
  peers: Pick<PeerStore, 'create' | 'findByUrl' | 'getCredentials'>,
): Promise<string[]> {
  const notices: string[] = []
  for (const wanted of trusted) notices.push(...(await applyOne(wanted, peers)))
  return notices
}

async function applyOne(
  wanted: TrustedPeer,
  peers: Pick<PeerStore, 'create' | 'findByUrl' | 'getCredentials'>,
): Promise<string[]> {
  const known = await peers.findByUrl(wanted.url)
  if (!known) {
    const { kind } = await peers.create(
      {
        name: wanted.name,
        registryUrl: wanted.url,
        isActive: true,
        isInboundActive: false,
        apiKey: wanted.apiKey,
        signingSecret: wanted.signingSecret,
        protocol: wanted.protocol,
        timeoutMs: null,
        publicKey: wanted.publicKey,
        // Who is known by a key signs with it; anything weaker would be a way around the key.
        signatureScheme: wanted.publicKey === null ? 'hmac-sha256' : 'rfc9421-ed25519',
        signatureTarget: 'path-and-query',
        requireSignature: null,
        priority: 0,
        metadata: {},
        sharePolicy: null,
        quota: null,
      },
      ACTOR,
    )
    return kind === 'created'
      ? [`Peer "${wanted.name}" (${wanted.url}) was added from the peers file.`]
      : [
          `Peer "${wanted.name}" of the peers file was not added: another peer has this name. Rename one of them.`,
        ]
  }
  const credentials = await readCredentials(known.id, peers)
  if (credentials === null) {
    return [
      `The credentials kept of peer "${known.name}" do not open with this key ring: give it its api_key anew (PUT /api/v1/federation/peers/${known.id}).`,
    ]
  }
  const differences = [
    known.name === wanted.name ? null : 'name',
    known.isActive ? null : 'is_active',
    known.protocol === wanted.protocol ? null : 'protocol',
    wanted.publicKey === null || known.publicKey === wanted.publicKey ? null : 'public_key',
    wanted.apiKey === null || credentials.apiKey === wanted.apiKey ? null : 'api_key',
    wanted.signingSecret === null || credentials.signingSecret === wanted.signingSecret
      ? null
      : 'signing_secret',
  ].filter((name) => name !== null)
  return differences.length === 0
    ? []
    : [
        `Peer ${wanted.url} differs from the peers file (${differences.join(', ')}); the stored values are kept. Change them with "peer" commands.`,
      ]
}

/** Null where they do not open: one spoiled peer keeps no registry from starting. */
async function readCredentials(
  id: PeerId,
  peers: Pick<PeerStore, 'getCredentials'>,
): Promise<PeerCredentials | null> {
  try {
    return await peers.getCredentials(id)
  } catch (error) {
    if (error instanceof SecretBoxError) return null
    throw error
  }
}
