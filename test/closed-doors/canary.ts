/** A listener on loopback that nobody has reason to contact, and that tells who did. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

export type Canary = AsyncDisposable & {
  /** One port, on every IPv4 address of this machine and on `::1`. */
  readonly port: number
  connections: number
  bytes: number
}

export async function startCanary(): Promise<Canary> {
  const seen = { connections: 0, bytes: 0 }
  const watch = (socket: Socket): void => {
    seen.connections += 1
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      seen.bytes += chunk.length
      socket.destroy() // has nothing to say
    })
  }
  const servers = [createServer(watch), createServer(watch)] as const
  const [v4, v6] = servers
  const port = await listen(v4, '0.0.0.0', 0)
  await listen(v6, '::1', port).catch(() => undefined) // machines without IPv6 have nothing to reach there
  return Object.assign(seen, {
    port,
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close()
    },
  })
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
