/**
 * Whether a caller without a key is a program on this machine. An address on loopback does not tell it alone:
 *
 * - a proxy on this machine connects from there for the whole world, and may add no header that says so. A registry
 *   with a public URL beyond loopback may stand behind one, so nobody counts as local there;
 * - a page in a browser on this machine does too, once its host name points here; but it names that host.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { parseNetworks } from '../security/addresses.ts'
import { hostName } from './host-check.ts'

const LOOPBACK = parseNetworks(['127.0.0.0/8', '::1/128'])
const FORWARDING_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const

/** The parts of a request that tell; `ip` is what trusted proxies make of the address. */
export type Caller = {
  readonly ip: string
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: IncomingHttpHeaders
}

export function createLocalRule(publicUrl: string): (caller: Caller) => boolean {
  const isPublished = !isLoopbackHost(hostName(new URL(publicUrl).host))
  return ({ ip, socket, headers }) =>
    !isPublished &&
    LOOPBACK.contains(ip) &&
    LOOPBACK.contains(socket.remoteAddress ?? '') &&
    FORWARDING_HEADERS.every((name) => headers[name] === undefined) &&
    isLoopbackHost(hostName(headers.host))
}

/** @param name as `hostName` gives it. */
export function isLoopbackHost(name: string | undefined): boolean {
  return name === 'localhost' || (name !== undefined && LOOPBACK.contains(name.replace(/^\[|\]$/g, '')))
}
