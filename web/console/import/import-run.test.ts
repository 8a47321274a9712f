import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unreachable } from '../../api/problem.ts'
import { cutLines, lineOf, type Piece } from './cut-file.ts'
import { ImportRun, type PieceAnswer, type Sending } from './import-run.ts'
import { linesOfList } from './list-file.ts'
import { readImportFile } from './read-file.ts'
import { rejectedAsCsv, rejectedAsNdjson } from './rejected-lines.ts'

const SMALL = { bytes: 12, lines: 2 }

async function* chunksOf(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text)
}

async function cut(...texts: string[]): Promise<Piece[]> {
  return Array.fromAsync(cutLines(chunksOf(...texts), SMALL))
}

const textOf = ({ bytes }: Piece): string => new TextDecoder().decode(bytes)

/** Answers in turn, and remembers what was sent. */
function sendingOf(answers: PieceAnswer[]): Sending & { readonly sent: string[]; readonly slept: number[] } {
  const sent: string[] = []
  const slept: number[] = []
  return {
    sent,
    slept,
    async send(bytes) {
      sent.push(new TextDecoder().decode(bytes))
      const answer = answers.shift()
      if (answer === undefined || answer instanceof Error)
        throw answer ?? new Error('sent more than was answered')
      return answer
    },
    async sleep(ms) {
      slept.push(ms)
    },
  }
}

const stored = (report: Partial<Extract<PieceAnswer, { kind: 'stored' }>['report']>): PieceAnswer => ({
  kind: 'stored',
  report: { created: 0, updated: 0, unchanged: 0, rejected: 0, lines: [], ...report },
})

test('cutLines: pieces end with lines, wherever the chunks of the file end, and nothing is lost', async () => {
  for (const chunks of [['a\nb\nc\nd\ne'], ['a', '\nb', '\n', 'c\nd', '\ne'], [...'a\nb\nc\nd\ne']]) {
    const pieces = await cut(...chunks)
    assert.deepEqual(pieces.map(textOf), ['a\nb\n', 'c\nd\n', 'e'])
    assert.deepEqual(
      pieces.map(({ firstLine, endsAt }) => [firstLine, endsAt]),
      [
        [1, 4],
        [3, 8],
        [5, 9],
      ],
    )
  }
})

test('cutLines: a line longer than a piece stays whole', async () => {
  const pieces = await cut(`${'x'.repeat(30)}`, `${'y'.repeat(5)}\nshort\n`)
  assert.deepEqual(pieces.map(textOf), [`${'x'.repeat(30)}yyyyy\n`, 'short\n'])
})

test('lineOf: finds a line by its number in the whole file, without its end', async () => {
  const [, second] = await cut('a\nb\n', 'c\r\nd\n')
  assert.ok(second)
  assert.equal(lineOf(second, 3), 'c')
  assert.equal(lineOf(second, 4), 'd')
})

test('linesOfList: keeps each element as it was written, on one line', () => {
  const text = '[\n {"a": 1.0, "b": "x,\\"]["},\n {"c": [1, {"d": 2}]}, 3 ]'
  assert.deepEqual(linesOfList(text), ['{"a": 1.0, "b": "x,\\"]["}', '{"c": [1, {"d": 2}]}', '3'])
  assert.deepEqual(linesOfList('[{\n"a":\r\n1}]'), ['{ "a": 1}'])
  assert.deepEqual(linesOfList(' [ ] '), [])
  assert.throws(() => linesOfList('{"a":[]}'), SyntaxError)
  assert.throws(() => linesOfList('[1,'), SyntaxError)
})

test('readImportFile: takes lines, a list, and one record over several lines', async () => {
  const kinds: [string, string, string][] = [
    ['{"a":1}\n{"b":2}\n', 'line', '{"a":1}\n{"b":2}\n'],
    ['\uFEFF[{"a":1},{"b":2}]', 'record', '{"a":1}\n{"b":2}\n'],
    ['{\n  "a": 1\n}\n', 'record', '{   "a": 1 }\n'],
    ['no JSON at all\n', 'line', 'no JSON at all\n'],
  ]
  for (const [text, unit, sent] of kinds) {
    const read = await readImportFile(new Blob([text]))
    assert.ok(read.ok, text)
    assert.equal(read.unit, unit)
    assert.equal((await Array.fromAsync(read.pieces)).map(textOf).join(''), sent)
  }
})

test('readImportFile: says what is wrong with a file that holds nothing, or half a list', async () => {
  for (const text of ['', ' \n ', '[]', '[{"a":1}']) {
    const read = await readImportFile(new Blob([text]))
    assert.equal(read.ok, false, text)
  }
})

test('ImportRun: adds up what the registry says, with the lines numbered as in the file', async () => {
  const sending = sendingOf([
    stored({ created: 1, rejected: 1, lines: [{ line: 2, reason: 'no name' }] }),
    stored({ updated: 1, rejected: 1, lines: [{ line: 1, reason: 'no type' }] }),
    stored({ unchanged: 1 }),
  ])
  const run = new ImportRun(
    { unit: 'line', totalBytes: 9, pieces: cutLines(chunksOf('a\nb\nc\nd\ne'), SMALL) },
    sending,
  )
  const steps = await Array.fromAsync(run.run(new AbortController().signal))
  assert.deepEqual(
    steps.map(({ sentBytes, isDone }) => [sentBytes, isDone]),
    [
      [4, false],
      [8, false],
      [9, false],
      [9, true],
    ],
  )
  const { created, updated, unchanged, rejected, rejectedLines } = run.progress
  assert.deepEqual(
    { created, updated, unchanged, rejected },
    { created: 1, updated: 1, unchanged: 1, rejected: 2 },
  )
  assert.deepEqual(rejectedLines, [
    { line: 2, reason: 'no name', text: 'b' },
    { line: 3, reason: 'no type', text: 'c' },
  ])
})

test('ImportRun: waits as long as the registry asks, and goes on after a refusal with the piece that was refused', async () => {
  const sending = sendingOf([
    { kind: 'busy', retryAfterSeconds: 3 },
    stored({ created: 2 }),
    { kind: 'refused', problem: unreachable() },
    stored({ created: 1 }),
  ])
  const run = new ImportRun(
    { unit: 'line', totalBytes: 5, pieces: cutLines(chunksOf('a\nb\nc'), SMALL) },
    sending,
  )
  const { signal } = new AbortController()
  await Array.fromAsync(run.run(signal))
  assert.equal(run.progress.created, 2)
  assert.equal(run.progress.problem?.code, 'unreachable')
  assert.equal(run.progress.isDone, false)
  await Array.fromAsync(run.run(signal))
  assert.deepEqual(sending.sent, ['a\nb\n', 'a\nb\n', 'c', 'c'])
  assert.deepEqual(sending.slept, [3_000])
  assert.equal(run.progress.created, 3)
  assert.equal(run.progress.problem, null)
  assert.ok(run.progress.isDone)
})

test('ImportRun: sends nothing more once it is stopped', async () => {
  const stop = new AbortController()
  const sending = sendingOf([stored({ created: 2 })])
  const run = new ImportRun(
    { unit: 'line', totalBytes: 5, pieces: cutLines(chunksOf('a\nb\nc'), SMALL) },
    sending,
  )
  await assert.rejects(
    async () => {
      for await (const _ of run.run(stop.signal)) stop.abort()
    },
    { name: 'AbortError' },
  )
  assert.deepEqual(sending.sent, ['a\nb\n'])
})

test('ImportRun: a file that cannot be read to its end is told, and never done, however often it is gone on with', async () => {
  async function* breakingOff(): AsyncGenerator<Uint8Array> {
    yield* chunksOf('a\nb\nc\n')
    throw new DOMException('it was changed meanwhile', 'NotReadableError')
  }
  const sending = sendingOf([stored({ created: 2 })])
  const run = new ImportRun({ unit: 'line', totalBytes: 9, pieces: cutLines(breakingOff(), SMALL) }, sending)
  for (let tries = 0; tries < 2; tries += 1) {
    await Array.fromAsync(run.run(new AbortController().signal))
    const { created, isBroken, isDone, problem } = run.progress
    assert.deepEqual({ created, isBroken, isDone }, { created: 2, isBroken: true, isDone: false })
    assert.equal(problem?.sentence, 'The file could not be read to its end.')
  }
  assert.deepEqual(sending.sent, ['a\nb\n'])
})

test('rejected lines as CSV: quotes what needs it, and lets no cell be a formula', () => {
  const lines = [{ line: 2, reason: '=HYPERLINK("x")', text: '{"a":1}' }]
  assert.equal(rejectedAsCsv(lines), 'line,reason,text\r\n2,"\'=HYPERLINK(""x"")","{""a"":1}"\r\n')
  assert.equal(rejectedAsNdjson(lines), '{"line":2,"reason":"=HYPERLINK(\\"x\\")","text":"{\\"a\\":1}"}\n')
})
