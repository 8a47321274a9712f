/**
 * A head of the chain with the registry's signature: kept where whoever owns the database cannot reach it, it shows
 * that the end of the log was cut off, or the log written anew.
 */
import { canonicalJson } from '../security/canonical-json.ts'
import { type jwkOf, readJwk } from '../security/ed25519-key.ts'
import { type SigningIdentity, verifyStatement } from '../security/identity.ts'
import type { ChainLink } from './chain.ts'

const HEAD_PURPOSE = 'agent-registry-audit-head'
const START_PURPOSE = 'agent-registry-audit-start'

export type SignedHead = {
  readonly registry_url: string
  readonly seq: number
  readonly hash: string
  /** When it was signed, RFC 3339. */
  readonly at: string
  /** RFC 7638 thumbprint of the key. */
  readonly keyid: string
  readonly public_key: ReturnType<typeof jwkOf>
  /** Ed25519 over `agent-registry-audit-head`, a line feed and the canonical JSON of the first four members; base64url. */
  readonly signature: string
}

/** Signs a link of the chain of the registry at `registryUrl`. @param now Unix ms. */
export async function signHead(
  { seq, hash }: ChainLink,
  {
    registryUrl,
    identity,
    now,
  }: { readonly registryUrl: string; readonly identity: SigningIdentity; readonly now: number },
): Promise<SignedHead> {
  const head = { registry_url: registryUrl, seq, hash, at: new Date(now).toISOString() }
  return { ...head, ...(await signed(HEAD_PURPOSE, head, identity)) }
}

export type StartProof = Pick<SignedHead, 'keyid' | 'public_key' | 'signature'>

/** Signs that the rows up to this link were removed rightly: the database's owner alone cannot say so. */
export function signStart(link: ChainLink, identity: SigningIdentity): Promise<StartProof> {
  return signed(START_PURPOSE, { hash: link.hash, seq: link.seq }, identity)
}

async function signed(
  purpose: typeof HEAD_PURPOSE | typeof START_PURPOSE,
  statement: object,
  identity: SigningIdentity,
): Promise<StartProof> {
  const { keyid, jwk, signature } = await identity.signStatement(
    purpose,
    Buffer.from(canonicalJson(statement)),
  )
  return { keyid, public_key: jwk, signature }
}

export type ReadHead =
  | { readonly ok: true; readonly head: SignedHead }
  | { readonly ok: false; readonly problem: string }

/** Reads what was kept of a head, and checks its signature by the key it names. */
export function readSignedHead(value: unknown): ReadHead {
  const head = Object(value) as Partial<SignedHead>
  const { registry_url, seq, hash, at } = head
  const isWhole =
    [registry_url, at].every((text) => typeof text === 'string') &&
    Number.isSafeInteger(seq) &&
    /^[0-9a-f]{64}$/.test(String(hash))
  if (!isWhole) return { ok: false, problem: 'It is no head of an audit log.' }
  const problem = checkSignature(HEAD_PURPOSE, { registry_url, seq, hash, at }, head)
  return problem === null ? { ok: true, head: head as SignedHead } : { ok: false, problem }
}

/** What is wrong with the proof that rows up to `link` were removed rightly; `null` when nothing is. */
export function findFaultOfStart(link: ChainLink, proof: unknown): string | null {
  return checkSignature(START_PURPOSE, { hash: link.hash, seq: link.seq }, Object(proof))
}

function checkSignature(
  purpose: typeof HEAD_PURPOSE | typeof START_PURPOSE,
  statement: object,
  { keyid, public_key, signature }: Partial<StartProof>,
): string | null {
  const key = readJwk(public_key)
  if (!key.ok) return `Its key cannot be used: ${key.problem}`
  if (key.key.thumbprint !== keyid) return 'Its key is not the one it names.'
  if (typeof signature !== 'string') return 'It is not signed.'
  const bytes = Buffer.from(canonicalJson(statement))
  return verifyStatement(purpose, bytes, { signature, key: key.key }) ? null : 'Its signature does not fit.'
}
