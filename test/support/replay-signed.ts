/** Signed requests sent in many copies at once to all replicas of a registry: each is good once, whatever else fails. */
import assert from 'node:assert/strict'
import type { Problem, RunningRegistry } from './registry.ts'
import type { SignedAsker } from './signed-asker.ts'

export type Replayed = {
  /** How many copies of each request were answered, by request. */
  readonly answered: readonly number[]
  /** Copies refused as used before. */
  readonly refused: number
}

/**
 * @param options.beforeRequest told before each request is sent, with its number.
 * @param options.atOnce requests under way at a time, each with all its copies.
 */
export async function replaySigned(
  asker: SignedAsker,
  replicas: readonly RunningRegistry[],
  options: {
    readonly requests: number
    readonly copies: number
    readonly atOnce: number
    readonly beforeRequest: (number: number) => Promise<void>
  },
): Promise<Replayed> {
  const { requests, copies, atOnce, beforeRequest } = options
  const answered: number[] = Array.from({ length: requests }, () => 0)
  let refused = 0
  const numbers = answered.keys()
  const sendEach = async (): Promise<void> => {
    for (const number of numbers) {
      await beforeRequest(number)
      const target = `/api/v1/agents?search=treasure+${number}&limit=20`
      const headers = asker.headersFor(target)
      const answers = await Promise.all(
        Array.from({ length: copies }, (_, copy) => {
          const replica = replicas[copy % replicas.length] ?? assert.fail()
          return replica.send<Problem>('GET', target, { key: null, headers: { ...headers } })
        }),
      )
      for (const { status, body, text } of answers) {
        if (status === 200) answered[number] = (answered[number] ?? 0) + 1
        else {
          assert.deepEqual([status, body.code], [401, 'signature-refused'], text)
          assert.match(body.detail, /accepted before/)
          refused += 1
        }
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, sendEach))
  return { answered, refused }
}
