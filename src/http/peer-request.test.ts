import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer, PeerId } from '../domain/peer.ts'
import { UNKNOWN_HEALTH } from '../federation/health.ts'
import { signHmac } from '../security/signature-hmac.ts'
import { checkPeerRequest, type PeerRequest, type PeerRequestRule } from './peer-request.ts'

const NOW = 1_800_000_000
const SECRET = 'a secret both know'
const RULE: PeerRequestRule = {
  requireSignature: true,
  maxAgeSeconds: 300,
  now: NOW,
  basePath: '',
  authority: 'registry.example',
  certificate: () => ({ ok: false, reason: 'missing', detail: 'None came.' }),
}
const PEER: Peer = {
  ...{ id: 'p' as PeerId, name: 'Partner', registryUrl: 'https://partner.example:8443/reg' },
  ...{ isActive: true, isInboundActive: true, protocol: 'agentvault', timeoutMs: null, publicKey: null },
  ...{ signatureTarget: 'path-and-query', requireSignature: null, priority: 0, hasApiKey: true },
  ...{
    hasSigningSecret: true,
    metadata: {},
    sharePolicy: null,
    quota: null,
    isSizeConfirmed: false,
    ...{ awaitsConfirmation: false, requireMtls: false, clientPins: [], serverPins: [] },
    ...{ serverCa: null, clientCertificate: null },
    epoch: 0,
    health: UNKNOWN_HEALTH,
    lastSyncAt: null,
  },
  ...{ previousPublicKey: null, offeredKey: null, signatureScheme: 'hmac-sha256', staleBefore: null },
  sync: { position: null, epoch: null },
  ...{ createdAt: 0, updatedAt: 0 },
}
const TARGET = '/api/v1/agents?search=nlp'

type Change = {
  target?: string
  signed?: string
  headers?: Record<string, string | undefined>
  at?: number
  secret?: string
}

function request({
  target = TARGET,
  signed = target,
  headers = {},
  at = NOW,
  secret = SECRET,
}: Change = {}): PeerRequest {
  const signature = signHmac({ method: 'GET', target: signed, body: new Uint8Array(0), secret, now: at })
  const sent = { 'x-federation-registry': PEER.registryUrl, 'x-federation-signature': signature, ...headers }
  return { method: 'GET', target, headers: sent }
}

function verdict(sent: PeerRequest, rule: Partial<PeerRequestRule> = {}, peer: Partial<Peer> = {}): string {
  const checked = checkPeerRequest(
    sent,
    { peer: { ...PEER, ...peer }, hmacSecret: SECRET },
    { ...RULE, ...rule },
  )
  return checked.ok ? 'ok' : `${checked.problem.status} ${checked.reason}: ${checked.problem.message}`
}

test('a signed request of the registry the token was given to passes', () => {
  assert.equal(verdict(request()), 'ok')
})

test('the registry may be named by its URL in another spelling, or by its bare host', () => {
  for (const name of ['https://PARTNER.example:8443/reg/', 'partner.example', 'partner.example:8443']) {
    assert.equal(verdict(request({ headers: { 'x-federation-registry': name } })), 'ok', name)
  }
})

test('a token in the hands of another registry is refused', () => {
  for (const name of [
    ...[
      'https://evil.example',
      'evil.example',
      'https://partner.example:8443',
      'http://partner.example:8443/reg',
    ],
    ...[
      'partner.example:9999',
      'partner.example/reg',
      'https://partner.example:8443/reg, https://evil.example',
      '',
    ],
  ]) {
    assert.match(
      verdict(request({ headers: { 'x-federation-registry': name } })),
      /^403 registry-mismatch/,
      name,
    )
  }
})

test('what is missing is named', () => {
  const bare = request({
    headers: { 'x-federation-registry': undefined, 'x-federation-signature': undefined },
  })
  assert.match(verdict(bare), /^403 .*X-Federation-Registry and X-Federation-Signature/)
  const unsigned = request({ headers: { 'x-federation-signature': undefined } })
  assert.match(verdict(unsigned), /^401 signature-missing/)
})

test('a forged, altered or moved signature is refused', () => {
  assert.match(verdict(request({ secret: 'another' })), /^401 signature-mismatch/)
  assert.match(verdict(request({ signed: '/api/v1/agents?search=all' })), /^401 signature-mismatch/)
  assert.match(verdict({ ...request(), method: 'HEAD' }), /^401 signature-mismatch/)
  assert.match(
    verdict(request({ headers: { 'x-federation-signature': 'junk' } })),
    /^401 signature-malformed/,
  )
})

test('an old signature is refused with the seconds it is off', () => {
  assert.match(verdict(request({ at: NOW - 301 })), /^401 signature-expired: .*301 s old/)
  assert.match(verdict(request({ at: NOW + 31 })), /^401 signature-from-the-future: .*31 s ahead/)
})

test('a signature that is there is checked even where none is needed', () => {
  const rule = { requireSignature: false }
  assert.equal(verdict(request({ headers: { 'x-federation-signature': undefined } }), rule), 'ok')
  assert.match(verdict(request({ secret: 'another' }), rule), /^401 signature-mismatch/)
})

test("the peer's own setting comes before the general one", () => {
  const unsigned = request({ headers: { 'x-federation-signature': undefined } })
  assert.equal(verdict(unsigned, {}, { requireSignature: false }), 'ok')
  assert.match(verdict(unsigned, { requireSignature: false }, { requireSignature: true }), /^401/)
})

test('a peer that signs the path alone is understood, and no other peer may', () => {
  const pathOnly = request({ signed: '/api/v1/agents' })
  assert.equal(verdict(pathOnly, {}, { signatureTarget: 'path' }), 'ok')
  assert.match(verdict(pathOnly), /^401 signature-mismatch/)
})

test('a path that a proxy took off is put back for the signature, and only that path', () => {
  const rule = { basePath: '/reg' }
  assert.equal(verdict(request({ signed: `/reg${TARGET}` }), rule), 'ok')
  assert.equal(verdict(request({ target: `/reg${TARGET}` }), rule), 'ok')
  assert.match(verdict(request({ signed: `/other${TARGET}` }), rule), /^401/)
})

test('a peer that was switched off is refused, whatever it signs', () => {
  assert.match(verdict(request(), {}, { isInboundActive: false }), /^403 inbound-disabled/)
})
