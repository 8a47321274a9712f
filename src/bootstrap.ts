/**
 * What a registry makes for itself at its first start: the key ring beside its database, and one admin key.
 * Neither is ever made twice, and a lost key ring is reported, never replaced in silence.
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rename, unlink, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Config } from './config.ts'
import type { Storage } from './domain/ports.ts'
import { StorageError } from './domain/storage-error.ts'
import { createKeyRingFile, loadKeyRingFile } from './security/key-file.ts'
import { createKeyRing, type KeyRing, parseKeyRing } from './security/key-ring.ts'
import { hashToken, mintToken, tokenHint } from './security/tokens.ts'

export type OpenedKeyRing = {
  readonly ring: KeyRing
  /** Where a ring made just now is to be kept, once the database is known to hold nothing sealed by another. */
  readonly unsavedPath: string | null
}

/** @throws KeyRingError with a sentence for the operator. */
export async function openKeyRing(config: Config): Promise<OpenedKeyRing> {
  if (config.keyRing !== null) return { ring: parseKeyRing(config.keyRing), unsavedPath: null }
  if (config.keyRingFile !== null)
    return { ring: await loadKeyRingFile(config.keyRingFile), unsavedPath: null }
  const path = keyRingPath(config)
  if (path !== null && existsSync(path)) return { ring: await loadKeyRingFile(path), unsavedPath: null }
  return { ring: createKeyRing(), unsavedPath: path }
}

/** The file that holds the key ring, if one does. */
export function keyRingPath(config: Config): string | null {
  if (config.keyRing !== null) return null
  return config.keyRingFile ?? besideDatabase(config, 'keys')
}

/**
 * Keeps a ring made just now.
 * @throws StorageError `unusable` when the database holds secrets that a lost ring sealed.
 */
export async function saveKeyRing({ ring, unsavedPath }: OpenedKeyRing, storage: Storage): Promise<void> {
  if (unsavedPath === null) return
  if (await storage.secrets.hasAny()) {
    throw new StorageError(
      'unusable',
      `The database holds sealed secrets, but their key file ${unsavedPath} is missing: put it back from your backup. Without it every peer must be enrolled anew.`,
    )
  }
  await createKeyRingFile(unsavedPath, ring)
}

/**
 * Makes sure that somebody can administer the registry.
 * @param showKey shows a new key to the person at the terminal; without one it goes to a file.
 * @returns a sentence for the operator when a key was made.
 */
export async function bootstrapAdmin(
  config: Config,
  storage: Storage,
  showKey: ((key: string) => void) | null,
): Promise<string | null> {
  if (config.adminKey !== null) {
    await storeConfiguredKey(config.adminKey, storage)
    return null
  }
  const key = mintToken('ava')
  const draft = {
    name: 'first admin',
    role: 'admin' as const,
    tokenHash: hashToken(key),
    hint: tokenHint(key),
    ownerId: null,
    expiresAt: null,
  }
  if (showKey !== null) {
    if (!(await storage.keys.bootstrapAdmin(draft, { besideOthers: false }))) return null
    showKey(key)
    return null
  }
  return bootstrapIntoFile(config, storage, { key, draft })
}

async function storeConfiguredKey(key: string, storage: Storage): Promise<void> {
  const draft = {
    name: 'REGISTRY_ADMIN_KEY',
    role: 'admin' as const,
    tokenHash: hashToken(key),
    hint: tokenHint(key),
    ownerId: null,
    expiresAt: null,
  }
  await storage.keys.bootstrapAdmin(draft, { besideOthers: true })
}

async function bootstrapIntoFile(
  config: Config,
  storage: Storage,
  { key, draft }: { readonly key: string; readonly draft: Parameters<Storage['keys']['bootstrapAdmin']>[0] },
): Promise<string | null> {
  const admins = (await storage.keys.list()).filter(
    ({ role, revokedAt, expiresAt }) =>
      role === 'admin' && revokedAt === null && (expiresAt === null || expiresAt > Date.now()),
  )
  if (admins.length > 0) return null
  const path = besideDatabase(config, 'admin-key') ?? resolve('agentvault-registry.admin-key')
  const draftPath = `${path}.${randomUUID()}`
  // Written first: a key in the database that nobody was told would lock everybody out. Never into a file, or
  // through a link, that somebody else put there.
  await writeFile(draftPath, `${key}\n`, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    throw new StorageError(
      'not-writable',
      `The first admin key cannot be written to ${path}. Set REGISTRY_ADMIN_KEY, or make the folder writable.`,
      { cause: error },
    )
  })
  if (await storage.keys.bootstrapAdmin(draft, { besideOthers: false })) {
    await rename(draftPath, path)
    return `The first admin key is in ${path}: move it to a safe place and delete the file.`
  }
  // Another replica was first.
  await unlink(draftPath)
  return null
}

function besideDatabase(config: Config, suffix: string): string | null {
  if (!config.databaseUrl.startsWith('sqlite:')) return null
  const path = config.databaseUrl.slice('sqlite:'.length)
  return path === ':memory:' ? null : resolve(`${path}.${suffix}`)
}
