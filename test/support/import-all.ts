import { glob } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = dirname(dirname(import.meta.dirname))

/**
 * Imports test files, in the order of their names, into this process.
 * @throws when there are none: a pattern that finds nothing would pass.
 */
export async function importAll(pattern: string): Promise<void> {
  const paths = await Array.fromAsync(glob(pattern, { cwd: ROOT }))
  if (paths.length === 0) throw new Error(`no file is named like ${pattern}`)
  for (const path of paths.sort()) await import(pathToFileURL(join(ROOT, path)).href)
}
