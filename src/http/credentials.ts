/** Which credential a request carries, and whose it is. */
import type { IncomingHttpHeaders } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { KeyStore, TokenStore } from '../domain/credential-ports.ts'
import type { Peer } from '../domain/peer.ts'
import type { Clock } from '../domain/ports.ts'
import type { PeerCaller, Principal } from '../domain/principal.ts'
import type { SessionStore } from '../domain/sessions.ts'
import { hashToken, isWellFormedToken } from '../security/tokens.ts'

/** What a request carries: nothing, something that cannot be a credential of ours, or a key or token by its form. */
export type Presented =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'key' | 'token'; readonly text: string }

/** Reads `Authorization: Bearer` or `X-Api-Key`. Nothing is looked up: what has not our form is refused here. */
export function readCredential(headers: IncomingHttpHeaders): Presented {
  const text = credentialText(headers)
  if (text === null) return { kind: 'none' }
  if (text === undefined) {
    const isTwice = headers.authorization !== undefined && headers['x-api-key'] !== undefined
    return malformed(
      isTwice
        ? 'Send the key once: as `Authorization: Bearer <key>` or as `X-Api-Key`, not both.'
        : 'The Authorization header is not of the form `Bearer <key>`.',
    )
  }
  if (isWellFormedToken(text, 'ava')) return { kind: 'key', text }
  if (isWellFormedToken(text, 'avf')) return { kind: 'token', text }
  return malformed('This is not a key of this registry: its form is wrong, perhaps a part of it is missing.')
}

/** The credential itself, of whatever form; null when there is none, undefined when it is not sent as it must be. */
export function credentialText(headers: IncomingHttpHeaders): string | null | undefined {
  const { authorization, 'x-api-key': apiKey } = headers
  if (authorization === undefined) return apiKey === undefined ? null : single(apiKey)
  return apiKey === undefined ? /^Bearer +(\S+) *$/i.exec(authorization)?.[1] : undefined
}

/** Node joins repeated headers of this kind, and leaves a list of others. */
function single(header: string | string[]): string | undefined {
  return typeof header === 'string' ? header : undefined
}

/** Who a credential belongs to, with what is needed to check a peer's request further. */
export type Holder =
  | { readonly kind: 'key'; readonly principal: Extract<Principal, { kind: 'key' }> }
  | {
      readonly kind: 'peer'
      readonly principal: PeerCaller
      readonly peer: Peer
      readonly hmacSecret: string
    }

/** A key, a peer's token, or the token of a session, which stands for its key. */
export type CredentialKind = 'key' | 'token' | 'session'

export interface CredentialLookup {
  /** The holder of a live credential; undefined when there is none. */
  find(presented: { readonly kind: CredentialKind; readonly text: string }): Promise<Holder | undefined>
  /**
   * The holder of the key or token with this `hashToken`, found live within the last seconds, without a look-up. Of a
   * session nothing: what it opens depends on more than its token.
   */
  recall(hash: string): Holder | undefined
  /** Whether the credential was good within the last minutes, asked without looking it up. */
  wasGood(text: string): boolean
  /** Forgets everything, so that a revocation holds at once in this process. */
  forget(): void
}

const FRESH_MS = 5_000 // revocation holds on all replicas within 5 s
const REMEMBERED_MS = 10 * 60_000
const MAX_REMEMBERED = 10_000

type Remembered = {
  readonly kind: CredentialKind
  /** Null for a session that ended. */
  readonly holder: Holder | null
  readonly expiresAt: number | null
  readonly checkedAt: number
  readonly generation: number
}

export function createCredentialLookup(deps: {
  readonly keys: Pick<KeyStore, 'findByHash' | 'touch'>
  readonly tokens: Pick<TokenStore, 'findByHash' | 'touch'>
  readonly sessions: Pick<SessionStore, 'findByHash'>
  readonly clock: Clock
  readonly onFault: (error: unknown, during: string) => void
}): CredentialLookup {
  const { keys, tokens, sessions, clock, onFault } = deps
  const remembered = new LRUCache<string, Remembered>({
    // By size it grows as it fills; with `max` it would take its memory at the start.
    maxSize: MAX_REMEMBERED,
    sizeCalculation: () => 1,
    ttl: REMEMBERED_MS,
  })
  let generation = 0

  /** Noting the use must not cost the request. */
  const note = (use: Promise<void>): void => {
    use.catch((error: unknown) => onFault(error, 'noting the use of a credential'))
  }

  const lookUp = async (
    kind: CredentialKind,
    hash: string,
  ): Promise<{ readonly holder: Holder; readonly expiresAt: number | null } | undefined> => {
    if (kind !== 'token') {
      const session = kind === 'session' ? await sessions.findByHash(hash) : undefined
      const key = kind === 'session' ? session?.key : await keys.findByHash(hash)
      if (key === undefined) return undefined
      note(keys.touch(key.id))
      const { id: keyId, ownerId, role, name } = key
      const expiresAt = earliest(key.expiresAt, session?.expiresAt ?? null)
      return { holder: { kind: 'key', principal: { kind: 'key', keyId, ownerId, role, name } }, expiresAt }
    }
    const found = await tokens.findByHash(hash)
    if (found === undefined) return undefined
    const { token, peer, hmacSecret } = found
    note(tokens.touch(token.id))
    const principal = { kind: 'peer', peerId: peer.id, tokenId: token.id, name: peer.name } as const
    return { holder: { kind: 'peer', principal, peer, hmacSecret }, expiresAt: token.expiresAt }
  }

  const findFresh = (hash: string): Remembered | undefined => {
    const known = remembered.get(hash)
    return known?.generation === generation && isFresh(known, clock) ? known : undefined
  }

  /**
   * An ended session stays what was good: a page asks several things at once before it learns that it ended. No longer
   * than it was going to, and it is looked up no more often than a live one.
   */
  const noteEnd = (kind: CredentialKind, hash: string): void => {
    if (kind !== 'session') remembered.delete(hash)
    else if (remembered.has(hash)) {
      const ended = { kind, holder: null, expiresAt: null, generation, checkedAt: clock.monotonic() }
      remembered.set(hash, ended, { noUpdateTTL: true })
    }
  }

  return {
    async find({ kind, text }) {
      const hash = hashToken(text)
      const known = findFresh(hash)
      if (known !== undefined) return known.holder ?? undefined
      const before = generation
      const found = await lookUp(kind, hash)
      if (found === undefined) noteEnd(kind, hash)
      // What was read before a revocation must not outlive it here.
      else if (before === generation)
        remembered.set(hash, { ...found, kind, generation, checkedAt: clock.monotonic() })
      return found?.holder
    },
    recall(hash) {
      const known = findFresh(hash)
      return known === undefined || known.kind === 'session' ? undefined : (known.holder ?? undefined)
    },
    wasGood: (text) => remembered.has(hashToken(text)),
    forget() {
      // Kept, but not believed without a look-up: that a key was good still tells it from a guess.
      generation += 1
    },
  }
}

function isFresh({ checkedAt, expiresAt }: Remembered, clock: Clock): boolean {
  return clock.monotonic() - checkedAt < FRESH_MS && (expiresAt === null || expiresAt > clock.now())
}

/** Null is never. */
function earliest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other)
}

function malformed(detail: string): Presented {
  return { kind: 'malformed', detail }
}
