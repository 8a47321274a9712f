/**
 * Whether the key ring at hand is the one that sealed this database. The first key seals a known text, kept with its
 * name: so another key of the same name is told from a secret that was damaged, which spoils its peer alone.
 */
import { type SealContext, type SecretBox, SecretBoxError } from '../domain/secrets.ts'
import { StorageError } from '../domain/storage-error.ts'
import type { Engine } from './engine.ts'

const KNOWN_TEXT = 'agentvault-registry key check'

/**
 * @param use.counts how many secrets need which key.
 * @param use.opensAny whether any secret of the key opens.
 * @throws StorageError `unusable` with a sentence for the operator.
 */
export async function checkKeyRing(
  engine: Engine,
  secretBox: SecretBox,
  {
    counts,
    opensAny,
  }: {
    readonly counts: ReadonlyMap<string, number>
    readonly opensAny: (kid: string) => Promise<boolean>
  },
): Promise<void> {
  refuseMissing(secretBox, counts)
  const [first] = secretBox.kids
  for (const kid of secretBox.kids) {
    if (await opensKnownText(engine, secretBox, kid)) continue
    if (counts.has(kid) && !(await opensAny(kid))) {
      throw new StorageError(
        'unusable',
        `The key "${kid}" of the key ring is not the one that sealed the secrets of this database, but another of the same name: put the right one back from your backup.`,
      )
    }
    if (kid === first) await keepKnownText(engine, secretBox)
  }
}

function refuseMissing({ kids }: SecretBox, counts: ReadonlyMap<string, number>): void {
  const missing = [...counts].filter(([kid]) => !kids.includes(kid))
  if (missing.length === 0) return
  const names = missing.map(([kid, secrets]) => `"${kid}" (${secrets})`).join(', ')
  throw new StorageError(
    'unusable',
    `The database holds secrets sealed with keys that are not in the key ring (${kids.join(', ')}): ${names}. Put them back behind the first key; once "secrets rotate" is done and "secrets status" counts none, they may go.`,
  )
}

async function opensKnownText(engine: Engine, secretBox: SecretBox, kid: string): Promise<boolean> {
  const place = placeOf(kid)
  const row = await engine.db
    .selectFrom('registry_meta')
    .select('value')
    .where('name', '=', place.id)
    .executeTakeFirst()
  return row !== undefined && opens(secretBox, row.value, place)
}

async function keepKnownText(engine: Engine, secretBox: SecretBox): Promise<void> {
  const place = placeOf(secretBox.kids[0])
  const value = secretBox.seal(KNOWN_TEXT, place)
  await engine.db
    .insertInto('registry_meta')
    .values({ name: place.id, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute()
}

function placeOf(kid: string): SealContext {
  return { table: 'registry_meta', id: `key_check:${kid}`, column: 'value' }
}

function opens(secretBox: SecretBox, sealed: string, context: SealContext): boolean {
  try {
    return secretBox.open(sealed, context) === KNOWN_TEXT
  } catch (error) {
    if (error instanceof SecretBoxError) return false
    throw error
  }
}
