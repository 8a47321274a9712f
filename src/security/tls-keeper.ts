/**
 * Keeps the TLS files as they are on disk. Whoever renews certificates replaces files and knows nothing of this process:
 * the files are looked at every few seconds, and at once when asked to. What cannot be used is reported once and changes
 * nothing: the registry goes on with what it had.
 */
import {
  describeTlsMistakes,
  readServerTls,
  type ServerTls,
  type TlsFiles,
  TlsFilesError,
} from './server-tls.ts'

export type TlsReload =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'changed' }
  | { readonly kind: 'refused'; readonly reason: string }

export interface TlsKeeper extends Disposable {
  current(): ServerTls
  /** Looks at the files now. */
  reload(): TlsReload
  /** Called after each change with what holds from then on. */
  onChange(listener: (tls: ServerTls) => void): void
}

export type TlsKeeperOptions = {
  readonly readFile: (path: string) => string
  /** Told of every look that found something. */
  readonly onReload: (reload: Exclude<TlsReload, { kind: 'unchanged' }>) => void
  readonly lookMs?: number
}

const LOOK_MS = 5_000 // a renewed certificate is days early; a removed authority should not stay for long

/** @throws TlsFilesError when the files cannot be used to begin with. */
export function createTlsKeeper(files: TlsFiles, options: TlsKeeperOptions): TlsKeeper {
  const { readFile, onReload, lookMs = LOOK_MS } = options
  const listeners: ((tls: ServerTls) => void)[] = []
  const first = readServerTls(files, readFile)
  if (!first.ok) throw new TlsFilesError(describeTlsMistakes(first.mistakes))
  let current = first.tls
  let refused = ''

  const look = (): TlsReload => {
    const read = readServerTls(files, readFile)
    if (!read.ok) {
      const reason = describeTlsMistakes(read.mistakes)
      if (reason !== refused) onReload({ kind: 'refused', reason })
      refused = reason
      return { kind: 'refused', reason }
    }
    refused = ''
    if (isSame(read.tls, current)) return { kind: 'unchanged' }
    current = read.tls
    for (const listener of listeners) listener(current)
    onReload({ kind: 'changed' })
    return { kind: 'changed' }
  }

  const hasFiles = Object.values(files).some((path) => path !== null)
  const timer = hasFiles ? setInterval(look, lookMs).unref() : undefined
  return {
    current: () => current,
    reload: look,
    onChange: (listener) => void listeners.push(listener),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function isSame(one: ServerTls, other: ServerTls): boolean {
  return (
    one.own?.cert === other.own?.cert && one.own?.key === other.own?.key && one.clientCa === other.clientCa
  )
}
