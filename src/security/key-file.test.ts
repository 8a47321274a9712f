import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createKeyRingFile, loadKeyRingFile, replaceKeyRingFile } from './key-file.ts'
import { createKeyRing, formatKeyRing, withNewKey } from './key-ring.ts'

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'key-file-'))
  try {
    await run(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('createKeyRingFile: only the owner can read it, whatever the umask, and it loads again', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'registry.keys')
    const ring = createKeyRing()
    const umask = process.umask(0)
    try {
      await createKeyRingFile(path, ring)
    } finally {
      process.umask(umask)
    }
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.equal(formatKeyRing(await loadKeyRingFile(path)), formatKeyRing(ring))
  }))

test('createKeyRingFile: never replaces a ring', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'registry.keys')
    await createKeyRingFile(path, createKeyRing())
    const before = await readFile(path, 'utf8')
    await assert.rejects(createKeyRingFile(path, createKeyRing()), /exists already/)
    assert.equal(await readFile(path, 'utf8'), before)
    await assert.rejects(
      createKeyRingFile(join(folder, 'none', 'k'), createKeyRing()),
      /cannot be written \(ENOENT\)/,
    )
  }))

test('loadKeyRingFile: refuses a file that group or others may open, in one sentence', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'registry.keys')
    await createKeyRingFile(path, createKeyRing())
    for (const mode of [0o640, 0o604, 0o620, 0o644, 0o666]) {
      await chmod(path, mode)
      await assert.rejects(
        loadKeyRingFile(path),
        /may be opened by other users \(mode 6\d\d\); run "chmod 600/,
      )
    }
    await chmod(path, 0o400)
    assert.equal((await loadKeyRingFile(path)).keys.length, 1)
  }))

test('loadKeyRingFile: says what is wrong with a missing or damaged file', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'registry.keys')
    await assert.rejects(loadKeyRingFile(path), /does not exist/)
    await writeFile(path, 'k1:short\n', { mode: 0o600 })
    await assert.rejects(loadKeyRingFile(path), /key file .*registry\.keys cannot be used: .*"k1"/)
    await writeFile(path, 'x'.repeat(70_000))
    await assert.rejects(loadKeyRingFile(path), /too large/)
  }))

test('replaceKeyRingFile: the new ring takes the place of the old one, 0600, and a failure leaves the old one', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'registry.keys')
    const ring = createKeyRing()
    await createKeyRingFile(path, ring)
    const next = withNewKey(ring)
    await replaceKeyRingFile(path, next)
    assert.equal(formatKeyRing(await loadKeyRingFile(path)), formatKeyRing(next))
    assert.deepEqual(await readdir(folder), ['registry.keys'])
    const taken = join(folder, 'taken')
    await mkdir(join(taken, 'full'), { recursive: true })
    await assert.rejects(replaceKeyRingFile(taken, ring), /cannot be replaced/)
    assert.deepEqual((await readdir(folder)).toSorted(), ['registry.keys', 'taken'])
  }))
