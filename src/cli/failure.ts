/** A command that could not do what it was asked. */
import type { ExitCode } from './exit-codes.ts'

/** Thrown by commands; `main.ts` prints the message on stderr and exits with the code. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure'
  readonly exitCode: ExitCode

  /** @param message for the person: one sentence, or lines of them. */
  constructor(exitCode: ExitCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.exitCode = exitCode
  }
}
