/** Files that an operator writes: the settings of `--config`, and any other YAML or JSON. */
import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import type { ConfigMistake } from './mistakes.ts'

/** Gives a file's text, or throws as `node:fs` does. */
export type ReadFile = (path: string) => string

export type FileContent =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string }

/** A setting as a file gives it, not yet read. */
export type FileValue = string | readonly string[]

/** Settings as a file gives them; the mistakes are those of its form. */
export type FileSettings = {
  readonly values: ReadonlyMap<string, FileValue>
  readonly mistakes: readonly ConfigMistake[]
}

export function readTextFile(path: string): string {
  return readFileSync(path, 'utf8')
}

/**
 * Reads the file of `--config`: a map from names of settings to values, or to lists of them. Values stay text as
 * written (`080`, `true`), so that a file and the environment mean the same by the same characters.
 */
export function readConfigFile(path: string, readFile: ReadFile): FileSettings {
  const content = readYaml(path, readFile, { schema: 'failsafe' })
  const fail = (problem: string): FileSettings => ({
    values: new Map(),
    mistakes: [{ name: '--config', seen: path, problem, takes: 'a YAML or JSON file of names and values' }],
  })
  if (!content.ok) return fail(content.problem)
  if (content.value === null || content.value === '') return { values: new Map(), mistakes: [] } // comments alone
  if (!isRecord(content.value)) return fail('holds no map of names and values')
  const values = new Map<string, FileValue>()
  const mistakes: ConfigMistake[] = []
  for (const [name, value] of Object.entries(content.value)) {
    if (typeof value === 'string' || isTextList(value)) values.set(name, value)
    else
      mistakes.push({ name, seen: null, problem: 'holds a map in the file', takes: 'one value, or a list' })
  }
  return { values, mistakes }
}

/**
 * Reads a YAML file, of which JSON is a part.
 *
 * @param options schema: `failsafe` keeps all scalars text, `core` knows numbers, booleans and null.
 */
export function readYaml(
  path: string,
  readFile: ReadFile,
  options: { readonly schema: 'core' | 'failsafe' },
): FileContent {
  let text: string
  try {
    text = readFile(path)
  } catch (error) {
    return { ok: false, problem: whyUnreadable(error) }
  }
  const document = parseDocument(text, { schema: options.schema, resolveKnownTags: false })
  // The parser's own sentences quote the lines at fault, and these may hold secrets: only the place is told.
  const fault = document.errors[0] ?? document.warnings[0]
  if (fault !== undefined) {
    const { line, col } = fault.linePos?.[0] ?? { line: 1, col: 1 }
    const what = fault.code === 'DUPLICATE_KEY' ? 'has one name twice' : 'is not valid YAML or JSON'
    return { ok: false, problem: `${what} (line ${line}, column ${col})` }
  }
  try {
    return { ok: true, value: document.toJS() }
  } catch {
    return { ok: false, problem: 'has an alias without anchor, or too many aliases' } // toJS throws for nothing else
  }
}

/** Whether a value is a map of names. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string')
}

const READ_FAILURES: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'does not exist'],
  ['EISDIR', 'is a directory'],
  ['EACCES', 'may not be read by this user'],
])

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return READ_FAILURES.get(code) ?? `cannot be read (${String(code ?? 'unknown error')})`
}
