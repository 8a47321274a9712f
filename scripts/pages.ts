import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build, type InlineConfig } from 'vite'
import { BUNDLED_IN_PAGES } from './bundled.ts'

/**
 * Builds the pages into a folder. Their files are addressed from where the page's `<base>` says, since a registry may
 * be published under a path. Beside each file that a page loads lie its compressed forms.
 */
export async function buildPages(outDir: string): Promise<void> {
  const folder = resolve(outDir)
  await build({
    ...COMMON,
    base: './',
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      // The Content-Security-Policy allows no script in the page, and no data URLs.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: { input: { search: 'web/search.html', console: 'web/console.html' } },
    },
  })
  await buildPlain(folder)
  await compressAll(join(folder, 'assets'))
  for (const name of BUNDLED_IN_PAGES) {
    await copyFile(`node_modules/${name}/LICENSE`, join(folder, `${name}.LICENSE`))
  }
}

const COMMON: InlineConfig = {
  configFile: false,
  root: 'web',
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
}

const PLAIN_SOURCE = 'plain/plain.tsx'

/** What renders the page for browsers without JavaScript, for the server: one file with all it needs. */
async function buildPlain(folder: string): Promise<void> {
  await build({
    ...COMMON,
    ssr: { noExternal: true },
    build: {
      ssr: PLAIN_SOURCE,
      outDir: folder,
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      copyPublicDir: false,
      rolldownOptions: { output: { entryFileNames: 'plain.js' } },
    },
  })
}

/** Smaller files travel in one packet either way. */
const WORTH_COMPRESSING_BYTES = 1_000

/** Here and not when they are asked for: the best compression takes half a second. */
async function compressAll(folder: string): Promise<void> {
  const names = await readdir(folder)
  await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name))
      if (bytes.length < WORTH_COMPRESSING_BYTES || /\.(png|woff2)$/.test(name)) return
      const parameters = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
      await writeFile(
        join(folder, `${name}.br`),
        await promisify(brotliCompress)(bytes, { params: parameters }),
      )
      await writeFile(join(folder, `${name}.gz`), await promisify(gzip)(bytes, { level: 9 }))
    }),
  )
}
