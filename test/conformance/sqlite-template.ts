/** Making all tables of a SQLite file takes 30 ms, copying a file that has them one. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { migrate } from '../../src/storage/migrate.ts'
import { openSqliteEngine } from '../../src/storage/sqlite/engine.ts'

type Template = { readonly folder: string; readonly path: string }

let template: Promise<Template> | undefined

/** Puts a database with all tables, and the rows that migrations make, at a path where there is no file. */
export async function placeMigratedFile(path: string): Promise<void> {
  template ??= makeTemplate()
  await copyFile((await template).path, path)
}

async function makeTemplate(): Promise<Template> {
  const folder = await mkdtemp(join(tmpdir(), 'avr-template-'))
  const path = join(folder, 'registry.db')
  await using engine = openSqliteEngine(path)
  await migrate(engine)
  return { folder, path }
}

after(async () => {
  if (template !== undefined) await rm((await template).folder, { recursive: true })
})
