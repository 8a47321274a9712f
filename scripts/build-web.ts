/**
 * Makes `dist/web/`: the pages that the registry serves, from `web/`. With `--if-older` only where they are missing or
 * older than what they are made from, which is how `npm start` and `npm run demo` see to it that there are pages.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = 'dist/web'
const isNeeded = !process.argv.includes('--if-older') || isOlder()
if (isNeeded) await buildThem()

async function buildThem(): Promise<void> {
  if (!existsSync('node_modules/vite')) {
    console.error('The pages are not built: that takes the development dependencies (npm ci).')
    return
  }
  const { buildPages } = await import('./pages.ts')
  await buildPages(FOLDER)
}

function isOlder(): boolean {
  const shell = join(FOLDER, 'search.html')
  if (!existsSync(shell)) return true
  const builtAt = statSync(shell).mtimeMs
  return [...filesOf('web'), 'scripts/pages.ts', 'package-lock.json'].some(
    (path) => statSync(path).mtimeMs > builtAt,
  )
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path))
}
