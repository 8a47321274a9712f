/** A folder of built pages, written by hand: for tests of how pages are served, whatever is in them. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { temporaryFolder } from './registry.ts'

export const SCRIPT_NAME = 'search-Ab12.js'
export const SCRIPT: string = `console.log(${JSON.stringify('long '.repeat(400))})\n`

const shell = (title: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<noscript><meta http-equiv="refresh" content="0; url=plain"></noscript>
<script type="module" src="./assets/${SCRIPT_NAME}"></script>
<link rel="stylesheet" crossorigin href="./assets/search-Cd34.css">
</head>
<body></body>
</html>
`

/** What the page without JavaScript is here: the view that it was given, as text. */
const RENDERER = `export const renderPlain = (view) => '<!doctype html><pre>' +
  JSON.stringify(view).replaceAll('<', '&lt;') + '</pre>'\n`

/** It goes with the test. */
export async function writePageFolder(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'assets'))
  const files: Readonly<Record<string, string | Buffer>> = {
    'search.html': shell('AgentVault Registry'),
    'console.html': shell('Console · AgentVault Registry'),
    'plain.js': RENDERER,
    [`assets/${SCRIPT_NAME}`]: SCRIPT,
    [`assets/${SCRIPT_NAME}.br`]: brotliCompressSync(SCRIPT),
    [`assets/${SCRIPT_NAME}.gz`]: gzipSync(SCRIPT),
    'assets/search-Cd34.css': 'body { margin: 0 }\n',
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  return folder
}
