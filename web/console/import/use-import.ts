/** One import at a time: chosen, running, stopped, done. It stops when its view goes and can go on when it is back. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { useApi, useMe } from '../session.tsx'
import { type ImportProgress, ImportRun } from './import-run.ts'
import { type KeptRun, keepRun, keptRun } from './kept-run.ts'
import { readImportFile } from './read-file.ts'
import { sendingOver } from './send-piece.ts'
import { UNREADABLE } from './unreadable.ts'

export type ImportState = {
  readonly kept: KeptRun | null
  readonly progress: ImportProgress | null
  readonly isRunning: boolean
  /** Why the file cannot be imported at all. */
  readonly unreadable: string | null
  readonly begin: (file: File, isDryRun: boolean) => Promise<void>
  readonly resume: () => void
  readonly stop: () => void
  readonly forget: () => void
}

export function useImport(): ImportState {
  const api = useApi()
  const { owner_id: owner } = useMe()
  const [kept, setKept] = useState(() => keptRun(owner))
  const [progress, setProgress] = useState<ImportProgress | null>(kept?.run.progress ?? null)
  const [isRunning, setRunning] = useState(false)
  const [unreadable, setUnreadable] = useState<string | null>(null)
  const stopping = useRef(new AbortController())
  useEffect(() => () => stopping.current.abort(), [])

  const follow = async (run: ImportRun): Promise<void> => {
    const mine = new AbortController()
    stopping.current = mine
    setRunning(true)
    try {
      for await (const step of run.run(mine.signal)) setProgress(step)
    } catch (error) {
      if (!mine.signal.aborted) throw error
    } finally {
      setRunning(false)
    }
  }
  const keep = (next: KeptRun | null): void => {
    keepRun(owner, next)
    setKept(next)
    setProgress(next?.run.progress ?? null)
  }
  return {
    ...{ kept, progress, isRunning, unreadable },
    async begin(file, isDryRun) {
      // A list of many megabytes takes a moment to read.
      setRunning(true)
      const read = await readImportFile(file).catch(() => ({ ok: false, problem: UNREADABLE }) as const)
      setUnreadable(read.ok ? null : read.problem)
      if (!read.ok) {
        setRunning(false)
        return keep(null)
      }
      const run = new ImportRun(read, sendingOver(api, isDryRun))
      keep({ run, fileName: file.name, isDryRun })
      await follow(run)
    },
    resume: () => kept !== null && void follow(kept.run),
    stop: () => stopping.current.abort(),
    forget: () => keep(null),
  }
}
