/** One registry of the demo: a process of its own, with its own database and port. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mintToken } from '../security/tokens.ts'

export type RegistryIdentity = {
  readonly name: string
  readonly slug: string
  /** Settings beside those of every registry of the demo. */
  readonly env?: Readonly<Record<string, string>>
}

/** A running registry, as one who administers it sees it. */
export class RegistryProcess {
  readonly name: string
  readonly url: string
  readonly adminKey: string
  readonly #folder: string
  readonly #identity: RegistryIdentity
  #child: ChildProcess

  private constructor(
    identity: RegistryIdentity,
    running: { url: string; adminKey: string; folder: string; child: ChildProcess },
  ) {
    this.name = identity.name
    this.#identity = identity
    this.url = running.url
    this.adminKey = running.adminKey
    this.#folder = running.folder
    this.#child = running.child
  }

  /** Starts a registry on a free port, with its files in `folder`. @throws Error when it does not come up. */
  static async start(identity: RegistryIdentity, folder: string): Promise<RegistryProcess> {
    const adminKey = mintToken('ava')
    const child = launch(identity, { folder, adminKey, port: 0 })
    const url = await whenListening(child, identity.name)
    return new RegistryProcess(identity, { url, adminKey, folder, child })
  }

  /** Stops it as an operator would; its files stay. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }

  /** Starts it again where it was, with what it had. */
  async restart(): Promise<void> {
    this.#child = launch(this.#identity, {
      folder: this.#folder,
      adminKey: this.adminKey,
      port: Number(new URL(this.url).port),
    })
    await whenListening(this.#child, this.name)
  }

  /** Calls the registry's API as its administrator. @throws Error with the problem's sentence. */
  async call(method: string, path: string, body?: unknown, mediaType = 'application/json'): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.adminKey}`,
        ...(body === undefined ? {} : { 'content-type': mediaType }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const answer: unknown = await response.json()
    if (!response.ok) throw new Error(`${this.name}: ${method} ${path} answered ${JSON.stringify(answer)}`)
    return answer
  }
}

function launch(
  { name, slug, env = {} }: RegistryIdentity,
  options: { readonly folder: string; readonly adminKey: string; readonly port: number },
): ChildProcess {
  const main = new URL('../main.ts', import.meta.url)
  const child = spawn(process.execPath, [fileURLToPath(main), 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      REGISTRY_NAME: name,
      REGISTRY_PORT: String(options.port),
      REGISTRY_ADMIN_KEY: options.adminKey,
      // All three live on this machine, and speak plain http to each other.
      REGISTRY_PEER_NETWORKS: '127.0.0.0/8,::1/128',
      REGISTRY_LOG_LEVEL: 'warn',
      DATABASE_URL: `sqlite:${join(options.folder, `${slug}.db`)}`,
      ...env,
    },
  })
  const log = createWriteStream(join(options.folder, `${slug}.log`), { flags: 'a' })
  child.stderr?.pipe(log)
  return child
}

const START_TIMEOUT_MS = 10_000

/** Resolves with the address the process prints once it answers. */
function whenListening(child: ChildProcess, name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const timer = setTimeout(() => reject(new Error(`${name} did not start: ${printed}`)), START_TIMEOUT_MS)
    child.once('exit', (code) => reject(new Error(`${name} ended with code ${code}: ${printed}`)))
    child.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
    })
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      const url = /listening on (http:\/\/\S+)/.exec(printed)?.[1]
      if (url === undefined) return
      clearTimeout(timer)
      resolve(url)
    })
  })
}
