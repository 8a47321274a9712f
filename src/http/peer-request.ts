/** Whether a request with a federation token is what its peer sent: the right registry, asking with its signature. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Peer } from '../domain/peer.ts'
import { ProblemError } from '../problem.ts'
import { normalizeRegistryUrl } from '../security/peer-url.ts'
import { verifyHmac } from '../security/signature-hmac.ts'
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
}

export type PeerVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: AuthRefusal; readonly problem: ProblemError }

/** Checks the request of a token's holder. Peers only read, so the signed body is always empty. */
export function checkPeerRequest(
  request: PeerRequest,
  { peer, hmacSecret }: { readonly peer: Peer; readonly hmacSecret: string },
  rule: PeerRequestRule,
): PeerVerdict {
  const registry = single(request.headers['x-federation-registry'])
  const signature = single(request.headers['x-federation-signature'])
  const isSignatureRequired = peer.requireSignature ?? rule.requireSignature
  if (!peer.isInboundActive) {
    const detail = `This registry does not answer ${peer.name} at present; its operator has switched that off.`
    return { ok: false, reason: 'inbound-disabled', problem: new ProblemError('forbidden', detail) }
  }
  if (registry === undefined) {
    const alsoMissing = isSignatureRequired && signature === undefined ? ' and X-Federation-Signature' : ''
    return mismatch(
      `Requests with a federation token carry X-Federation-Registry${alsoMissing}; missing here.`,
    )
  }
  if (!isRegistryOf(registry, peer)) {
    return mismatch('X-Federation-Registry names another registry than the one this token was given to.')
  }
  if (signature === undefined && !isSignatureRequired) return { ok: true }
  return checkSignature(request, signature, { peer, hmacSecret, rule })
}

function checkSignature(
  { method, target }: PeerRequest,
  signature: string | undefined,
  {
    peer,
    hmacSecret,
    rule,
  }: { readonly peer: Peer; readonly hmacSecret: string; readonly rule: PeerRequestRule },
): PeerVerdict {
  const { now, maxAgeSeconds } = rule
  const verify = (signed: string) =>
    verifyHmac(signature, { method, target: signed, body: NO_BODY }, hmacSecret, { now, maxAgeSeconds })
  const { received, sent } = signedTargets(target, peer, rule.basePath)
  const verdict = verify(received)
  if (verdict.ok || (sent !== null && verify(sent).ok)) return { ok: true }
  return {
    ok: false,
    reason: `signature-${verdict.reason}`,
    problem: new ProblemError('signature-refused', verdict.detail, {
      headers: { 'www-authenticate': 'Bearer realm="agentvault-registry"' },
    }),
  }
}

const NO_BODY = new Uint8Array(0)

/** As received; and, where a proxy took the path of our public URL off, as it was sent. Both name one resource. */
function signedTargets(
  target: string,
  peer: Peer,
  basePath: string,
): { readonly received: string; readonly sent: string | null } {
  const received = peer.signatureTarget === 'path' ? target.replace(/\?.*$/s, '') : target
  const isWhole = basePath === '' || received.startsWith(`${basePath}/`)
  return { received, sent: isWhole ? null : basePath + received }
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

function mismatch(detail: string): PeerVerdict {
  return { ok: false, reason: 'registry-mismatch', problem: new ProblemError('registry-mismatch', detail) }
}
