/** The protocols that peers may speak. */
import { agentvault } from './agentvault.ts'
import type { PeerProtocol } from './protocol.ts'

export const PROTOCOLS: readonly PeerProtocol[] = [agentvault]

/** The protocol with this name; undefined if this registry does not speak it. */
export function findProtocol(name: string): PeerProtocol | undefined {
  return PROTOCOLS.find((protocol) => protocol.name === name)
}
