/** The HTML of a page: built once for all registries, and completed with what is of this one. */
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { escapeHtml } from './escape-html.ts'
import { type SentFile, withDigest } from './page-answers.ts'
import type { PageFile } from './page-files.ts'

/** What the built pages call every registry. */
const ANY_NAME = 'AgentVault Registry'

/**
 * Puts the registry's name in the title, and where its addresses begin in front of all that is loaded.
 * @param basePath with a slash at its end.
 */
export function completeShell(
  { bytes }: Pick<PageFile, 'bytes'>,
  { basePath, name }: { readonly basePath: string; readonly name: string },
): SentFile {
  const html = bytes
    .toString()
    .replace('<head>', () => `<head>\n<base href="${escapeHtml(basePath)}">`)
    .replace(/<title>[^<]*<\/title>/, (title) => title.replace(ANY_NAME, () => escapeHtml(name)))
  const whole = Buffer.from(html)
  return withDigest({ bytes: whole, brotli: brotliCompressSync(whole), gzip: gzipSync(whole) })
}

/** The same page for one question: who has no JavaScript is sent on to the answer, not to an empty form. */
export function withPlainAddress({ bytes }: Pick<PageFile, 'bytes'>, address: string): SentFile {
  const html = bytes
    .toString()
    .replaceAll('url=plain"', () => `url=${escapeHtml(address)}"`)
    .replaceAll('href="plain"', () => `href="${escapeHtml(address)}"`)
  return withDigest({ bytes: Buffer.from(html), brotli: null, gzip: null })
}

/** Addresses of the style sheets that a built page loads. */
export function stylesheetsOf({ bytes }: Pick<PageFile, 'bytes'>): string[] {
  return [...bytes.toString().matchAll(/<link\b[^>]*\brel="stylesheet"[^>]*>/g)].flatMap(([link]) => {
    const href = /\bhref="(?:\.\/)?([^"]+)"/.exec(link)?.[1]
    return href === undefined ? [] : [href]
  })
}
