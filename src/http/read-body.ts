/** Reads bodies within a size and a time. Node's own limit on time would also end long imports, so it is off. */
import type { Readable } from 'node:stream'
import { ProblemError } from '../problem.ts'
import { SERVER_LIMITS } from './limits.ts'

/** The whole body. @throws ProblemError 413, 408. */
export async function readBody(
  payload: Readable,
  { maxBytes, timeoutMs }: { readonly maxBytes: number; readonly timeoutMs: number },
): Promise<Uint8Array> {
  const deadline = performance.now() + timeoutMs
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of chunksWithin(payload, () => deadline - performance.now())) {
    size += chunk.length
    if (size > maxBytes) {
      await drain(payload)
      throw new ProblemError('body-too-large', `The body is larger than ${maxBytes} bytes.`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

/**
 * The chunks of a body as they come; the time spent between two asks of the consumer does not count.
 *
 * @param remainingMs how long to wait for the next chunk.
 * @throws ProblemError 408 when it does not come, or the sender is gone.
 */
export async function* chunksWithin(payload: Readable, remainingMs: () => number): AsyncGenerator<Buffer> {
  while (true) {
    const chunk = payload.readableEnded ? null : readNow(payload)
    if (chunk !== null) yield chunk
    else if (payload.readableEnded) return
    else await becomesReadable(payload, remainingMs())
  }
}

function readNow(payload: Readable): Buffer | null {
  const chunk: unknown = payload.read()
  return Buffer.isBuffer(chunk) ? chunk : null
}

/** Resolves when there is more to read, or the end. */
function becomesReadable(payload: Readable, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(tooSlow()), Math.max(timeoutMs, 0))
    const onReadable = () => settle()
    const onGone = () => settle(payload.readableEnded ? undefined : gone())
    const settle = (error?: ProblemError) => {
      clearTimeout(timer)
      payload.off('readable', onReadable).off('end', onReadable).off('close', onGone).off('error', onGone)
      if (error === undefined) resolve()
      else reject(error)
    }
    payload.on('readable', onReadable).on('end', onReadable).on('close', onGone).on('error', onGone)
    if (payload.destroyed) onGone()
  })
}

function tooSlow(): ProblemError {
  return new ProblemError('request-timeout', 'The body did not arrive in time.')
}

function gone(): ProblemError {
  return new ProblemError('request-timeout', 'The connection was closed before the body was complete.')
}

/** Reads on for a moment and forgets: who is still sending would not read an answer on a connection that is cut. */
async function drain(payload: Readable): Promise<void> {
  const deadline = performance.now() + SERVER_LIMITS.drainMs
  let size = 0
  try {
    for await (const chunk of chunksWithin(payload, () => deadline - performance.now())) {
      size += chunk.length
      if (size > SERVER_LIMITS.drainBytes) return
    }
  } catch {
    // Too slow or gone: the answer goes out all the same.
  }
}
