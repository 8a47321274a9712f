/** Which registry a command talks to, and with which key: options first, then the environment. */
import { isWellFormedToken } from '../security/tokens.ts'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

// Names of settings begin with REGISTRY_ or FEDERATION_, and `serve` refuses those it does not know.
export const URL_VARIABLE = 'AGENTVAULT_URL'
export const KEY_VARIABLE = 'AGENTVAULT_KEY'
export const DEFAULT_URL = 'http://127.0.0.1:8080'

export type ConnectionOptions = { readonly registry?: string; readonly key?: string }

export type Connection = {
  /** Without a trailing slash. */
  readonly url: string
  readonly key: string | null
}

/** @throws CliFailure when the address is no URL or the key cannot be one. */
export function findConnection(options: ConnectionOptions, terminal: Terminal): Connection {
  const url = readUrl(options.registry ?? present(terminal.env[URL_VARIABLE]) ?? DEFAULT_URL)
  const key = readKey(options.key ?? present(terminal.env[KEY_VARIABLE]))
  if (key !== null && url.protocol === 'http:' && !isLoopback(url.hostname)) {
    terminal.err(`Warning: the key travels unencrypted to ${url.host}; use https.\n`)
  }
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, key }
}

function readUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    const hint = /^[\w.-]+(:\d+)?(\/|$)/.test(text) ? `: did you mean http://${text}?` : '.'
    throw new CliFailure(EXIT.usage, `--registry takes an http or https address, not ${quote(text)}${hint}`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new CliFailure(EXIT.usage, '--registry takes no user name or password: the key goes into --key.')
  }
  return url
}

/** A key that cannot be one is refused here, unsent and unshown: it may be another system's secret. */
function readKey(text: string | undefined): string | null {
  const key = text?.trim()
  if (key === undefined) return null
  if (isWellFormedToken(key, 'ava')) return key
  throw new CliFailure(
    EXIT.usage,
    `The key is not one of a registry (${KEY_VARIABLE} or --key): it begins with ava_ and its check characters must fit. Was it copied whole?`,
  )
}

function present(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}
