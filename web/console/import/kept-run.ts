/** Imports that are not done, by the owner who began them: a view that goes and comes back finds its own again. */
import type { ImportRun } from './import-run.ts'

export type KeptRun = { readonly run: ImportRun; readonly fileName: string; readonly isDryRun: boolean }

const KEPT = new Map<string, KeptRun>()

export function keptRun(ownerId: string): KeptRun | null {
  return KEPT.get(ownerId) ?? null
}

export function keepRun(ownerId: string, kept: KeptRun | null): void {
  if (kept === null) KEPT.delete(ownerId)
  else KEPT.set(ownerId, kept)
}
