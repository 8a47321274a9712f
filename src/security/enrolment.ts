/**
 * What two registries say to each other when an invite is accepted: one enrols, the other answers. Both messages name
 * who they are for and are signed by the key of who says it, the answer over the message it answers; so neither can be
 * passed on to another registry, nor put in the place of another one.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import { type PublicKey, readJwk } from './ed25519-key.ts'
import { type SigningIdentity, verifyStatement } from './identity.ts'

/** Who accepts says this to who invited. */
export type Enrolment = {
  /** Public URL of the registry that invited. */
  readonly to: string
  /** Of the invite. */
  readonly secret: string
  readonly registryUrl: string
  readonly name: string
  /** By which `to` may ask from now on. */
  readonly token: string
}

export type EnrolmentAnswer = {
  readonly to: string
  readonly registryUrl: string
  readonly name: string
  readonly token: string
  /** `pending`: the token works once an operator has confirmed the enrolment. */
  readonly state: EnrolmentState
}

export type EnrolmentState = 'active' | 'pending'

/** A message as it is sent. */
export type SignedMessage = {
  readonly enrolment: Readonly<Record<string, unknown>>
  readonly proof: { readonly keyid: string; readonly signature: string }
}

export type ReadMessage<T> =
  | { readonly ok: true; readonly message: T; readonly key: PublicKey }
  | { readonly ok: false; readonly problem: string }

const VERSION = 1
const MAX_NAME_CHARS = 200
const MAX_TOKEN_CHARS = 4_096

export async function signEnrolment(
  { to, secret, registryUrl, name, token }: Enrolment,
  identity: Pick<SigningIdentity, 'current' | 'signStatement'>,
): Promise<SignedMessage> {
  const { jwk } = await identity.current()
  const message = { v: VERSION, to, secret, registry_url: registryUrl, name, token, public_key: jwk }
  return sign(message, identity)
}

/** @param self our public URL: a message for another registry is refused. */
export function readEnrolment(value: unknown, self: string): ReadMessage<Enrolment> {
  const read = readMessage(value, self)
  if (typeof read === 'string') return { ok: false, problem: read }
  const { enrolment, common } = read
  const { public_key, secret } = enrolment
  if (typeof secret !== 'string' || secret === '')
    return { ok: false, problem: 'It has no secret of an invite.' }
  const key = readJwk(public_key)
  if (!key.ok) return { ok: false, problem: `Its public key cannot be used. ${key.problem}` }
  if (!isProvenBy(key.key, read)) return { ok: false, problem: NOT_PROVEN }
  return { ok: true, message: { ...common, secret }, key: key.key }
}

/** @param request the enrolment that is answered, as it was received. */
export async function signEnrolmentAnswer(
  { to, registryUrl, name, token, state }: EnrolmentAnswer,
  request: SignedMessage,
  identity: Pick<SigningIdentity, 'current' | 'signStatement'>,
): Promise<SignedMessage> {
  const { jwk } = await identity.current()
  const about = { v: VERSION, to, registry_url: registryUrl, name, token, public_key: jwk }
  return sign({ ...about, state, answers: digestOf(request) }, identity)
}

/**
 * @param expected.self our public URL.
 * @param expected.from the registry that was asked.
 * @param expected.key the key it was known by before it was asked.
 * @param expected.request what it was asked.
 */
export function readEnrolmentAnswer(
  value: unknown,
  expected: {
    readonly self: string
    readonly from: string
    readonly key: PublicKey
    readonly request: SignedMessage
  },
): ReadMessage<EnrolmentAnswer> {
  const read = readMessage(value, expected.self)
  if (typeof read === 'string') return { ok: false, problem: read }
  const { enrolment, common } = read
  const { state, answers } = enrolment
  if (!isProvenBy(expected.key, read)) return { ok: false, problem: NOT_PROVEN }
  if (common.registryUrl !== expected.from) return { ok: false, problem: 'It speaks for another registry.' }
  if (answers !== digestOf(expected.request)) return { ok: false, problem: 'It answers another enrolment.' }
  if (state !== 'active' && state !== 'pending')
    return { ok: false, problem: 'It does not say what state it is in.' }
  return { ok: true, message: { ...common, state }, key: expected.key }
}

type ReadCommon = {
  readonly enrolment: Readonly<Record<string, unknown>>
  readonly proof: { readonly keyid: string; readonly signature: string }
  readonly common: Pick<Enrolment, 'to' | 'registryUrl' | 'name' | 'token'>
}

const NOT_PROVEN = 'Its proof is not a signature of its key over this very message.'

/** What both messages have; or what is wrong. */
function readMessage(value: unknown, self: string): ReadCommon | string {
  if (!isRecord(value) || !isRecord(value.enrolment) || !isRecord(value.proof)) {
    return 'It does not consist of an enrolment and its proof.'
  }
  const { enrolment } = value
  const { keyid, signature } = value.proof
  if (typeof keyid !== 'string' || typeof signature !== 'string')
    return 'Its proof has no keyid and signature.'
  const { v, to, registry_url: registryUrl, name, token } = enrolment
  if (v !== VERSION) return 'It is of a kind that this version does not know.'
  if (to !== self) return 'It is meant for another registry, or for another address of this one.'
  if (typeof registryUrl !== 'string') return 'It has no registry_url.'
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_CHARS) return 'It has no name.'
  // Sent in a header later, where anything else would be refused or cut.
  if (typeof token !== 'string' || token.length > MAX_TOKEN_CHARS || !/^[\x21-\x7e]+$/.test(token)) {
    return 'It has no token that can be sent.'
  }
  return { enrolment, proof: { keyid, signature }, common: { to, registryUrl, name, token } }
}

function isProvenBy(key: PublicKey, { enrolment, proof }: ReadCommon): boolean {
  if (proof.keyid !== key.thumbprint) return false
  return verifyStatement('agent-registry-enrolment', bytesOf(enrolment), { signature: proof.signature, key })
}

async function sign(
  enrolment: SignedMessage['enrolment'],
  identity: Pick<SigningIdentity, 'signStatement'>,
): Promise<SignedMessage> {
  const { keyid, signature } = await identity.signStatement('agent-registry-enrolment', bytesOf(enrolment))
  return { enrolment, proof: { keyid, signature } }
}

function bytesOf(enrolment: SignedMessage['enrolment']): Uint8Array {
  return Buffer.from(canonicalJson(enrolment))
}

function digestOf({ enrolment }: SignedMessage): string {
  return createHash('sha256').update(bytesOf(enrolment)).digest('base64url')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
