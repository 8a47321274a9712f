/** What kind of file was given: lines of JSON, a JSON list of records, or one record over several lines. */
import { cutLines, type Piece } from './cut-file.ts'
import { linesOfList } from './list-file.ts'

/** `unit`: what rejected ones are numbered by. `totalBytes` is what `endsAt` of the last piece comes to. */
export type ImportSource = {
  readonly unit: 'line' | 'record'
  readonly totalBytes: number
  readonly pieces: AsyncGenerator<Piece>
}

type ReadFile =
  | ({ readonly ok: true } & ImportSource)
  /** `problem` is a sentence for the person. */
  | { readonly ok: false; readonly problem: string }

/** A list is read whole before it is cut; lines are not. */
const MOST_LIST_BYTES = 64 * 1024 * 1024
const MOST_RECORD_BYTES = 1024 * 1024

/** Looks at the beginning of a file, and into all of it only where it is no file of lines. */
export async function readImportFile(file: Blob): Promise<ReadFile> {
  const beginning = (await file.slice(0, 1024).text()).replace(/^\uFEFF/, '').trimStart()
  if (beginning === '' && file.size <= 1024) return { ok: false, problem: 'The file is empty.' }
  if (beginning.startsWith('[')) return readList(file)
  if (file.size <= MOST_RECORD_BYTES && (await isOneRecord(file))) {
    return fromLines(linesOfList(`[${await textOf(file)}]`))
  }
  return { ok: true, unit: 'line', totalBytes: file.size, pieces: cutLines(chunksOf(file)) }
}

async function readList(file: Blob): Promise<ReadFile> {
  if (file.size > MOST_LIST_BYTES) {
    const problem =
      'A JSON list is read whole and may have 64 MiB. Write one record a line instead (NDJSON): such a file may be of any size.'
    return { ok: false, problem }
  }
  try {
    return fromLines(linesOfList(await textOf(file)))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return { ok: false, problem: `The file begins as a JSON list and is not one: ${error.message}` }
  }
}

function fromLines(lines: readonly string[]): ReadFile {
  if (lines.length === 0) return { ok: false, problem: 'The list holds no record.' }
  const bytes = new TextEncoder().encode(`${lines.join('\n')}\n`)
  return { ok: true, unit: 'record', totalBytes: bytes.length, pieces: cutLines(once(bytes)) }
}

/** One record that was written over several lines. */
async function isOneRecord(file: Blob): Promise<boolean> {
  const text = (await textOf(file)).trim()
  if (!text.startsWith('{') || !text.includes('\n')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false // why: several records, a line each, are no single value
  }
}

async function textOf(file: Blob): Promise<string> {
  return (await file.text()).replace(/^\uFEFF/, '')
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/**
 * The bytes of a file as they are read. A browser ends the stream of a file that was cut off meanwhile as if it were whole:
 * only its size tells. (Not every browser lets a stream be walked by itself.)
 *
 * @throws Error where fewer bytes came than the file had when it was chosen.
 */
async function* chunksOf(file: Blob): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader()
  let bytes = 0
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      bytes += step.value.byteLength
      yield step.value
    }
  } finally {
    await reader.cancel()
  }
  if (bytes < file.size) throw new Error(`the file ended after ${bytes} of its ${file.size} bytes`)
}
