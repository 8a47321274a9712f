/** Makes `dist/`: the sources as a few plain `.js` files, for the published package. See docs/adr/0020. */
import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'vite'
import { BUNDLED } from './bundled.ts'

// All but the pages, which are built by themselves (`build-web.ts`).
for (const name of existsSync('dist') ? readdirSync('dist') : []) {
  if (name !== 'web') rmSync(join('dist', name), { recursive: true })
}
await build({
  configFile: false,
  logLevel: 'warn',
  ssr: { noExternal: [...BUNDLED] },
  build: {
    ssr: 'src/main.ts',
    outDir: 'dist',
    emptyOutDir: false,
    target: 'node24',
    // Operators read the stacks in their logs.
    minify: false,
    copyPublicDir: false,
    rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' } },
  },
})
for (const name of BUNDLED) copyFileSync(`node_modules/${name}/LICENSE`, `dist/${name}.LICENSE`)
