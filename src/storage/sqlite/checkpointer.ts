/**
 * Copies what the write-ahead log holds into the database file, in a thread of its own. SQLite would do it within the
 * commit that makes the log long, and everybody whom this process serves would wait for the disk with it.
 *
 * @see https://sqlite.org/wal.html#ckpt
 */
import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

export interface Checkpointer extends AsyncDisposable {
  /** To be called after each transaction; what is written without one is little. */
  afterCommit(): void
}

/** The index is written all over: a longer log lets pages that change again and again be copied back once. */
const LONG_BYTES = 16 * 1024 * 1024
/** Commits come by the thousand; looking at a file's size takes some microseconds. */
const LOOK_EVERY_MS = 250
const AFTER_FAILURE_MS = 10_000

// A passive checkpoint waits for nobody and nobody waits for it. As text, so that it runs the same from a bundle.
const WORK = `
const { workerData } = require('node:worker_threads')
const { DatabaseSync } = require('node:sqlite')
const database = new DatabaseSync(workerData)
database.exec('pragma wal_checkpoint(passive)')
database.close()
`
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 8, stackSizeMb: 1 }

/** @param path of the database file. */
export function createCheckpointer(path: string): Checkpointer {
  let running: Promise<void> | null = null
  let looksAgainAt = 0

  const isLong = (): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > LONG_BYTES

  return {
    afterCommit() {
      const now = performance.now()
      if (running !== null || now < looksAgainAt) return
      looksAgainAt = now + LOOK_EVERY_MS
      if (!isLong()) return
      running = runOnce(path).then((isDone) => {
        running = null
        // Nothing is lost: the log keeps it all, and SQLite tries by itself when that is four times as long. A disk that is
        // full is told by the next commit, which finds no room for its own log.
        if (!isDone) looksAgainAt = performance.now() + AFTER_FAILURE_MS
      })
    },
    async [Symbol.asyncDispose]() {
      await running
    },
  }
}

/** Whether it went well; never rejects. */
function runOnce(path: string): Promise<boolean> {
  const worker = new Worker(WORK, {
    ...{ eval: true, workerData: path, resourceLimits: LIMITS },
    // Nothing of how this process was started is needed there.
    ...{ execArgv: [], env: {} },
  })
  return new Promise((resolve) => {
    worker.once('error', () => resolve(false))
    worker.once('exit', (code) => resolve(code === 0))
  })
}
