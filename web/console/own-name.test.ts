import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { completeShell } from '../../src/http/page-shell.ts'
import { ownNameIn } from './own-name.ts'

test('ownNameIn: finds what the registry put into the title of the page, whatever it is called', async () => {
  const page = await readFile(new URL('../console.html', import.meta.url))
  for (const name of ['Harbor Commons', 'Console · Us']) {
    const { bytes } = completeShell({ bytes: page }, { basePath: '/', name })
    assert.equal(ownNameIn(/<title>(.*)<\/title>/.exec(bytes.toString())?.[1] ?? ''), name)
  }
})
