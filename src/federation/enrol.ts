/**
 * Answers a registry that uses one of our invites. Anyone may knock here: what costs little is looked at first, nobody
 * without an invite makes us ask another address, and nothing is used up before the one that knocks has proved who it
 * is, by a signature and at its own address.
 */
import type { EnrolledPeer, EnrolResult, InviteStore, SpentInvite } from '../domain/invites.ts'
import { spentInvite } from '../domain/invites.ts'
import type { Peer } from '../domain/peer.ts'
import type { Clock, PeerStore } from '../domain/ports.ts'
import type { Actor } from '../domain/principal.ts'
import { assertNever, ProblemError } from '../problem.ts'
import { canonicalJwk, type PublicKey } from '../security/ed25519-key.ts'
import {
  type Enrolment,
  readEnrolment,
  type SignedMessage,
  signEnrolmentAnswer,
} from '../security/enrolment.ts'
import { fetchRegistryDocument } from '../security/fetch-registry-document.ts'
import type { SigningIdentity } from '../security/identity.ts'
import { hashInviteSecret } from '../security/invites.ts'
import type { Outbound } from '../security/outbound.ts'
import { normalizeRegistryUrl } from '../security/peer-url.ts'
import type { RegistryDocument } from '../security/registry-document.ts'
import { cleanLine } from '../security/text.ts'
import { hashToken, mintToken, tokenHint } from '../security/tokens.ts'
import type { RegistryIdentity } from '../wire/agent.ts'

export type EnrolDeps = {
  readonly self: RegistryIdentity
  readonly identity: SigningIdentity
  readonly outbound: Pick<Outbound, 'request'>
  readonly invites: Pick<InviteStore, 'findByHash'>
  readonly peers: Pick<PeerStore, 'enrol' | 'findByUrl'>
  readonly clock: Pick<Clock, 'now'>
  /** @throws ProblemError for our own address, or one outside what may be contacted. */
  readonly admitAddress: (registryUrl: string) => Promise<void>
}

export const DOCUMENT_TIMEOUT_MS = 5_000

/**
 * @param body what was sent, of any form.
 * @throws ProblemError with a sentence for the operator of the other side.
 */
export async function enrol(
  body: SignedMessage,
  requestId: string,
  deps: EnrolDeps,
): Promise<{ readonly answer: SignedMessage; readonly peer: Peer }> {
  const { invites, clock, self, identity } = deps
  const read = readEnrolment(body, self.url)
  if (!read.ok) throw refused(`The enrolment is refused. ${read.problem}`)
  const { message, key } = read
  const inviteHash = hashInviteSecret(message.secret)
  const invite = await invites.findByHash(inviteHash)
  const spent = spentInvite(invite, clock.now())
  if (spent !== null) throw inviteRefused(spent)
  const { origin: registryUrl, schemes } = await proveAddress(message, key, deps)
  const token = mintToken('avf')
  const result = await deps.peers.enrol(
    {
      ...peerOf(message, { registryUrl, key, schemes, token }),
      inviteHash,
      isActive: true,
      isInboundActive: true,
    },
    actorOf(invite?.id, requestId),
  )
  const { peer, isPending } = enrolledOrThrow(result)
  const answer = await signEnrolmentAnswer(
    {
      to: registryUrl,
      registryUrl: self.url,
      name: self.name,
      token,
      state: isPending ? 'pending' : 'active',
    },
    body,
    identity,
  )
  return { answer, peer }
}

/** A registry that has proved itself, with the tokens of both directions. */
export function peerOf(
  given: Pick<Enrolment, 'name' | 'token'>,
  {
    registryUrl,
    key,
    schemes,
    token,
  }: {
    readonly registryUrl: string
    readonly key: PublicKey
    /** That it says it knows. */
    readonly schemes: readonly string[]
    readonly token: string
  },
): Omit<EnrolledPeer, 'inviteHash' | 'isActive' | 'isInboundActive'> {
  return {
    name: cleanLine(given.name) || new URL(registryUrl).host,
    registryUrl,
    publicKey: canonicalJwk(key.x),
    // Both have keys; one that cannot sign requests with its own falls back to its token.
    signatureScheme: schemes.includes('rfc9421-ed25519') ? 'rfc9421-ed25519' : 'hmac-sha256',
    apiKey: given.token,
    token: { tokenHash: hashToken(token), hint: tokenHint(token), hmacSecret: token },
  }
}

/** @throws ProblemError unless a peer came of it. */
export function enrolledOrThrow(result: EnrolResult): Extract<EnrolResult, { kind: 'enrolled' }> {
  switch (result.kind) {
    case 'enrolled':
      return result
    case 'another-key':
      throw knownByAnotherKey()
    case 'invite-unknown':
    case 'invite-used':
    case 'invite-expired':
    case 'invite-revoked':
      throw inviteRefused(result)
    default:
      return assertNever(result)
  }
}

export function knownByAnotherKey(): ProblemError {
  return refused(
    'The registry at this address is known by another key. If its key has changed, the operators compare the new fingerprint, and the one it is refused by accepts it or removes the peer first.',
  )
}

/** What the registry at the claimed address says of itself, the key that signed included. */
async function proveAddress(message: Enrolment, key: PublicKey, deps: EnrolDeps): Promise<RegistryDocument> {
  const address = normalizeRegistryUrl(message.registryUrl)
  if (!address.ok) throw refused(`The enrolment is refused. ${address.problem}`)
  const { url } = address
  await deps.admitAddress(url)
  const known = await deps.peers.findByUrl(url)
  if (known !== undefined && known.publicKey !== null && known.publicKey !== canonicalJwk(key.x)) {
    throw knownByAnotherKey()
  }
  const read = await fetchRegistryDocument(url, {
    outbound: deps.outbound,
    now: () => deps.clock.now(),
    signal: AbortSignal.timeout(DOCUMENT_TIMEOUT_MS),
  })
  if (!read.ok) {
    throw refused(
      `This registry looked at ${url} for the key that signed, and could not find it. ${read.problem} The invite is not used up.`,
    )
  }
  if (!read.document.keys.some(({ thumbprint }) => thumbprint === key.thumbprint)) {
    throw refused(`The registry at ${url} does not have the key that signed. The invite is not used up.`)
  }
  return read.document
}

function inviteRefused(spent: SpentInvite): ProblemError {
  return new ProblemError('invite-refused', describeSpent(spent))
}

function describeSpent(spent: SpentInvite): string {
  switch (spent.kind) {
    case 'invite-unknown':
      return 'This registry knows no such invite.'
    case 'invite-used':
      return `This invite was used already, at ${timeOf(spent.at)}; each is good for one registry. Ask for a new one.`
    case 'invite-expired':
      return `This invite expired at ${timeOf(spent.at)}. Ask for a new one.`
    case 'invite-revoked':
      return `This invite was revoked at ${timeOf(spent.at)}. Ask for a new one.`
    default:
      return assertNever(spent)
  }
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}

function refused(detail: string): ProblemError {
  return new ProblemError('enrolment-refused', detail)
}

/** Whoever used it; the audit log has who made it. */
function actorOf(inviteId: string | undefined, requestId: string): Actor {
  return { id: `invite:${inviteId ?? ''}`, requestId }
}
