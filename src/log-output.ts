/** Where the log goes: standard output, a few lines at a time. */
import { type DestinationStream, destination as openDestination } from 'pino'

export type LogOutput = DestinationStream & Disposable

const BATCH_CHARS = 4_096 // some 14 lines; asking the system to write each alone costs more than making it
const FLUSH_MS = 200

/**
 * Lines wait for each other a fifth of a second at most, and are written when the process ends, also by an uncaught
 * error. A process that is killed takes them along: telemetry may be lost.
 */
export function createLogOutput(): LogOutput {
  const destination = openDestination({ dest: 1, sync: true })
  let isOpen = true
  let isUsed = false
  let batch = ''
  let timer: NodeJS.Timeout | undefined

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    const lines = batch
    batch = ''
    if (lines !== '') destination.write(lines)
  }

  return {
    write(line) {
      if (!isUsed && isOpen) process.on('exit', flush)
      isUsed = true
      batch += line
      if (!isOpen || batch.length >= BATCH_CHARS) flush()
      else timer ??= setTimeout(flush, FLUSH_MS).unref()
    },
    [Symbol.dispose]() {
      isOpen = false
      process.off('exit', flush)
      flush()
    },
  }
}
