/**
 * `npm test` runs a few processes, each with many test files: a process of its own costs a file a second or two, for
 * loading the registry and until it is compiled well. A file by itself: `node --test test/discovery-walk.test.ts`.
 */
import { glob } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const ROOT = dirname(dirname(import.meta.dirname))

/** The files of the groups that have their own process; all others are one more. */
export const GROUPS: Readonly<
  Record<
    'units' | 'stores' | 'discovery' | 'federation' | 'operation' | 'browserConsole' | 'browserSearch',
    readonly string[]
  >
> = {
  units: ['{src,web}/**/*.test.ts'],
  stores: ['test/conformance/*.test.ts'],
  discovery: [
    'test/discovery-*.test.ts',
    'test/{walk,world}/*.test.ts',
    'test/{changes,cli,openapi}.test.ts',
  ],
  operation: [
    'test/{start,spoiled-secrets,redis*,replicas,revocation,*-tls,*-limits,metrics,request-log}.test.ts',
  ],
  browserConsole: ['test/pages/{console-*,operator-path}.test.ts'],
  browserSearch: ['test/pages-*.test.ts', 'test/pages/{agent-page,search*}.test.ts'],
  federation: ['test/federation*.test.ts', 'test/{canaries,zoo}/*.test.ts', 'test/{sharing,peer}*.test.ts'],
}

/**
 * Imports the test files of some patterns, in the order of their names, into this process.
 * @throws when there are none: a pattern that finds nothing would pass.
 */
export async function importAll(patterns: readonly string[], except: readonly string[] = []): Promise<void> {
  const paths = await Array.fromAsync(glob(patterns, { cwd: ROOT, exclude: ['node_modules', ...except] }))
  if (paths.length === 0) throw new Error(`no file is named like ${patterns.join(' or ')}`)
  for (const path of paths.sort()) await import(pathToFileURL(join(ROOT, path)).href)
}
