/** A terminal for tests: keeps what is written, has the input it is given. */
import { Readable } from 'node:stream'
import type { Terminal } from '../../src/cli/terminal.ts'

export type CapturedTerminal = Terminal & { readonly written: { out: string; err: string } }

export function captureTerminal(
  options: Partial<Pick<Terminal, 'width' | 'isInteractive' | 'hasProgress' | 'hasColor' | 'env'>> & {
    readonly stdin?: string
  } = {},
): CapturedTerminal {
  const { stdin = '', ...rest } = options
  const written = { out: '', err: '' }
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true }) // a character may come in two writes
  return {
    written,
    out: (text) => {
      written.out += typeof text === 'string' ? text : decoder.decode(text, { stream: true })
    },
    err: (text) => {
      written.err += text
    },
    width: Number.POSITIVE_INFINITY,
    isInteractive: false,
    hasProgress: false,
    hasColor: false,
    env: {},
    input: Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
    ...rest,
  }
}
