/** Sends pieces of an import through the API. */
import type { Api } from '../../api/api.ts'
import type { PieceReport, Sending } from './import-run.ts'

const NDJSON = 'application/x-ndjson'
/** Where a registry that is too busy does not say for how long. */
const DEFAULT_WAIT_SECONDS = 5

export function sendingOver(api: Api, isDryRun: boolean): Sending {
  return {
    async send(bytes, signal) {
      const answer = await api.call<PieceReport>('POST', 'agents/import', {
        parameters: { dry_run: isDryRun || undefined },
        bytes: { content: new Blob([bytes]), mediaType: NDJSON },
        signal,
      })
      if (answer.ok) return { kind: 'stored', report: answer.value }
      const { problem } = answer
      if (problem.status !== 429) return { kind: 'refused', problem }
      return { kind: 'busy', retryAfterSeconds: problem.retryAfterSeconds ?? DEFAULT_WAIT_SECONDS }
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const stop = (): void => {
          clearTimeout(timer)
          reject(signal.reason)
        }
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', stop)
          resolve()
        }, ms)
        signal.addEventListener('abort', stop, { once: true })
      }),
  }
}
