/**
 * Certificates between registries. A chain to an authority says that somebody vouched for a name; a pin says that it is
 * this peer's very key. Both are asked of a client certificate, the pin as well of a server's where there is one.
 */
import { createHash, type X509Certificate } from 'node:crypto'
import { Unusable } from './server-tls.ts'

/** SHA-256 of the public key (`SubjectPublicKeyInfo`, DER), base64: renewing a certificate over a key keeps it. */
export function pinOf(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('base64')
}

/** A pin as operators write it, `sha256/` before it or not; undefined when it is none. */
export function readPin(text: string): string | undefined {
  const pin = text.trim().replace(/^sha256\/\/?/, '')
  return /^[A-Za-z0-9+/]{43}=$/.test(pin) && Buffer.from(pin, 'base64').toString('base64') === pin
    ? pin
    : undefined
}

export type CertificateRefusal = 'missing' | 'untrusted' | 'outdated' | 'wrong-usage' | 'not-pinned'

/** Certificates from the one that was shown to one of our authorities, or why there is no such way. */
export type ChainVerdict =
  | { readonly ok: true; readonly chain: readonly X509Certificate[] }
  | { readonly ok: false; readonly reason: CertificateRefusal; readonly detail: string }

const MAX_BETWEEN = 4 // longer ways than these are not used by anybody

/**
 * Finds the way from a client certificate to an authority, each signed by the next; at what time is another question,
 * see `checkPeriod`.
 *
 * @param between certificates that came along, of which some may be part of the way.
 * @see RFC 5280, section 6
 */
export function findChain(
  shown: X509Certificate,
  between: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): ChainVerdict {
  const chain = authorities.some((authority) => authority.fingerprint256 === shown.fingerprint256)
    ? [shown]
    : walkUp(shown, between.slice(0, 2 * MAX_BETWEEN), { authorities, left: MAX_BETWEEN })
  if (chain === undefined) {
    const detail = 'No authority in REGISTRY_TLS_CLIENT_CA has signed the client certificate.'
    return { ok: false, reason: 'untrusted', detail }
  }
  if (!isForClients(shown)) {
    const detail = 'The certificate is not for clients: its extended key usage lacks clientAuth.'
    return { ok: false, reason: 'wrong-usage', detail }
  }
  return { ok: true, chain }
}

function walkUp(
  from: X509Certificate,
  between: readonly X509Certificate[],
  { authorities, left }: { readonly authorities: readonly X509Certificate[]; readonly left: number },
): readonly X509Certificate[] | undefined {
  const authority = authorities.find((issuer) => isIssuedBy(from, issuer))
  if (authority !== undefined) return [from, authority]
  if (left === 0) return undefined
  for (const issuer of between) {
    if (!isIssuedBy(from, issuer)) continue
    const others = between.filter((other) => other !== issuer)
    const rest = walkUp(issuer, others, { authorities, left: left - 1 })
    if (rest !== undefined) return [from, ...rest]
  }
  return undefined
}

/** The cheap questions first: signatures are checked of those alone that claim to belong together. */
function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY_USAGE = '2.5.29.37.0'

/** One that says nothing of its usage is for all, as RFC 5280 (section 4.2.1.12) has it. */
function isForClients({ keyUsage: extendedUsages }: X509Certificate): boolean {
  const usages: readonly string[] | undefined = extendedUsages
  return usages === undefined || usages.includes(CLIENT_AUTH) || usages.includes(ANY_USAGE)
}

/**
 * Whether all of a chain are valid at a time.
 * @param now Unix ms.
 */
export function checkPeriod(
  chain: readonly X509Certificate[],
  now: number,
): Extract<ChainVerdict, { ok: false }> | null {
  for (const certificate of chain) {
    const whose =
      certificate === chain[0] ? 'The client certificate' : 'An authority of the client certificate'
    if (now > certificate.validToDate.getTime()) {
      return { ok: false, reason: 'outdated', detail: `${whose} has expired.` }
    }
    if (now < certificate.validFromDate.getTime()) {
      return { ok: false, reason: 'outdated', detail: `${whose} is not valid yet.` }
    }
  }
  return null
}

/**
 * Checks what an operator gives as our certificate for a peer.
 * @param certificates the one to show first, those that vouch for it behind it.
 * @throws Unusable with the end of a sentence.
 */
export function checkOwnCertificate(certificates: readonly X509Certificate[]): void {
  const [own] = certificates
  if (own === undefined) throw new Unusable('holds no certificate in PEM')
  if (!isForClients(own)) throw new Unusable('is not for clients: its extended key usage lacks clientAuth')
}
