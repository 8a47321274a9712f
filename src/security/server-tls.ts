/** Certificates that this registry serves by, and the authorities by which it knows those of its callers. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

/** Paths of PEM files; null where none is configured. Certificate and key come together. */
export type TlsFiles = {
  readonly cert: string | null
  readonly key: string | null
  readonly clientCa: string | null
}

export type ServerTls = {
  /** What we show to callers; null where a proxy in front speaks TLS. */
  readonly own: { readonly cert: string; readonly key: string } | null
  /** Authorities that sign peers' client certificates, empty where no caller is asked for one. */
  readonly clientAuthorities: readonly X509Certificate[]
  /** The same as they are in the file. */
  readonly clientCa: string | null
}

/** A file that cannot be used; `problem` is the end of a sentence that begins with its path. */
export type TlsMistake = {
  readonly file: keyof TlsFiles
  readonly path: string
  readonly problem: string
}

export type ReadTls =
  | { readonly ok: true; readonly tls: ServerTls }
  | { readonly ok: false; readonly mistakes: readonly TlsMistake[] }

/** Files that could not be used when the registry started; the message has a sentence for each. */
export class TlsFilesError extends Error {}

/**
 * Reads the files and checks that they are what they should be, and that key and certificate belong together.
 * @param readFile gives a file's text, or throws as `node:fs` does.
 */
export function readServerTls(files: TlsFiles, readFile: (path: string) => string): ReadTls {
  const mistakes: TlsMistake[] = []
  const read = <T>(file: keyof TlsFiles, parse: (text: string) => T): T | null => {
    const path = files[file]
    if (path === null) return null
    try {
      return parse(readFile(path))
    } catch (error) {
      mistakes.push({ file, path, problem: problemOf(error) })
      return null
    }
  }
  const cert = read('cert', (text) => ({ text, certificates: parseCertificates(text) }))
  const key = read('key', (text) => ({ text, key: parsePrivateKey(text) }))
  const clientCa = read('clientCa', (text) => ({ text, certificates: parseCertificates(text) }))
  const [own] = cert?.certificates ?? []
  if (own !== undefined && key !== null && !own.checkPrivateKey(key.key)) {
    const problem = `holds another key than the one of the certificate in ${files.cert}`
    mistakes.push({ file: 'key', path: files.key ?? '', problem })
  }
  if (mistakes.length > 0) return { ok: false, mistakes }
  return {
    ok: true,
    tls: {
      own: cert === null || key === null ? null : { cert: cert.text, key: key.text },
      clientAuthorities: clientCa?.certificates ?? [],
      clientCa: clientCa?.text ?? null,
    },
  }
}

/** One sentence a line. */
export function describeTlsMistakes(mistakes: readonly TlsMistake[]): string {
  return mistakes.map(({ path, problem }) => `The TLS file ${path} ${problem}.`).join('\n')
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/**
 * The certificates of a PEM text, in its order.
 * @throws Unusable when there is none, or one cannot be read.
 */
export function parseCertificates(text: string): readonly X509Certificate[] {
  const blocks = text.match(CERTIFICATE) ?? []
  if (blocks.length === 0) throw new Unusable('holds no certificate in PEM')
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block)
    } catch (cause) {
      throw new Unusable(`holds a certificate that cannot be read, number ${index + 1}`, { cause })
    }
  })
}

/** @throws Unusable when it is no private key in PEM, or is encrypted. */
export function parsePrivateKey(text: string): KeyObject {
  if (/ENCRYPTED/.test(text))
    throw new Unusable('holds a key under a passphrase, which nobody types at a start')
  try {
    return createPrivateKey(text)
  } catch (cause) {
    throw new Unusable('holds no private key in PEM', { cause })
  }
}

/** Text that is not what it should be; the message is the end of a sentence. */
export class Unusable extends Error {}

function problemOf(error: unknown): string {
  if (error instanceof Unusable) return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return `cannot be read: ${READ_FAILURES[code] ?? (code || 'it is no text')}`
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not',
}
