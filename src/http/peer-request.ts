/** Whether a request with a federation token is what its peer sent: the right registry, asking with its signature. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Peer } from '../domain/peer.ts'
import { ProblemError } from '../problem.ts'
import { type PublicKey, readPublicKey } from '../security/ed25519-key.ts'
import { normalizeRegistryUrl } from '../security/peer-url.ts'
import { verifyHmac } from '../security/signature-hmac.ts'
import {
  nonceExpiry,
  outsideLifetime,
  type RequestSignature,
  readRequestSignature,
  type SignedRequestReference,
  verifyRequest,
} from '../security/signature-rfc9421.ts'
import { refuse, type SignatureVerdict } from '../security/signature-verdict.ts'
import type { ClientCertificate } from './client-certificate.ts'
import type { AuthRefusal } from './http-events.ts'

export type PeerRequest = {
  readonly method: string
  /** The request target as received: path and raw query. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
}

export type PeerRequestRule = {
  /** `FEDERATION_REQUIRE_SIGNATURE`; the peer's own setting comes first. */
  readonly requireSignature: boolean
  readonly maxAgeSeconds: number
  /** Unix seconds. */
  readonly now: number
  /** The path of our public URL, which a proxy before us may have taken off; empty without one. */
  readonly basePath: string
  /** Host and port of our public URL. */
  readonly authority: string
  /** The client certificate that the request came with. */
  readonly certificate: () => ClientCertificate
}

export type PeerRefusal = {
  readonly ok: false
  readonly reason: AuthRefusal
  readonly problem: ProblemError
}

export type PeerVerdict =
  /** `pending`: a signature that is in form and in time, and costs something to check; null when nothing is left. */
  { readonly ok: true; readonly pending: PendingSignature | null } | PeerRefusal

export type PendingSignature = {
  /** What was signed, by which an answer is bound to it; or why it was refused. */
  readonly verify: () => { readonly ok: true; readonly signed: SignedRequestReference } | PeerRefusal
  readonly keyid: string
  readonly nonce: string
  /** Until when the nonce must be remembered; Unix ms. */
  readonly nonceExpiresAt: number
}

type Holder = { readonly peer: Peer; readonly hmacSecret: string }

/** Checks the request of a token's holder. Peers only read, so the signed body is always empty. */
export function checkPeerRequest(request: PeerRequest, holder: Holder, rule: PeerRequestRule): PeerVerdict {
  const { peer } = holder
  const registry = single(request.headers['x-federation-registry'])
  const signature = single(request.headers['x-federation-signature'])
  const isStrong = mustBeStrong(peer) || (signature === undefined && hasMessageSignature(request.headers))
  const isSignatureRequired = isStrong || (peer.requireSignature ?? rule.requireSignature)
  if (!peer.isInboundActive) {
    const detail = peer.awaitsConfirmation
      ? `This registry does not answer ${peer.name} yet: its operator has not confirmed the enrolment.`
      : `This registry does not answer ${peer.name} at present; its operator has switched that off.`
    return { ok: false, reason: 'inbound-disabled', problem: new ProblemError('forbidden', detail) }
  }
  const uncertified = peer.requireMtls ? checkCertificate(peer, rule.certificate()) : null
  if (uncertified !== null) return uncertified
  if (registry === undefined) {
    const alsoMissing =
      isSignatureRequired && signature === undefined && !hasMessageSignature(request.headers)
        ? ` and ${mustBeStrong(peer) ? 'Signature' : 'X-Federation-Signature'}`
        : ''
    return mismatch(
      `Requests with a federation token carry X-Federation-Registry${alsoMissing}; missing here.`,
    )
  }
  if (!isRegistryOf(registry, peer)) {
    return mismatch('X-Federation-Registry names another registry than the one this token was given to.')
  }
  if (isStrong) return checkMessageSignature(request, registry, { peer, rule })
  if (signature === undefined && !isSignatureRequired) return DONE
  return checkHmac(request, signature, { ...holder, rule })
}

/** That an authority vouches for a certificate is not enough: it must be this peer's. */
function checkCertificate({ name, clientPins }: Peer, certificate: ClientCertificate): PeerRefusal | null {
  if (certificate.ok && clientPins.includes(certificate.pin)) return null
  const { reason, detail } = certificate.ok
    ? ({
        reason: 'not-pinned',
        detail: `The client certificate is not one that ${name} is known by here.`,
      } as const)
    : certificate
  const problem = new ProblemError('client-certificate-refused', `${detail} ${MTLS}`)
  return { ok: false, reason: `certificate-${reason}`, problem }
}

const MTLS = 'This registry answers the peer of this token over mutual TLS alone.'

const DONE: PeerVerdict = { ok: true, pending: null }

/** The weakest scheme is pinned: nothing a request says makes a weaker one do. */
function mustBeStrong({ signatureScheme }: Peer): boolean {
  return signatureScheme === 'rfc9421-ed25519'
}

function hasMessageSignature(headers: IncomingHttpHeaders): boolean {
  return headers['signature-input'] !== undefined
}

function checkHmac(
  { method, target }: PeerRequest,
  signature: string | undefined,
  { peer, hmacSecret, rule }: Holder & { readonly rule: PeerRequestRule },
): PeerVerdict {
  const { now, maxAgeSeconds } = rule
  const verify = (signed: string) =>
    verifyHmac(signature, { method, target: signed, body: NO_BODY }, hmacSecret, { now, maxAgeSeconds })
  const received = peer.signatureTarget === 'path' ? pathOf(target) : target
  const verdict = verify(received)
  if (verdict.ok) return DONE
  const sent = asSent(received, rule.basePath)
  return sent !== null && verify(sent).ok ? DONE : signatureRefused(verdict)
}

/** Everything about a signature that costs next to nothing. */
function checkMessageSignature(
  request: PeerRequest,
  registry: string,
  { peer, rule }: { readonly peer: Peer; readonly rule: PeerRequestRule },
): PeerVerdict {
  const { headers } = request
  const [input, signature] = [single(headers['signature-input']), single(headers.signature)]
  const digest = single(headers['content-digest'])
  if (input === undefined && headers['x-federation-signature'] !== undefined) {
    return signatureRefused(
      refuse(
        'too-weak',
        'This registry takes requests of yours signed by rfc9421-ed25519 alone, not by HMAC.',
      ),
    )
  }
  if (input === undefined || signature === undefined || digest === undefined) {
    const detail = 'The request does not carry all of Signature-Input, Signature and Content-Digest.'
    return signatureRefused(refuse('missing', detail))
  }
  const read = readRequestSignature({ input, signature, digest })
  if (!read.ok) return signatureRefused(read)
  const outside = outsideLifetime(read.signature, rule)
  if (outside?.ok === false) return signatureRefused(outside)
  const key = findKey(peer, read.signature.keyid)
  if (key === undefined) {
    const detail =
      'This registry does not know you by the key that signed; its operator must accept it first.'
    return signatureRefused(refuse('unknown-key', detail))
  }
  return { ok: true, pending: pendingSignature(read.signature, { request, registry, key, rule }) }
}

function pendingSignature(
  signature: RequestSignature,
  {
    request: { method, target, headers },
    registry,
    key,
    rule,
  }: {
    readonly request: PeerRequest
    readonly registry: string
    readonly key: PublicKey
    readonly rule: PeerRequestRule
  },
): PendingSignature {
  const { authority, basePath } = rule
  const verifyAt = (signed: string) => {
    const path = pathOf(signed)
    const query = signed.slice(path.length) || '?'
    const { authorization = '' } = headers
    const parts = { method, authority, path, query, body: NO_BODY, registry, authorization }
    return { path, query, verdict: verifyRequest(signature, parts, key.key) }
  }
  return {
    keyid: signature.keyid,
    nonce: signature.nonce,
    nonceExpiresAt: nonceExpiry(signature, rule) * 1000,
    verify() {
      const received = verifyAt(target)
      const sent = received.verdict.ok ? null : asSent(target, basePath)
      const { path, query, verdict } = sent === null ? received : verifyAt(sent)
      if (!verdict.ok) return signatureRefused(verdict)
      return { ok: true, signed: { method, path, query, signatureText: signature.fields.signatureText } }
    },
  }
}

/** One of the keys the peer is known by. */
function findKey({ publicKey, previousPublicKey }: Peer, keyid: string): PublicKey | undefined {
  for (const text of [publicKey, previousPublicKey]) {
    const read = text === null ? null : readPublicKey(text)
    if (read?.ok && read.key.thumbprint === keyid) return read.key
  }
  return undefined
}

function signatureRefused(verdict: SignatureVerdict & { readonly ok: false }): PeerRefusal {
  return {
    ok: false,
    reason: `signature-${verdict.reason}`,
    problem: new ProblemError('signature-refused', verdict.detail, {
      headers: { 'www-authenticate': 'Bearer realm="agentvault-registry"' },
    }),
  }
}

/** For who comes second, or again. */
export const REPLAYED: PeerRefusal = signatureRefused(
  refuse('replayed', 'This signature was accepted before: sign every request anew, with a nonce of its own.'),
)

const NO_BODY = new Uint8Array(0)

function pathOf(target: string): string {
  const end = target.indexOf('?')
  return end < 0 ? target : target.slice(0, end)
}

/** Where a proxy took the path of our public URL off: the target as it was sent. Both name one resource. */
function asSent(received: string, basePath: string): string | null {
  return basePath === '' || received.startsWith(`${basePath}/`) ? null : basePath + received
}

/** A full URL must be the peer's; a bare host must be its host. */
function isRegistryOf(registry: string, peer: Peer): boolean {
  if (/^https?:\/\//i.test(registry)) {
    const given = normalizeRegistryUrl(registry)
    return given.ok && given.url === peer.registryUrl
  }
  const given = normalizeRegistryUrl(`https://${registry}`)
  if (!given.ok || given.url !== given.origin) return false
  const [host, hostOfPeer] = [new URL(given.origin), new URL(peer.registryUrl)]
  return host.hostname === hostOfPeer.hostname && (host.port === '' || host.port === hostOfPeer.port)
}

/** Node joins repeated headers of this kind with commas; neither value nor grammar knows any. */
function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header
}

function mismatch(detail: string): PeerRefusal {
  return { ok: false, reason: 'registry-mismatch', problem: new ProblemError('registry-mismatch', detail) }
}
