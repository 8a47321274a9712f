/** What never reaches a log line or an error text. */

/** Header names (lower case) whose values are secrets or stand for one; loggers redact them. */
export const SECRET_HEADERS: readonly string[] = [
  'authorization',
  'proxy-authorization',
  'x-api-key',
  'x-federation-signature',
  'signature',
  'cookie',
  'set-cookie',
  'client-cert',
  'client-cert-chain',
  'x-forwarded-client-cert',
]

/** Stands where a secret was. */
export const REDACTED = '[redacted]'

const SECRET_HEADER_SET: ReadonlySet<string> = new Set(SECRET_HEADERS)

/** A copy of the headers with secret values replaced; names are compared without case. */
export function redactHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      SECRET_HEADER_SET.has(name.toLowerCase()) ? REDACTED : value,
    ]),
  )
}

/** Tokens, sessions and invites of ours, whole or cut short; the prefix stays, so a reader knows what was there. */
const OWN_TOKEN = /(?<![0-9A-Za-z])(av[afps]_)[0-9A-Za-z_-]{8,}/g
const CREDENTIALS = /\b((?:[Bb]earer|BEARER)|Basic)(?:\s+|%20|\+)[A-Za-z0-9._~+/=-]{4,}/g
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#]+@/gi
const SIGNATURE = /\b(\d{9,12})\.[0-9a-f]{64}\b/g

/**
 * Masks secrets inside arbitrary text: our tokens and invites, `Bearer` and `Basic` credentials, user names
 * and passwords in URLs, HMAC signatures. Other systems' keys have no shape to go by: never log those.
 */
export function maskSecrets(text: string): string {
  return text
    .replace(OWN_TOKEN, `$1${REDACTED}`)
    .replace(CREDENTIALS, `$1 ${REDACTED}`)
    .replace(URL_PASSWORD, `$1${REDACTED}@`)
    .replace(SIGNATURE, `$1.${REDACTED}`)
}

/** Small letters alone: a name such as `ava_concierge`. Of eight random characters, one in a thousand is so. */
const PLAIN_NAME = /^[a-z_-]+$/

/**
 * Whether the text holds what is masked as a token, session or invite of ours, and is no plain name. Masking a name too
 * much does no harm; refusing one would.
 */
export function holdsOwnToken(text: string): boolean {
  return (text.match(OWN_TOKEN) ?? []).some((found) => !PLAIN_NAME.test(found))
}

/** Twenty characters and more without a blank, with letters of both cases and digits: words and names are not so. */
const RANDOM_RUN = /(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{20,}/g

/**
 * Masks what may be a secret of any make: for texts that repeat what a caller sent, who may have pasted a key where
 * none belongs. An identifier of such a form is masked, too.
 */
export function maskLikelySecrets(text: string): string {
  return maskSecrets(text).replace(RANDOM_RUN, REDACTED)
}
