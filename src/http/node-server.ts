/** The server of Node's that requests come in by, with its limits. */
import { constants } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import type { ServerTls } from '../security/server-tls.ts'
import type { TlsKeeper } from '../security/tls-keeper.ts'
import { SERVER_LIMITS } from './limits.ts'

/** Speaks TLS itself if the keeper has a certificate for it. */
export function openNodeServer(listener: RequestListener, tls: TlsKeeper): Server {
  const { own } = tls.current()
  const server = own === null ? createServer(OPTIONS, listener) : openTlsServer(listener, tls)
  server.setTimeout(SERVER_LIMITS.idleConnectionMs)
  server.maxRequestsPerSocket = SERVER_LIMITS.requestsPerSocket
  return server
}

const OPTIONS = {
  headersTimeout: SERVER_LIMITS.headersTimeoutMs,
  requestTimeout: 0, // bodies are timed where they are read
  requireHostHeader: false, // the host check answers, with a problem
  maxHeaderSize: SERVER_LIMITS.headerBytes,
  connectionsCheckingInterval: SERVER_LIMITS.checkingIntervalMs,
  keepAliveTimeout: SERVER_LIMITS.keepAliveMs,
}

/**
 * Callers are asked for a certificate where there are authorities for them, and may come without: who has to show one is
 * decided where the peer is known (`client-certificate.ts`), and so is whether it will do.
 */
function openTlsServer(listener: RequestListener, tls: TlsKeeper): TlsServer {
  const { clientCa } = tls.current()
  const server = createTlsServer(
    {
      ...OPTIONS,
      ...contextOf(tls.current()),
      handshakeTimeout: SERVER_LIMITS.headersTimeoutMs,
      requestCert: clientCa !== null,
      rejectUnauthorized: false,
    },
    listener,
  )
  tls.onChange((changed) => {
    server.setSecureContext(contextOf(changed))
    // They were opened under what was before; new ones are opened under what is now.
    server.closeIdleConnections()
  })
  return server
}

/**
 * A resumed session brings the verdict on its certificate along, and not those that vouched for it: where client
 * certificates count, every connection is made anew.
 */
function contextOf({ own, clientCa }: ServerTls): SecureContextOptions {
  return {
    ...own,
    minVersion: 'TLSv1.3',
    ...(clientCa !== null && { ca: clientCa, secureOptions: constants.SSL_OP_NO_TICKET }),
  }
}
