/** One line on standard error that overwrites itself; nothing where no person reads it. */
import type { Terminal } from './terminal.ts'

export interface ProgressLine {
  show(text: string): void
  clear(): void
}

const CLEAR_LINE = '\r\u001b[K'

export function createProgressLine({
  hasProgress,
  err,
}: Pick<Terminal, 'hasProgress' | 'err'>): ProgressLine {
  let isShown = false
  return {
    show(text) {
      if (!hasProgress) return
      err(`${CLEAR_LINE}${text}`)
      isShown = true
    },
    clear() {
      if (isShown) err(CLEAR_LINE)
      isShown = false
    },
  }
}
