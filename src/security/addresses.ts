/**
 * Which addresses this registry may connect to.
 *
 * Deny by default: only globally routed unicast addresses are open, everything special (loopback, private,
 * link-local, metadata services, and IPv6 forms that carry an IPv4 address) is forbidden unless an operator
 * listed its network.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A set of networks given by an operator. */
export interface Networks {
  /** The networks as given. */
  readonly cidrs: readonly string[]
  /** Whether the address lies in one of them. IPv4-mapped IPv6 counts as the IPv4 address it carries. */
  contains(ip: string): boolean
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Special addresses which the general ranges miss. */
const AZURE_PLATFORM = '168.63.129.16' // Azure's platform service, in public address space
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3] // RFC 4291: all that is assigned

/**
 * Whether an address is closed to outbound requests. Anything that is not one plain IP address is.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isForbiddenAddress(ip: string): boolean {
  const address = parseAddress(ip)
  if (address === undefined) return true
  if (address.range() !== 'unicast') return true
  if (address instanceof ipaddr.IPv4) return ip === AZURE_PLATFORM
  return !address.match(GLOBAL_UNICAST) || carriesIsatap(address)
}

/**
 * Parses CIDRs (`10.0.0.0/8`, `::1/128`; a single address stands for itself alone).
 *
 * @throws TypeError with a sentence naming the entry at fault.
 */
export function parseNetworks(cidrs: readonly string[]): Networks {
  const networks = cidrs.map(parseCidr)
  return {
    cidrs: [...cidrs],
    contains(ip) {
      const address = parseAddress(ip)
      if (address === undefined) return false
      const plain = unmap(address)
      return networks.some(([base, bits]) => base.kind() === plain.kind() && plain.match(base, bits))
    },
  }
}

/** Strict: shortened, octal or hex spellings, which `ipaddr.js` would read, are no addresses here. */
function parseAddress(ip: string): Address | undefined {
  return isIP(ip) === 0 ? undefined : ipaddr.parse(ip)
}

/** ISATAP (RFC 5214) carries an IPv4 address behind any prefix: interface identifier `[02]00:5efe:a.b.c.d`. */
function carriesIsatap({ parts }: ipaddr.IPv6): boolean {
  return (parts[4] === 0 || parts[4] === 0x0200) && parts[5] === 0x5efe
}

function parseCidr(text: string): [Address, number] {
  const [base = '', prefix, ...rest] = text.split('/')
  const address = parseAddress(base)
  const width = address instanceof ipaddr.IPv4 ? 32 : 128
  const bits = prefix === undefined ? width : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (address === undefined || rest.length > 0 || !(bits <= width)) {
    throw new TypeError(
      `"${text}" is not a network; write an address and prefix such as 10.0.0.0/8 or ::1/128.`,
    )
  }
  return [address, bits]
}

/** Sockets that accept both families report IPv4 callers in mapped form. */
function unmap(address: Address): Address {
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}
