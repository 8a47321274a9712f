/** What a command sees of the terminal it runs in. `main.ts` gives it the process's, tests one of their own. */
import type { Readable } from 'node:stream'

export interface Terminal {
  /** Writes to standard output: what the command is asked for. */
  out(text: string | Uint8Array): void
  /** Writes to standard error: progress, warnings, failures. */
  err(text: string): void
  /** Columns; `Infinity` where standard output is no terminal. */
  readonly width: number
  /** Whether a person reads standard output. */
  readonly isInteractive: boolean
  /** Whether a person reads standard error: progress lines may overwrite themselves. */
  readonly hasProgress: boolean
  readonly hasColor: boolean
  readonly input: Readable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The terminal of this process. Colour only where somebody looks, and never with `NO_COLOR` (no-color.org). */
export function processTerminal(env: Terminal['env']): Terminal {
  const { stdin, stdout, stderr } = process
  const noColor = env.NO_COLOR ?? ''
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    width: stdout.isTTY ? stdout.columns || 80 : Number.POSITIVE_INFINITY,
    isInteractive: stdout.isTTY === true,
    hasProgress: stderr.isTTY === true,
    hasColor: stdout.isTTY === true && noColor === '' && env.TERM !== 'dumb',
    input: stdin,
    env,
  }
}
