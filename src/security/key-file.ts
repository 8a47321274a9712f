/** The key ring as a file that only its owner can read. */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatKeyRing, type KeyRing, KeyRingError, parseKeyRing } from './key-ring.ts'

const MAX_FILE_BYTES = 64 * 1024 // a ring of hundreds of keys is a few KiB; anything larger is another file

/**
 * Reads a key ring from a file.
 *
 * @throws KeyRingError when the file is missing, readable by others than its owner, or not a key ring.
 */
export async function loadKeyRingFile(path: string): Promise<KeyRing> {
  await using file = await openKeyFile(path)
  // The opened file is examined, not the path: it cannot be exchanged between check and read.
  const { mode, size } = await file.stat()
  if ((mode & 0o077) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(3, '0')
    throw new KeyRingError(
      `The key file ${path} may be opened by other users (mode ${octal}); run "chmod 600 ${path}" and start again.`,
    )
  }
  if (size > MAX_FILE_BYTES) throw new KeyRingError(`The key file ${path} is too large to be a key ring.`)
  return parseFile(path, await file.readFile('utf8'))
}

/**
 * Writes a key ring to a new file with mode 0600, flushed to disk before it returns: what is sealed with a key
 * must not outlive the key.
 *
 * @throws KeyRingError when the file exists already or cannot be written; an existing ring is never replaced.
 */
export async function createKeyRingFile(path: string, ring: KeyRing): Promise<void> {
  try {
    await using file = await open(path, 'wx', 0o600)
    await file.chmod(0o600) // whatever the umask says
    await file.writeFile(`${formatKeyRing(ring)}\n`)
    await file.sync()
    await syncDirectory(dirname(path))
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new KeyRingError(`The key file ${path} exists already and is not replaced.`, { cause })
    }
    throw new KeyRingError(`The key file ${path} cannot be written (${codeOf(cause)}).`, { cause })
  }
}

/**
 * Puts another ring in the place of the one in a file, whole or not at all: the old file stays until the new one is on
 * disk.
 *
 * @throws KeyRingError when it cannot be written, as where the file was mounted into a container.
 */
export async function replaceKeyRingFile(path: string, ring: KeyRing): Promise<void> {
  const draftPath = `${path}.${randomUUID()}`
  await createKeyRingFile(draftPath, ring)
  try {
    await rename(draftPath, path)
    await syncDirectory(dirname(path))
  } catch (cause) {
    await rm(draftPath, { force: true })
    throw new KeyRingError(`The key file ${path} cannot be replaced (${codeOf(cause)}).`, { cause })
  }
}

/** A new file survives a power cut only when its directory entry is on disk too. */
async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}

async function openKeyFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') throw new KeyRingError(`The key file ${path} does not exist.`, { cause })
    throw new KeyRingError(`The key file ${path} cannot be read (${codeOf(cause)}).`, { cause })
  }
}

function parseFile(path: string, text: string): KeyRing {
  try {
    return parseKeyRing(text)
  } catch (cause) {
    if (cause instanceof KeyRingError)
      throw new KeyRingError(`The key file ${path} cannot be used: ${cause.message}`, { cause })
    throw cause
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown error'
}
