/** Answers that come bit by bit: lines of JSON, and server-sent events. */

/** The values of an answer in `application/x-ndjson`, as they come. @throws SyntaxError for a line that is no JSON. */
export async function* readLines(response: Response): AsyncGenerator<unknown> {
  for await (const line of linesOf(response)) {
    if (line.trim() !== '') yield JSON.parse(line)
  }
}

/** One event of a `text/event-stream`; its data is not parsed. */
export type ServerSentEvent = { readonly event: string; readonly data: string }

/** The events of an answer in `text/event-stream`, as they come; comments, which keep it open, are passed over. */
export async function* readServerSentEvents(response: Response): AsyncGenerator<ServerSentEvent> {
  let event = 'message'
  let data: string[] = []
  for await (const line of linesOf(response)) {
    if (line === '') {
      if (data.length > 0) yield { event, data: data.join('\n') }
      event = 'message'
      data = []
      continue
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
    if (name === 'event') event = value
    if (name === 'data') data.push(value)
  }
}

/** The lines of a text, without their ends; the last one also if nothing ends it. */
async function* linesOf(response: Response): AsyncGenerator<string> {
  if (response.body === null) return
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      const lines = (rest + value).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield withoutReturn(line)
    }
    if (rest !== '') yield withoutReturn(rest)
  } finally {
    // Whoever stops reading closes the connection, and the registry stops working for it.
    await reader.cancel().catch(() => undefined)
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
