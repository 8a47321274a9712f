/** How a run ends, for scripts. */

export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 69 | 78

export const EXIT: Readonly<
  Record<
    'ok' | 'failed' | 'usage' | 'refused' | 'notFound' | 'partial' | 'unreachable' | 'configuration',
    ExitCode
  >
> = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  partial: 5,
  unreachable: 69, // EX_UNAVAILABLE of BSD's sysexits.h
  configuration: 78, // EX_CONFIG of the same
}

const MEANINGS: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failed, 'failed; the message says why'],
  [EXIT.usage, 'the command line is wrong'],
  [EXIT.refused, 'the registry refused: no key, a wrong one, or one that may not do this'],
  [EXIT.notFound, 'no such agent, peer, token or key'],
  [EXIT.partial, 'done in part: lines were rejected, or not every registry answered'],
  [EXIT.unreachable, 'no registry answers at that address'],
  [EXIT.configuration, 'a setting is wrong, or this Node is too old'],
]

/** The list of exit codes at the end of `--help`. */
export function describeExitCodes(): string {
  const lines = MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(2)}  ${meaning}`)
  return ['Exit codes:', ...lines].join('\n')
}

/** The code for a problem answer of this HTTP status. */
export function exitCodeForStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return EXIT.refused
  if (status === 404 || status === 410) return EXIT.notFound
  return EXIT.failed
}
