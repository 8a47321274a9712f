/** How pages and what they load are sent: their headers, their compressed forms and their validators. */
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isKnownTag } from './entity-tags.ts'
import type { PageFile } from './page-files.ts'

/**
 * What a page may do: load its own scripts, styles and images from here, and ask this registry. No script and no style
 * in the page itself, nothing from anywhere else, no frame around it, and no text that becomes script or markup.
 *
 * @see https://www.w3.org/TR/CSP3/ and https://www.w3.org/TR/trusted-types/
 */
export const PAGE_POLICY: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "base-uri 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'", // no policy, not even a default one, can be made to get around it
].join('; ')

/** Headers of every HTML page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': PAGE_POLICY,
  // A page that opened ours, or that ours opened, has no hold on it.
  'cross-origin-opener-policy': 'same-origin',
  'content-type': 'text/html; charset=utf-8',
}

/** A file with the start of its validators. */
export type SentFile = PageFile & { readonly digest: string }

export function withDigest(file: PageFile): SentFile {
  return { ...file, digest: createHash('sha256').update(file.bytes).digest('base64url').slice(0, 22) }
}

/** Sends a file in the smallest form that the asker reads, or 304 if it has that. */
export function sendFile(
  file: SentFile,
  headers: Readonly<Record<string, string>>,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): FastifyReply {
  const { encoding, bytes } = chooseForm(file, request.headers['accept-encoding'])
  // Each form is other bytes, and so has a tag of its own (RFC 9110, section 8.8.3.3).
  const tag = `"${file.digest}${encoding === null ? '' : `-${encoding}`}"`
  // Who asks does not matter: pages hold no data.
  reply.headers({ ...headers, etag: tag, vary: 'Accept-Encoding' })
  if (isKnownTag(request.headers['if-none-match'], tag)) {
    return reply.removeHeader('content-type').code(304).send()
  }
  if (encoding !== null) reply.header('content-encoding', encoding)
  return reply.send(bytes)
}

type Form = { readonly encoding: 'br' | 'gzip' | null; readonly bytes: Buffer }

function chooseForm({ bytes, brotli, gzip }: PageFile, accepted: string | undefined): Form {
  if (brotli !== null && accepts(accepted, 'br')) return { encoding: 'br', bytes: brotli }
  if (gzip !== null && accepts(accepted, 'gzip')) return { encoding: 'gzip', bytes: gzip }
  return { encoding: null, bytes }
}

/** Whether the coding is named and not refused. @see RFC 9110, section 12.5.3 */
function accepts(header: string | undefined, coding: string): boolean {
  return (header ?? '').split(',').some((entry) => {
    const [name = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase())
    return name === coding && !parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter))
  })
}
