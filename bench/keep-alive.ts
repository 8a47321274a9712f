/** One caller on one open connection, who waits for each answer before the next question. */
import { Pool } from 'undici'

export type TimedAnswer = { readonly elapsedMs: number; readonly body: Buffer }

export interface KeepAlive {
  /** From the question to the last byte of the answer. @throws Error when it is no success. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<TimedAnswer>
}

export function openKeepAlive(stack: AsyncDisposableStack, origin: string): KeepAlive {
  const pool = stack.adopt(new Pool(origin, { connections: 1, pipelining: 1 }), (one) => one.destroy())
  return {
    async get(path, headers = {}) {
      const started = performance.now()
      const response = await pool.request({ method: 'GET', path, headers: { ...headers } })
      const body = Buffer.from(await response.body.arrayBuffer())
      const elapsedMs = performance.now() - started
      if (response.statusCode !== 200) throw new Error(`${origin}${path} answered ${body.toString()}`)
      return { elapsedMs, body }
    },
  }
}
