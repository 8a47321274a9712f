/** Secrets that are typed without being shown, or piped in: command lines end up in shell histories. */
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

/**
 * Reads one secret a line from standard input, in the order asked; a person is prompted for each.
 * @throws CliFailure when a line is missing or empty.
 */
export async function readSecrets(names: readonly string[], terminal: Terminal): Promise<readonly string[]> {
  if (names.length === 0) return []
  const isPrompting = terminal.input.isTTY === true
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const reader = createInterface({ input: terminal.input, output: silent, terminal: isPrompting })
  reader.once('SIGINT', () => reader.close()) // Ctrl-C at a prompt gives up; nothing is sent
  const lines = reader[Symbol.asyncIterator]()
  try {
    const secrets: string[] = []
    for (const name of names) {
      if (isPrompting) terminal.err(`${name}: `)
      const { value } = await lines.next()
      if (isPrompting) terminal.err('\n')
      const secret = typeof value === 'string' ? value.trim() : ''
      if (secret === '') throw new CliFailure(EXIT.usage, `No ${name} came on standard input.`)
      secrets.push(secret)
    }
    return secrets
  } finally {
    reader.close()
  }
}
