/**
 * The folder of built pages. A file is read when it is first asked for and kept: a start does not wait for pages, and
 * who never opens one pays nothing.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { PageFile, PageFiles } from './http/page-files.ts'
import type { RenderPlain } from './wire/plain-view.ts'

/** Where `npm run build:web` puts them, seen from `src` in a checkout as from `dist` in the package. */
export const BUILT_PAGES: string = join(import.meta.dirname, '../dist/web')

/** Only what the folder held when it was first looked into is ever read, whatever is asked for. */
export function openPageFolder(folder: string): PageFiles {
  let names: ReadonlySet<string> = new Set()
  const files = new Map<string, Promise<PageFile>>()
  let plain: Promise<RenderPlain> | undefined

  const has = async (name: string): Promise<boolean> => {
    // Looked at anew until there is something: they may be built while the registry runs.
    if (names.size === 0) names = await listFiles(folder)
    return names.has(name)
  }
  return {
    async find(name) {
      if (!(await has(name))) return undefined
      const file = files.get(name) ?? readPage(folder, name, names)
      files.set(name, file)
      // What cannot be read now may be readable later.
      file.catch(() => files.delete(name))
      return file
    },
    async findPlainRenderer() {
      if (!(await has(PLAIN))) return undefined
      plain ??= loadRenderer(join(folder, PLAIN))
      return plain
    },
  }
}

const PLAIN = 'plain.js'

async function listFiles(folder: string): Promise<ReadonlySet<string>> {
  try {
    const names = await readdir(folder, { recursive: true })
    return new Set(names.map((name) => name.replaceAll('\\', '/')))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Set()
    throw error
  }
}

async function readPage(folder: string, name: string, names: ReadonlySet<string>): Promise<PageFile> {
  const read = (path: string) => (names.has(path) ? readFile(join(folder, path)) : null)
  const [bytes, brotli, gzip] = await Promise.all([
    readFile(join(folder, name)),
    read(`${name}.br`),
    read(`${name}.gz`),
  ])
  return { bytes, brotli, gzip }
}

async function loadRenderer(path: string): Promise<RenderPlain> {
  const built: { readonly renderPlain?: unknown } = await import(/* @vite-ignore */ pathToFileURL(path).href)
  if (!isRenderer(built.renderPlain)) throw new Error(`${path} does not export renderPlain`)
  return built.renderPlain
}

function isRenderer(value: unknown): value is RenderPlain {
  return typeof value === 'function'
}
