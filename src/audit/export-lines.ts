/**
 * The audit log as lines of JSON, so that whoever has them can check it without this registry: the first says what the
 * chain goes on from, the last where it ends. Between them stands each row byte for byte as its hash covers it.
 */
import type { ChainLink } from './chain.ts'
import type { ChainRow } from './chain-check.ts'
import type { SignedHead } from './signed-head.ts'

export type ExportLine =
  | { readonly kind: 'start'; readonly registryUrl: string; readonly start: ChainLink }
  | { readonly kind: 'row'; readonly row: ChainRow }
  | { readonly kind: 'end'; readonly head: ChainLink; readonly signed: unknown }
  | { readonly kind: 'unreadable' }

export function writeStart(registryUrl: string, start: ChainLink): string {
  return `${JSON.stringify({ registry_url: registryUrl, start })}\n`
}

/** A row that somebody changed so that it is no JSON, or no single line, is written as a text. */
export function writeRow({ hash, text }: ChainRow): string {
  const row = isJsonLine(text) ? `"row":${text}` : `"text":${JSON.stringify(text)}`
  return `{"hash":${JSON.stringify(hash)},${row}}\n`
}

/** @param signed the head with the registry's signature. */
export function writeEnd(head: ChainLink, signed: SignedHead): string {
  return `${JSON.stringify({ head, signed })}\n`
}

/** @param line without its line feed. */
export function readExportLine(line: string): ExportLine {
  const [, hash, text] = /^\{"hash":"([^"\\]*)","row":(.*)\}$/.exec(line) ?? []
  if (hash !== undefined && text !== undefined) {
    const seq = seqOf(parse(text))
    return seq === undefined ? { kind: 'unreadable' } : { kind: 'row', row: { seq, hash, text } }
  }
  const value = parse(line)
  const { registry_url, start, head, signed, hash: written, text: other } = Object(value)
  if (isLink(start)) return { kind: 'start', registryUrl: String(registry_url), start }
  if (isLink(head)) return { kind: 'end', head, signed }
  if (typeof other !== 'string') return { kind: 'unreadable' }
  const seq = Number(/,"seq":(\d+),"target":"(?:[^"\\]|\\.)*"\}$/.exec(other)?.[1] ?? Number.NaN)
  return Number.isNaN(seq)
    ? { kind: 'unreadable' }
    : { kind: 'row', row: { seq, hash: String(written), text: other } }
}

function isJsonLine(text: string): boolean {
  return !/[\n\r]/.test(text) && parse(text) !== undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // the caller says what that means
  }
}

function seqOf(row: unknown): number | undefined {
  const seq: unknown = Object(row).seq
  return typeof seq === 'number' && Number.isInteger(seq) ? seq : undefined
}

function isLink(value: unknown): value is ChainLink {
  const { seq, hash } = Object(value) as Partial<ChainLink>
  return Number.isInteger(seq) && typeof hash === 'string'
}
