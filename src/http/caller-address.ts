/** Whose address a request comes from, and which addresses are one caller. */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { Networks } from '../security/addresses.ts'

/** Whether the connection comes from a proxy of ours, whose `X-Forwarded-*` headers are believed. */
export type TrustProxy = (address: string) => boolean

export function trustNetworks(networks: Networks | null): TrustProxy {
  if (networks === null) return () => false
  return (address) => isIP(address) !== 0 && networks.contains(address)
}

/**
 * Where a request comes from: the connection's address, or the nearest one that `X-Forwarded-For` names and that is no
 * proxy of ours.
 */
export function callerAddress(
  connection: string,
  forwardedFor: string | string[] | undefined,
  trust: TrustProxy,
): string {
  if (forwardedFor === undefined) return connection
  let address = connection
  for (const hop of String(forwardedFor).split(',').reverse()) {
    if (!trust(address)) break
    address = hop.trim()
  }
  return address
}

/**
 * The address one caller is counted by: IPv4 as it is, IPv6 by its /64, since whoever has one address there has them
 * all. What is no address counts as its own name.
 */
export function countedAddress(address: string): string {
  const family = isIP(address)
  if (family !== 6) return address // an IPv4 address has one spelling
  const parsed = ipaddr.process(address.replace(/%.*$/, ''))
  if (parsed instanceof ipaddr.IPv4) return parsed.toString()
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16))
  return `${network.join(':')}::/64`
}
