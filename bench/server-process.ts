/** A server under test as a process of its own: when it began to answer, what memory it takes, what it printed. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const START_LIMIT_MS = 20_000
const POLL_MS = 2 // its share of what is measured

export type ServerCommand = {
  /** What follows `node` on the command line. */
  readonly arguments: readonly string[]
  readonly port: number
  readonly environment: Readonly<Record<string, string>>
  /** Takes what it prints. */
  readonly logFile: string
}

export class ServerProcess implements AsyncDisposable {
  readonly origin: string
  /** From the start of the process to its answer to `GET /livez`. */
  readonly startMs: number
  readonly #child: ChildProcess
  readonly #logFile: string

  private constructor(child: ChildProcess, { port, logFile }: ServerCommand, startMs: number) {
    this.#child = child
    this.#logFile = logFile
    this.origin = `http://127.0.0.1:${port}`
    this.startMs = startMs
  }

  /** Runs it by the very Node that runs the bench. @throws Error with what it printed when it does not answer. */
  static async start(command: ServerCommand): Promise<ServerProcess> {
    const log = openSync(command.logFile, 'a')
    const started = performance.now()
    const child = spawn(process.execPath, command.arguments, {
      stdio: ['ignore', log, log],
      env: command.environment,
    })
    closeSync(log)
    let isAnswering = false
    while (!isAnswering) {
      await sleep(POLL_MS)
      isAnswering = await answers(command.port)
      const isLate = performance.now() - started > START_LIMIT_MS
      if ((isLate && !isAnswering) || child.exitCode !== null) {
        child.kill('SIGKILL')
        const printed = readFileSync(command.logFile, 'utf8')
        throw new Error(`${command.arguments.join(' ')} does not answer:\n${printed}`)
      }
    }
    return new ServerProcess(child, command, performance.now() - started)
  }

  /** Resident memory in MB of 10^6 bytes. */
  residentMB(): number {
    const pid = this.#child.pid ?? 0
    if (process.platform !== 'linux') {
      return (
        (Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024) / 1e6
      )
    }
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return (Number(kibibytes) * 1024) / 1e6
  }

  /** Processor time it has used, in ms, by the system's 10 ms ticks; NaN where the system does not tell. */
  processorMs(): number {
    if (process.platform !== 'linux') return Number.NaN
    // Behind the name, which may hold anything, the 12th and 13th fields: user and system time.
    const fields = readFileSync(`/proc/${this.#child.pid ?? 0}/stat`, 'utf8')
      .split(') ')
      .at(-1)
      ?.split(' ')
    return (Number(fields?.[11]) + Number(fields?.[12])) * 10
  }

  /** What it has printed so far. */
  printed(): string {
    return readFileSync(this.#logFile, 'utf8')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: '127.0.0.1', port, path: '/livez', agent: false }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
    })
    asked.once('error', () => resolve(false))
    asked.end()
  })
}

// Below the ports that systems give to outgoing connections and to servers that take any.
const LOWEST_PORT = 20_000
const PORTS = 12_000

/** A port nobody listens on. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, LOWEST_PORT + PORTS)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host: '127.0.0.1', port }, () => probe.close(() => resolve(true)))
  })
}
