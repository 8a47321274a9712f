/** The events of an answer that comes as lines of JSON. */
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'

export const NDJSON = 'application/x-ndjson'

export async function* readEvents(response: Response): AsyncGenerator<unknown> {
  if (response.body === null) return
  for await (const line of createInterface({ input: Readable.fromWeb(response.body) })) {
    if (line !== '') yield parseEvent(line)
  }
}

/** @throws CliFailure when it is no JSON. */
export function parseEvent(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CliFailure(EXIT.failed, 'The answer is not one of a registry: is it the right address?', {
      cause,
    })
  }
}
