/** The server of Node's that requests come in by, with its limits. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { SERVER_LIMITS } from './limits.ts'

export function openNodeServer(listener: RequestListener): Server {
  const { headersTimeoutMs, headerBytes, checkingIntervalMs } = SERVER_LIMITS
  const server = createServer(
    {
      headersTimeout: headersTimeoutMs,
      requestTimeout: 0, // bodies are timed where they are read
      requireHostHeader: false, // the host check answers, with a problem
      maxHeaderSize: headerBytes,
      connectionsCheckingInterval: checkingIntervalMs,
      keepAliveTimeout: SERVER_LIMITS.keepAliveMs,
    },
    listener,
  )
  server.setTimeout(SERVER_LIMITS.idleConnectionMs)
  server.maxRequestsPerSocket = SERVER_LIMITS.requestsPerSocket
  return server
}
