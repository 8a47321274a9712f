/**
 * Runs the jobs of `jobs.ts`, each again and again, never beside itself. Of several replicas one does what is to be
 * done once for all of them: the holder of the job's lease, and another soon after it is gone.
 */
import type { LeaseStore } from '../domain/federation-ports.ts'
import type { Clock } from '../domain/ports.ts'

export type Job = {
  /** Also of its lease. */
  readonly name: string
  /** The longest time between the starts of two runs, unless one takes longer. */
  readonly everyMs: number
  /** Whether one replica does it for all, or each for itself. */
  readonly isShared: boolean
  /** Ends early when the signal fires. What it throws is reported, and it runs again all the same. */
  run(signal: AbortSignal): Promise<void>
}

/** Dispose it to end all jobs; what is under way is told to end, and waited for. */
export interface Scheduler extends AsyncDisposable {
  /** Begins with each job at once. */
  start(): void
}

export type SchedulerDeps = {
  readonly leases: LeaseStore
  /** Names this process, anew at each start. */
  readonly holder: string
  readonly clock: Clock
  /** Between 0 and 1. */
  readonly random: () => number
  readonly onFault: (error: unknown, during: string) => void
}

/** So that replicas, and registries that watch each other, do not run in step: at most as long as was said, not longer. */
const JITTER = 0.1
/** Of the interval. A job that takes longer than its interval leaves others some room. */
const LEAST_PAUSE = 0.1
/** How soon a replica sees that the one before it is gone, once its lease has ended. */
const LOOK_AGAIN_MS = 15_000
/** A lease outlasts the longest pause between two runs, and the hiccup of a database. */
const leaseMs = (everyMs: number): number => everyMs * (1 + JITTER) + 10_000

export function createScheduler(jobs: readonly Job[], deps: SchedulerDeps): Scheduler {
  const loops = jobs.map((job) => new Loop(job, deps))
  return {
    start() {
      for (const loop of loops) loop.start()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(loops.map((loop) => loop[Symbol.asyncDispose]()))
    },
  }
}

class Loop implements AsyncDisposable {
  readonly #job: Job
  readonly #deps: SchedulerDeps
  readonly #stopped = new AbortController()
  #running: Promise<void> | null = null
  #callOff: () => void = () => {}

  constructor(job: Job, deps: SchedulerDeps) {
    this.#job = job
    this.#deps = deps
  }

  start(): void {
    if (this.#running === null) this.#turn()
  }

  #turn(): void {
    this.#running = this.#runOnce().then((waitMs) => {
      if (this.#stopped.signal.aborted) return
      this.#callOff = this.#deps.clock.after(waitMs, () => this.#turn())
    })
  }

  /** Runs it if it is ours to run; the time until the next look. Intervals are from start to start. Never rejects. */
  async #runOnce(): Promise<number> {
    const { job, deps } = { job: this.#job, deps: this.#deps }
    const startedAt = deps.clock.monotonic()
    try {
      if (!(await this.#claim())) return Math.min(job.everyMs, LOOK_AGAIN_MS)
      await this.#runHolding()
    } catch (error) {
      deps.onFault(error, `the job "${job.name}"`)
    }
    const tookMs = deps.clock.monotonic() - startedAt
    const intervalMs = job.everyMs * (1 - JITTER * deps.random())
    return Math.max(intervalMs - tookMs, job.everyMs * LEAST_PAUSE)
  }

  /** A run that takes long keeps its lease; one that has lost it ends. */
  async #runHolding(): Promise<void> {
    const lost = new AbortController()
    const letGo = this.#keepLease(() => lost.abort())
    try {
      await this.#job.run(AbortSignal.any([this.#stopped.signal, lost.signal]))
    } finally {
      await letGo()
    }
  }

  /** Renews the lease again and again; to let go of it is to wait for a renewal that is under way. */
  #keepLease(onLost: () => void): () => Promise<void> {
    const { clock, onFault } = this.#deps
    const { name, everyMs } = this.#job
    let heldUntil = clock.monotonic() + leaseMs(everyMs)
    let isOver = false
    let callOff: () => void = () => {}
    let renewing: Promise<void> = Promise.resolve()
    const renew = async (): Promise<void> => {
      const askedAt = clock.monotonic()
      try {
        if (!(await this.#claim())) return onLost()
        heldUntil = askedAt + leaseMs(everyMs)
      } catch (error) {
        onFault(error, `the lease of the job "${name}"`)
        if (clock.monotonic() >= heldUntil) return onLost()
      }
      if (!isOver) renewLater()
    }
    const renewLater = (): void => {
      callOff = clock.after(leaseMs(everyMs) / 3, () => {
        renewing = renew()
      })
    }
    renewLater()
    return () => {
      isOver = true
      callOff()
      return renewing
    }
  }

  async #claim(): Promise<boolean> {
    const { name, isShared, everyMs } = this.#job
    if (!isShared) return true
    return (await this.#deps.leases.claim(name, this.#deps.holder, leaseMs(everyMs))) !== undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort()
    this.#callOff()
    await this.#running
    if (!this.#job.isShared || this.#running === null) return
    try {
      await this.#deps.leases.release(this.#job.name, this.#deps.holder)
    } catch (error) {
      this.#deps.onFault(error, `the lease of the job "${this.#job.name}"`)
    }
  }
}
