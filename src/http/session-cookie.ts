/** The cookie that holds a session's token. */
import { hash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface SessionCookie {
  /** The token a request carries; null when it carries none. */
  read(headers: IncomingHttpHeaders): string | null
  /** The `Set-Cookie` header of a session. */
  write(token: string, maxAgeSeconds: number): string
  /** The `Set-Cookie` header that takes it away. */
  readonly removal: string
}

/**
 * No script reads it, it goes over https alone (browsers count loopback as that), only to this very host, and never along
 * with what another site begins. Its name is of this registry: cookies know hosts, but neither ports nor paths, and two
 * registries may share a host.
 *
 * @see RFC 6265bis, sections 4.1.2 and 4.1.3.2 (`__Host-`)
 */
export function createSessionCookie(publicUrl: string): SessionCookie {
  const name = `__Host-agentvault-${hash('sha256', publicUrl, 'hex').slice(0, 8)}`
  const write = (value: string, maxAgeSeconds: number): string =>
    `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; Secure; SameSite=Strict`
  return {
    read({ cookie = '' }) {
      const found = cookie.split(';').find((pair) => pair.trimStart().startsWith(`${name}=`))
      const value = found?.trim().slice(name.length + 1) ?? ''
      return value === '' ? null : value
    },
    write,
    removal: write('', 0),
  }
}
