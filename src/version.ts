/** The version of this software. */
import { readFileSync } from 'node:fs'

/** As `package.json` has it, which lies beside `src` in a checkout and beside `dist` in the package. */
export function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const hasVersion = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return hasVersion ? String(manifest.version) : 'unknown'
}
