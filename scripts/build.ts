/** Makes `dist/`: the sources as a few plain `.js` files, for the published package. See docs/adr/0020. */
import { copyFileSync } from 'node:fs'
import { build } from 'vite'
import { BUNDLED } from './bundled.ts'

await build({
  configFile: false,
  logLevel: 'warn',
  ssr: { noExternal: [...BUNDLED] },
  build: {
    ssr: 'src/main.ts',
    outDir: 'dist',
    target: 'node24',
    // Operators read the stacks in their logs.
    minify: false,
    copyPublicDir: false,
    rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' } },
  },
})
for (const name of BUNDLED) copyFileSync(`node_modules/${name}/LICENSE`, `dist/${name}.LICENSE`)
