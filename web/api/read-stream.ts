/** Answers that come bit by bit, as lines of JSON. */

/** The values of an answer in `application/x-ndjson`, as they come. @throws SyntaxError for a line that is no JSON. */
export async function* readLines(response: Response): AsyncGenerator<unknown> {
  for await (const line of linesOf(response)) {
    if (line.trim() !== '') yield JSON.parse(line)
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
