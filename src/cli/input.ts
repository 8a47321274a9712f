/** Files named on the command line, `-` for standard input. */
import { open, readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

const STANDARD_INPUT = '-'

/** @throws CliFailure when the file cannot be read. */
export async function readInput(path: string, terminal: Terminal): Promise<Uint8Array<ArrayBuffer>> {
  if (path === STANDARD_INPUT) return Uint8Array.from(await buffer(terminal.input))
  return readFile(path).catch((error: unknown) => {
    throw describeFileFailure(path, error)
  })
}

/** @throws CliFailure when the file cannot be opened; what fails later breaks the stream. */
export async function openInput(path: string, terminal: Terminal): Promise<Readable> {
  if (path === STANDARD_INPUT) return terminal.input
  const file = await open(path).catch((error: unknown) => {
    throw describeFileFailure(path, error)
  })
  if ((await file.stat()).isDirectory()) {
    await file.close()
    throw new CliFailure(EXIT.failed, `${path} cannot be read: ${REASONS.EISDIR}.`)
  }
  return file.createReadStream()
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not',
}

function describeFileFailure(path: string, error: unknown): CliFailure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const reason = REASONS[String(code)] ?? String(code ?? error)
  return new CliFailure(EXIT.failed, `${path} cannot be read: ${reason}.`, { cause: error })
}
