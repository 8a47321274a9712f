/** A way to a registry that counts who came by: a plain proxy whose address the registry takes for its public one. */
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { findFreePort, type RunningRegistry, type StartOptions, startRegistry } from './registry.ts'

export type Passed = {
  readonly method: string
  readonly target: string
  readonly from: string | undefined
}

export type CountedRegistry = RunningRegistry & {
  /** Requests that came by the public address, health checks left out. */
  readonly passed: Passed[]
}

/** A registry whose peers reach it through the proxy. */
export async function startCounted(t: TestContext, options: StartOptions): Promise<CountedRegistry> {
  const port = await findFreePort()
  const passed: Passed[] = []
  const proxy = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming
    if (!url.endsWith('/health')) {
      passed.push({ method, target: url, from: headers['x-federation-registry'] as string | undefined })
    }
    const onward = forward({ port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const registry = await startRegistry(t, {
    ...options,
    env: {
      ...options.env,
      REGISTRY_PORT: String(port),
      REGISTRY_PUBLIC_URL: `http://localhost:${(proxy.address() as AddressInfo).port}`,
    },
  })
  return { ...registry, passed }
}
