import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Line, readLines } from './lines.ts'

async function* chunksOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes = 10): Promise<string[]> {
  const lines: string[] = []
  for await (const line of readLines(chunks, maxBytes)) lines.push(describe(line))
  return lines
}

function describe(line: Line): string {
  return line.kind === 'line'
    ? `${line.number}:${Buffer.from(line.bytes).toString()}`
    : `${line.number} too long`
}

test('lines are found wherever the chunks are cut', async () => {
  assert.deepEqual(await linesOf(chunksOf('a\nb', 'c', '\n', 'd')), ['1:a', '2:bc', '3:d'])
})

test('blank lines are counted and left out; a last line needs no end', async () => {
  assert.deepEqual(await linesOf(chunksOf('a\n\n \r\nb\r\n', 'c')), ['1:a', '4:b\r', '5:c'])
  assert.deepEqual(await linesOf(chunksOf()), [])
})

test('a line that is too long costs itself alone', async () => {
  assert.deepEqual(await linesOf(chunksOf('a\n', '12345', '6789012345', '\nb\n1234567890\n')), [
    ...['1:a', '2 too long', '3:b', '4:1234567890'],
  ])
})

test('a line without end is dropped as it comes, whatever its length', async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    const chunk = Buffer.alloc(65_536, 0x61)
    for (let times = 0; times < 2_000; times += 1) yield chunk
  }
  const before = process.memoryUsage().arrayBuffers
  assert.deepEqual(await linesOf(endless(), 1_048_576), ['1 too long'])
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 1024 * 1024)
})
