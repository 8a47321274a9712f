/** What operators say of TLS with a peer: which certificates it shows, and ours for it. */
import type { X509Certificate } from 'node:crypto'
import type { Peer } from '../domain/peer.ts'
import type { PeerPatch } from '../domain/ports.ts'
import type { Fault } from '../problem.ts'
import { checkOwnCertificate, checkPeriod, readPin } from '../security/peer-tls.ts'
import { parseCertificates, parsePrivateKey, Unusable } from '../security/server-tls.ts'
import { array, boolean, nullable, type OptionalSchema, optional, type Schema } from './json-schema.ts'
import { text } from './schemas.ts'
import { invalidBody } from './validation.ts'

type Nullable<T> = OptionalSchema<T | null>

const mayBeNull = <T>(schema: Schema<T>): Nullable<T> => optional(nullable(schema))

const MAX_PINS = 2 // the present one and the next
const MAX_PEM_CHARS = 65_536

type TlsOptionSchemas = {
  require_mtls: OptionalSchema<boolean>
  client_pins: Nullable<string[]>
  server_pins: Nullable<string[]>
  server_ca: Nullable<string>
  client_certificate: Nullable<string>
  client_key: Nullable<string>
}

const pins = (whose: string): Nullable<string[]> =>
  mayBeNull(
    array(text('SHA-256 of a public key (SPKI, DER), base64.', 60), {
      description: `Keys that ${whose} may have: the present one and the next.`,
      maxItems: MAX_PINS,
    }),
  )

export const TLS_OPTIONS: TlsOptionSchemas = {
  require_mtls: optional(
    boolean({
      description:
        'Its requests must come with a client certificate signed by REGISTRY_TLS_CLIENT_CA, of a key in client_pins.',
    }),
  ),
  client_pins: pins('its client certificate'),
  server_pins: pins('its server certificate'),
  server_ca: mayBeNull(
    text('Authorities of its server certificate, PEM, in place of those everybody trusts.', MAX_PEM_CHARS),
  ),
  client_certificate: mayBeNull(
    text('What we show to it when we ask, PEM, those that vouch for it behind it.', MAX_PEM_CHARS),
  ),
  client_key: mayBeNull(text('Its private key, PEM. Kept sealed, never shown.', MAX_PEM_CHARS)),
}

type TlsBody = {
  readonly [K in keyof TlsOptionSchemas]?: TlsOptionSchemas[K] extends OptionalSchema<infer T> ? T : never
}

type TlsPatch = Pick<
  PeerPatch,
  'requireMtls' | 'clientPins' | 'serverPins' | 'serverCa' | 'clientCertificate' | 'clientKey'
>

/** What is to change of a peer's TLS, and what is wrong with it. */
export function readTlsChange(body: TlsBody): {
  readonly patch: TlsPatch
  readonly faults: readonly Fault[]
} {
  const faults: Fault[] = []
  const check = <T>(pointer: string, read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      faults.push({ pointer, message: `This text ${error.message}.` })
      return undefined
    }
  }
  const clientPins = readPins(body.client_pins, '/client_pins', faults)
  const serverPins = readPins(body.server_pins, '/server_pins', faults)
  const { server_ca: serverCa, client_certificate: certificate, client_key: key } = body
  if (typeof serverCa === 'string') check('/server_ca', () => parseOnlyCertificates(serverCa))
  if (typeof certificate === 'string' || typeof key === 'string') {
    faults.push(...faultsOfPair(certificate, key, check))
  }
  // Without its certificate the key is of no use, and without the key the certificate.
  const isCleared = certificate === null || key === null
  const patch = {
    ...(body.require_mtls !== undefined && { requireMtls: body.require_mtls }),
    ...(clientPins !== undefined && { clientPins }),
    ...(serverPins !== undefined && { serverPins }),
    ...(serverCa !== undefined && { serverCa }),
    ...(typeof certificate === 'string' && { clientCertificate: certificate }),
    ...(typeof key === 'string' && { clientKey: key }),
    ...(isCleared && { clientCertificate: null, clientKey: null }),
  }
  return { patch, faults }
}

type Check = <T>(pointer: string, read: () => T) => T | undefined

function faultsOfPair(
  certificate: string | null | undefined,
  key: string | null | undefined,
  check: Check,
): Fault[] {
  if (typeof certificate !== 'string' || typeof key !== 'string') {
    const pointer = typeof certificate === 'string' ? '/client_key' : '/client_certificate'
    return [{ pointer, message: 'Give client_certificate and client_key together.' }]
  }
  const own = check('/client_certificate', () => {
    const certificates = parseOnlyCertificates(certificate)
    checkOwnCertificate(certificates)
    return certificates[0]
  })
  const privateKey = check('/client_key', () => parsePrivateKey(key))
  if (own === undefined || privateKey === undefined || own.checkPrivateKey(privateKey)) return []
  return [{ pointer: '/client_key', message: 'This is not the key of the client_certificate.' }]
}

/** These texts are kept readable and shown: a key among them, as many files have it, would be, too. */
function parseOnlyCertificates(pem: string): readonly X509Certificate[] {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) {
    throw new Unusable('holds a private key as well, and is shown to operators: give the certificates alone')
  }
  return parseCertificates(pem)
}

function readPins(
  sent: readonly string[] | null | undefined,
  pointer: string,
  faults: Fault[],
): readonly string[] | undefined {
  if (sent === undefined) return undefined
  const read = (sent ?? []).map(readPin)
  for (const [index, pin] of read.entries()) {
    if (pin !== undefined) continue
    const message = 'Takes the SHA-256 of a public key in base64: 44 characters, the last one "=".'
    faults.push({ pointer: `${pointer}/${index}`, message })
  }
  return [...new Set(read.filter((pin) => pin !== undefined))]
}

export type TlsRule = {
  /** Whether `REGISTRY_TLS_CLIENT_CA` is set. */
  readonly hasAuthorities: boolean
  /** Unix ms. */
  readonly now: number
}

/**
 * What is asked of a peer can be had: a peer that nobody could ever be is not kept.
 * @throws ProblemError 422.
 */
export function requireSensibleTls(
  patch: PeerPatch,
  current: Pick<
    Peer,
    'registryUrl' | 'requireMtls' | 'clientPins' | 'serverPins' | 'serverCa' | 'clientCertificate'
  >,
  { hasAuthorities, now }: TlsRule,
): void {
  const { requireMtls, clientPins, serverPins, serverCa, clientCertificate, registryUrl } = {
    ...current,
    ...patch,
  }
  const faults: Fault[] = []
  if (requireMtls && clientPins.length === 0) {
    const pointer = patch.clientPins === undefined ? '/require_mtls' : '/client_pins'
    const message =
      'Mutual TLS is with a key that is known: give client_pins, which its operator can tell you.'
    faults.push({ pointer, message })
  }
  if (patch.requireMtls === true && !hasAuthorities) {
    const message =
      'No authority of client certificates is known here: set REGISTRY_TLS_CLIENT_CA to a file of them and start again.'
    faults.push({ pointer: '/require_mtls', message })
  }
  if (typeof patch.clientCertificate === 'string') {
    const outdated = checkPeriod(parseCertificates(patch.clientCertificate).slice(0, 1), now)
    if (outdated !== null) faults.push({ pointer: '/client_certificate', message: outdated.detail })
  }
  const isTlsMeant = serverPins.length > 0 || serverCa !== null || clientCertificate !== null
  if (isTlsMeant && registryUrl.startsWith('http:')) {
    const pointer = ['/server_pins', '/server_ca', '/client_certificate'].find((_, index) =>
      [serverPins.length > 0, serverCa !== null, clientCertificate !== null].at(index),
    )
    faults.push({ pointer: pointer ?? '/registry_url', message: 'Certificates need an https:// address.' })
  }
  if (faults.length > 0) throw invalidBody(faults)
}

/** A peer without anything said of its TLS. */
export const NO_TLS: Pick<
  Peer,
  'requireMtls' | 'clientPins' | 'serverPins' | 'serverCa' | 'clientCertificate'
> = {
  requireMtls: false,
  clientPins: [],
  serverPins: [],
  serverCa: null,
  clientCertificate: null,
}
