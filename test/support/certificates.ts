/** Certificates for tests, made with the `openssl` command: authorities, and what they issue. */
import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Certificate = {
  readonly certFile: string
  readonly keyFile: string
  /** PEM. */
  readonly cert: string
  readonly key: string
  /** SHA-256 of its public key as `SubjectPublicKeyInfo`, base64. */
  readonly pin: string
}

export type Issued = {
  /** What it may be used for; both of these if not given. */
  readonly usage?: 'clientAuth' | 'serverAuth'
  /** In days from now. */
  readonly from?: number
  readonly until?: number
  /** May issue certificates itself. */
  readonly isAuthority?: boolean
  /** Certifies the key of this one again. */
  readonly keyOf?: Certificate
}

export type Authority = Certificate & {
  /** Signs a certificate for `localhost`, 127.0.0.1 and a key of its own. */
  issue(name: string, options?: Issued): Certificate
  /** Signs an authority below this one. */
  issueAuthority(name: string): Authority
}

/** @throws when there is no `openssl`, without which these tests cannot say anything. */
export function createAuthority(folder: string, name: string): Authority {
  const { certFile, keyFile } = filesOf(folder, name)
  openssl([
    'req',
    '-x509',
    ...NEW_KEY,
    '-keyout',
    keyFile,
    '-out',
    certFile,
    '-subj',
    `/CN=${name}`,
    '-days',
    '2',
  ])
  return authorityOf(folder, name, readCertificate(certFile, keyFile))
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

function authorityOf(folder: string, name: string, own: Certificate): Authority {
  const home = join(folder, `${name}-issued`)
  mkdirSync(join(home, 'new'), { recursive: true })
  writeFileSync(join(home, 'index.txt'), '')
  writeFileSync(join(home, 'index.txt.attr'), 'unique_subject = no\n')
  const config = join(home, 'ca.cnf')
  writeFileSync(config, configOf(home))
  const issue = (subject: string, options: Issued = {}): Certificate => {
    const { certFile, keyFile } = filesOf(folder, subject)
    const [request, extensions] = [join(home, `${subject}.csr`), join(home, `${subject}.ext`)]
    if (options.keyOf !== undefined) writeFileSync(keyFile, options.keyOf.key)
    const key = options.keyOf === undefined ? [...NEW_KEY, '-keyout', keyFile] : ['-new', '-key', keyFile]
    openssl(['req', ...key, '-out', request, '-subj', `/CN=${subject}`])
    writeFileSync(extensions, extensionsOf(options))
    const { from = -1, until = 2 } = options
    openssl([
      ...['ca', '-batch', '-notext', '-config', config, '-create_serial', '-extfile', extensions],
      ...['-cert', own.certFile, '-keyfile', own.keyFile, '-in', request, '-out', certFile],
      ...['-startdate', stamp(from), '-enddate', stamp(until)],
    ])
    return readCertificate(certFile, keyFile)
  }
  return {
    ...own,
    issue,
    issueAuthority: (subject) => authorityOf(folder, subject, issue(subject, { isAuthority: true })),
  }
}

function configOf(home: string): string {
  return `[ca]
default_ca = own
[own]
database = ${join(home, 'index.txt')}
serial = ${join(home, 'serial')}
new_certs_dir = ${join(home, 'new')}
default_md = sha256
policy = any
[any]
commonName = supplied
`
}

function extensionsOf({ usage, isAuthority = false }: Issued): string {
  return isAuthority
    ? 'basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\n'
    : `basicConstraints = critical,CA:FALSE
extendedKeyUsage = ${usage ?? 'clientAuth,serverAuth'}
subjectAltName = DNS:localhost,IP:127.0.0.1
`
}

function filesOf(folder: string, name: string): { readonly certFile: string; readonly keyFile: string } {
  return { certFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) }
}

function readCertificate(certFile: string, keyFile: string): Certificate {
  const cert = readFileSync(certFile, 'utf8')
  const spki = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  const pin = createHash('sha256').update(spki).digest('base64')
  return { certFile, keyFile, cert, key: readFileSync(keyFile, 'utf8'), pin }
}

/** As `openssl ca` takes times. */
function stamp(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000).toISOString()
  return `${at.replace(/\.\d+/, '').replaceAll(/[-:T]/g, '')}`
}

function openssl(args: readonly string[]): void {
  execFileSync('openssl', [...args], { stdio: ['ignore', 'ignore', 'pipe'] })
}
