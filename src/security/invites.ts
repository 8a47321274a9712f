/**
 * Invites: one line that one operator hands to another, and their registries are enrolled with each other.
 *
 * `avp_` and base64url JSON `{v, registry_url, key_thumbprint, secret, exp}`. Whoever holds it may use it once; the
 * thumbprint makes sure that they talk to the registry that made it, before the secret is shown to anyone.
 */
import { hash, randomBytes } from 'node:crypto'
import { parseJson } from './json-guard.ts'
import { normalizeRegistryUrl } from './peer-url.ts'

export type InvitePaste = {
  /** Of the registry that invites; normalised. */
  readonly registryUrl: string
  /** RFC 7638 thumbprint of the key it signs with. */
  readonly keyThumbprint: string
  readonly secret: string
  /** Unix ms. */
  readonly expiresAt: number
}

export type ReadInvite =
  | { readonly ok: true; readonly invite: InvitePaste }
  | { readonly ok: false; readonly problem: string }

const VERSION = 1
const PREFIX = 'avp_'
const MAX_CHARS = 2_048

/** 256 random bits: found by their hash, never guessed. */
export function mintInviteSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** What is kept of the secret. */
export function hashInviteSecret(secret: string): string {
  return hash('sha256', secret, 'hex')
}

export function formatInvite({ registryUrl, keyThumbprint, secret, expiresAt }: InvitePaste): string {
  const members = {
    ...{ v: VERSION, registry_url: registryUrl, key_thumbprint: keyThumbprint, secret },
    exp: Math.floor(expiresAt / 1000),
  }
  return PREFIX + Buffer.from(JSON.stringify(members)).toString('base64url')
}

/** Reads a paste, which may have been broken over lines on its way. Whether it still holds is the caller's matter. */
export function parseInvite(text: string): ReadInvite {
  const refuse = (problem: string): ReadInvite => ({ ok: false, problem })
  const paste = text.replaceAll(/\s/g, '')
  if (!paste.startsWith(PREFIX)) return refuse('An invite begins with avp_.')
  const encoded = paste.slice(PREFIX.length)
  if (paste.length > MAX_CHARS || !/^[A-Za-z0-9_-]+$/.test(encoded)) return refuse(DAMAGED)
  const json = parseJson(Buffer.from(encoded, 'base64url'), { maxDepth: 2, isPlaceTold: false })
  if (!json.ok || typeof json.value !== 'object' || json.value === null) return refuse(DAMAGED)
  const { v, registry_url, key_thumbprint, secret, exp } = json.value as Record<string, unknown>
  if (v !== VERSION) return refuse('This invite is of a kind that this version does not know.')
  if (typeof registry_url !== 'string' || !isSafeSeconds(exp)) return refuse(DAMAGED)
  if (!isThirtyTwoBytes(key_thumbprint) || !isThirtyTwoBytes(secret)) return refuse(DAMAGED)
  const address = normalizeRegistryUrl(registry_url)
  // A spelling of its own would be asked under another address than the one its document names.
  if (!address.ok || address.url !== registry_url) return refuse(DAMAGED)
  const invite = { registryUrl: address.url, keyThumbprint: key_thumbprint, secret, expiresAt: exp * 1000 }
  return { ok: true, invite }
}

const DAMAGED = 'The invite is damaged; was it copied whole?'

function isThirtyTwoBytes(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value)
}

/** A time that a date can hold. */
function isSafeSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 8.64e12
}
