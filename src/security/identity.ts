/**
 * This registry as its peers know it: by the key that signs for it. The keys are shared by all replicas; one that was
 * rotated by another replica is used here within seconds.
 */
import { type KeyObject, sign as signBytes, verify } from 'node:crypto'
import { findSigningKey, type IdentityKey, type IdentityStore } from '../domain/identity.ts'
import type { MessageSigner } from '../domain/peer.ts'
import { jwkOf, type PublicKey, toPrivateKey } from './ed25519-key.ts'
import { makeRegistryDocument, type WireRegistryDocument } from './registry-document.ts'

/** A key that signs, with its public half. */
export type SigningKey = Omit<MessageSigner, 'sign'> & {
  readonly sign: (bytes: Uint8Array) => Buffer
  readonly jwk: ReturnType<typeof jwkOf>
}

/** What a statement is for. A signature made for one purpose is none for another. */
export type StatementPurpose =
  | 'agent-registry-enrolment'
  | 'agent-registry-audit-head'
  | 'agent-registry-audit-start'

export interface SigningIdentity {
  /** The key that signs now. */
  current(): Promise<SigningKey>
  /** All keys that peers are shown, the one that signs now first. */
  list(): Promise<readonly IdentityKey[]>
  /** What is served at `/.well-known/agent-registry.json`. */
  document(): Promise<WireRegistryDocument>
  /** Signs something said to another registry outside a request's signature. */
  signStatement(
    purpose: StatementPurpose,
    bytes: Uint8Array,
  ): Promise<Pick<SigningKey, 'jwk'> & { readonly keyid: string; readonly signature: string }>
  /** Reads the keys anew: called after a change made here. */
  refresh(): void
}

/** A rotation made on another replica is seen after so long. */
const FRESH_MS = 5_000
/** The document is signed anew so often; it is valid for much longer. */
const DOCUMENT_MS = 600_000

type Known = { readonly keys: readonly IdentityKey[]; readonly signing: SigningKey }

/**
 * @param options.origin our public URL.
 * @param options.store keeps the keys; at least one is there.
 */
export function createIdentity(options: {
  readonly origin: string
  readonly store: Pick<IdentityStore, 'list'>
  /** Unix ms. */
  readonly now: () => number
}): SigningIdentity {
  const { origin, store, now } = options
  let known: { readonly value: Promise<Known>; readonly readAt: number } | null = null
  let made: { readonly document: WireRegistryDocument; readonly for: Known; readonly at: number } | null =
    null
  const privateKeys = new Map<string, KeyObject>()

  const read = async (): Promise<Known> => {
    const keys = await store.list()
    const signing = findSigningKey(keys, now())
    if (signing === undefined) throw new Error('this registry has no key that signs')
    const key = privateKeys.get(signing.thumbprint) ?? toPrivateKey(signing)
    privateKeys.clear()
    privateKeys.set(signing.thumbprint, key)
    return {
      keys: [signing, ...keys.filter((other) => other !== signing)],
      signing: {
        thumbprint: signing.thumbprint,
        jwk: jwkOf(signing.x),
        sign: (bytes) => signBytes(null, bytes, key),
      },
    }
  }
  const get = (): Promise<Known> => {
    const age = known === null ? Number.POSITIVE_INFINITY : now() - known.readAt
    if (known !== null && age >= 0 && age < FRESH_MS) return known.value
    const reading = { value: read(), readAt: now() }
    reading.value.catch(() => {
      if (known === reading) known = null
    })
    known = reading
    return reading.value
  }
  return {
    current: async () => (await get()).signing,
    list: async () => (await get()).keys,
    async document() {
      const current = await get()
      const isSame = made !== null && sameKeys(made.for, current)
      if (made === null || !isSame || Math.abs(now() - made.at) > DOCUMENT_MS) {
        made = { document: makeRegistryDocument(origin, current.keys, now()), for: current, at: now() }
      }
      return made.document
    },
    async signStatement(purpose, bytes) {
      const { thumbprint, jwk, sign } = (await get()).signing
      return { keyid: thumbprint, jwk, signature: sign(statement(purpose, bytes)).toString('base64url') }
    },
    refresh() {
      known = null
    },
  }
}

/** Whether the holder of `key` signed these bytes for this purpose. */
export function verifyStatement(
  purpose: StatementPurpose,
  bytes: Uint8Array,
  { signature, key }: { readonly signature: string; readonly key: Pick<PublicKey, 'key'> },
): boolean {
  return verify(null, statement(purpose, bytes), key.key, Buffer.from(signature, 'base64url'))
}

/** What RFC 9421 signs begins with a quotation mark, so that no statement is a request, nor a request a statement. */
function statement(purpose: StatementPurpose, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${purpose}\n`), bytes])
}

function sameKeys(one: Known, other: Known): boolean {
  const names = ({ keys }: Known): string => keys.map(({ thumbprint }) => thumbprint).join()
  return names(one) === names(other)
}
