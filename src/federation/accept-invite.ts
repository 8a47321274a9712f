/**
 * Uses another registry's invite: makes sure that it is the one that made it, enrols with it, and keeps it as a peer
 * once it has answered with its own signature.
 */
import type { Peer } from '../domain/peer.ts'
import type { Actor } from '../domain/principal.ts'
import type { SharePolicy } from '../domain/share-policy.ts'
import { ProblemError } from '../problem.ts'
import { canonicalJwk, type PublicKey } from '../security/ed25519-key.ts'
import {
  type EnrolmentAnswer,
  type EnrolmentState,
  readEnrolmentAnswer,
  type SignedMessage,
  signEnrolment,
} from '../security/enrolment.ts'
import { fetchRegistryDocument } from '../security/fetch-registry-document.ts'
import { type InvitePaste, parseInvite } from '../security/invites.ts'
import { parseJson } from '../security/json-guard.ts'
import type { OutboundResponse } from '../security/outbound.ts'
import { maskSecrets } from '../security/redact.ts'
import type { RegistryDocument } from '../security/registry-document.ts'
import { cleanLine } from '../security/text.ts'
import { mintToken } from '../security/tokens.ts'
import { DOCUMENT_TIMEOUT_MS, type EnrolDeps, enrolledOrThrow, knownByAnotherKey, peerOf } from './enrol.ts'

export type AcceptChoice = {
  /** What to call it here; what it calls itself, if not given. */
  readonly name?: string
  readonly isActive: boolean
  readonly isInboundActive: boolean
  readonly sharePolicy?: SharePolicy | null
}

export type Accepted = {
  readonly peer: Peer
  /** `pending`: its operator has to confirm us. */
  readonly state: EnrolmentState
  readonly keyThumbprint: string
}

/** Where a registry takes enrolments. */
export const ENROL_PATH = '/api/v1/federation/enroll'
/** The other side looks at our address meanwhile. */
const ENROL_TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 64 * 1024
const MAX_DEPTH = 8
const MAX_EXPLANATION_CHARS = 400

/** @throws ProblemError with a sentence for our own operator. */
export async function acceptInvite(
  paste: string,
  choice: AcceptChoice,
  { actor, ...deps }: EnrolDeps & { readonly actor: Actor },
): Promise<Accepted> {
  const invite = readPaste(paste, deps)
  await deps.admitAddress(invite.registryUrl)
  const { keys, schemes } = await findRegistry(invite, deps)
  const [key] = keys
  const token = mintToken('avf')
  const answer = await askToEnrol({ invite, key, token }, deps)
  const result = await deps.peers.enrol(
    {
      ...peerOf(
        { ...answer, name: choice.name ?? answer.name },
        { registryUrl: invite.registryUrl, key, schemes, token },
      ),
      ...{ inviteHash: null, isActive: choice.isActive, isInboundActive: choice.isInboundActive },
      ...(choice.sharePolicy !== undefined && { sharePolicy: choice.sharePolicy }),
    },
    actor,
  )
  return { peer: enrolledOrThrow(result).peer, state: answer.state, keyThumbprint: key.thumbprint }
}

function readPaste(paste: string, { clock }: Pick<EnrolDeps, 'clock'>): InvitePaste {
  const read = parseInvite(paste)
  const problem = !read.ok
    ? read.problem
    : read.invite.expiresAt <= clock.now()
      ? `This invite expired at ${new Date(read.invite.expiresAt).toISOString()}; ask for a new one.`
      : null
  if (read.ok && problem === null) return read.invite
  throw new ProblemError('invite-refused', problem ?? '')
}

/** The registry that made the invite: its key vouches for the one that signs now. */
async function findRegistry(invite: InvitePaste, deps: EnrolDeps): Promise<RegistryDocument> {
  const { registryUrl, keyThumbprint } = invite
  const read = await fetchRegistryDocument(registryUrl, {
    outbound: deps.outbound,
    now: () => deps.clock.now(),
    signal: AbortSignal.timeout(DOCUMENT_TIMEOUT_MS),
  })
  if (!read.ok) throw failed(`The registry at ${registryUrl} cannot be enrolled with. ${read.problem}`)
  const { keys } = read.document
  if (!keys.some(({ thumbprint }) => thumbprint === keyThumbprint)) {
    throw failed(
      `The registry at ${registryUrl} is not the one that made this invite: it does not have the key ${keyThumbprint}. Nothing was sent to it.`,
    )
  }
  const [key] = keys
  const known = await deps.peers.findByUrl(registryUrl)
  if ((known?.publicKey ?? null) !== null && known?.publicKey !== canonicalJwk(key.x))
    throw knownByAnotherKey()
  return read.document
}

async function askToEnrol(
  { invite, key, token }: { readonly invite: InvitePaste; readonly key: PublicKey; readonly token: string },
  { self, identity, outbound }: EnrolDeps,
): Promise<EnrolmentAnswer> {
  const { registryUrl, secret } = invite
  const about = { to: registryUrl, secret, registryUrl: self.url, name: self.name, token }
  const request: SignedMessage = await signEnrolment(about, identity)
  const result = await outbound.request({
    ...{ purpose: 'peer', peerOrigin: registryUrl, url: registryUrl + ENROL_PATH, method: 'POST' },
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(request)),
    signal: AbortSignal.timeout(ENROL_TIMEOUT_MS),
    maxBodyBytes: MAX_ANSWER_BYTES,
  })
  if (result.kind === 'failed')
    throw failed(`The registry at ${registryUrl} did not enrol us. ${result.detail}`)
  const json = parseJson(result.body, { maxDepth: MAX_DEPTH, isPlaceTold: false })
  const value = json.ok ? json.value : undefined
  if (result.status !== 201)
    throw failed(describeRefusal(result, value, { registryUrl, hidden: [secret, token] }))
  const read = readEnrolmentAnswer(value, { self: self.url, from: registryUrl, key, request })
  if (read.ok) return read.message
  throw failed(`The answer of ${registryUrl} is not one to an enrolment. ${read.problem}`)
}

/** What the other registry says of it, without what we told it. */
function describeRefusal(
  { status }: OutboundResponse,
  value: unknown,
  { registryUrl, hidden }: { readonly registryUrl: string; readonly hidden: readonly string[] },
): string {
  const { detail } = (value ?? {}) as { readonly detail?: unknown }
  if (typeof detail !== 'string')
    return `The registry at ${registryUrl} did not enrol us: it answered ${status}.`
  const cleaned = hidden.reduce((text, secret) => text.replaceAll(secret, ''), cleanLine(detail))
  const told = [...maskSecrets(cleaned)].slice(0, MAX_EXPLANATION_CHARS).join('')
  return `The registry at ${registryUrl} did not enrol us. It says: ${told}`
}

function failed(detail: string): ProblemError {
  return new ProblemError('enrolment-failed', detail)
}
