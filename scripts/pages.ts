import { resolve } from 'node:path'
import { build } from 'vite'

/**
 * Builds the pages into a folder. Their files are addressed from where the page's `<base>` says, since a registry may
 * be published under a path.
 */
export async function buildPages(outDir: string): Promise<void> {
  await build({
    configFile: false,
    root: 'web',
    base: './',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: resolve(outDir),
      emptyOutDir: true,
      target: 'es2022',
      // The Content-Security-Policy allows no script in the page, and no data URLs.
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      rolldownOptions: { input: { search: 'web/search.html', console: 'web/console.html' } },
    },
  })
}
