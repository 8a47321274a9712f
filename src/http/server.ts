/**
 * The HTTP server. A request passes, in this order: its id and the headers of every answer; the check of its host;
 * CORS; authentication; rate limits; authorisation by the table in `access.ts`; reading and checking of what was
 * sent; its route. Whatever goes wrong on the way is answered by one handler, as a problem document.
 *
 * Node limits headers in time and size; bodies are timed where they are read (`read-body.ts`), since node's own
 * limit on a whole request would end long imports.
 */
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import type { Caller } from '../domain/principal.ts'
import { findTraceParent } from '../domain/trace-context.ts'
import { ProblemError } from '../problem.ts'
import { parseNetworks } from '../security/addresses.ts'
import { authorize, findAccess } from './access.ts'
import { createAnswerSigner } from './answer-signature.ts'
import { createAnswerUses } from './answer-uses.ts'
import type { App } from './app.ts'
import { type AuthDeps, authenticate } from './auth.ts'
import { registerBodyParsers } from './bodies.ts'
import { countedAddress, type TrustProxy, trustNetworks } from './caller-address.ts'
import { createClientCertificates } from './client-certificate.ts'
import { collectRoutes } from './collect-routes.ts'
import { createCredentialLookup } from './credentials.ts'
import type { HttpDeps } from './deps.ts'
import { forgetOnChange } from './forget-on-change.ts'
import { createHostRule } from './host-check.ts'
import { createHotPath, type HotPath, type HotPathDeps } from './hot-path.ts'
import type { ServedRequest } from './http-events.ts'
import { SERVER_LIMITS } from './limits.ts'
import { createLocalRule } from './local-caller.ts'
import { noRoute } from './method-not-allowed.ts'
import { openNodeServer } from './node-server.ts'
import { registerOpenApi } from './openapi.ts'
import { createPreparedAnswers } from './prepared-answers.ts'
import { answerClientError, answerError } from './problem-answers.ts'
import { createRateLimits, type RateLimits } from './rate-limits.ts'
import { createRequestIds } from './request-ids.ts'
import { ANONYMOUS, describePrincipal } from './request-state.ts'
import { answerCors, createFirstHeaders, type FirstHeaders, setCacheControl } from './response-headers.ts'
import { METRICS_PATH } from './routes/metrics.ts'
import { registerRoutes } from './routes.ts'
import { createSessionCookie } from './session-cookie.ts'
import { registerShutdown } from './shutdown.ts'
import { endUnfinishedBody } from './slow-bodies.ts'
import { createValidatorCompiler, type SchemaTypes } from './validation.ts'
import { createReadySource, createWholeAnswers } from './whole-answer.ts'

/** Load balancers ask these often, by address, and carry no credentials. */
const PROBES: readonly string[] = ['/livez', '/readyz']
/** Asked by address or by a name inside a cluster. Metrics look at who asks, and at the host of who has no key. */
const ANY_HOST: readonly string[] = [...PROBES, METRICS_PATH]

/** A server over these parts, not listening yet. `close()` stops it within 5 s. */
export function createServer(given: HttpDeps): App {
  const prepared = createPreparedAnswers(given.clock, createReadySource(given))
  const deps = forgetOnChange(given, prepared.forgetAll)
  const { config, events } = deps
  const basePath = new URL(deps.self.url).pathname.replace(/\/+$/, '')
  const limits = createRateLimits(config.ratePerMinute, {
    clock: deps.clock,
    shared: deps.sharedCounters,
  })
  const credentials = createCredentialLookup({
    keys: deps.storage.keys,
    tokens: deps.storage.tokens,
    sessions: deps.storage.sessions,
    clock: deps.clock,
    onFault: events.fault,
  })
  const cookie = createSessionCookie(deps.self.url)
  const uses = createAnswerUses(events)
  const answers = createWholeAnswers(deps, { prepared, uses })
  const newRequestId = createRequestIds()
  const firstHeaders = createFirstHeaders(deps.self.url)
  const { trustedProxies } = config
  const trustProxy = trustNetworks(trustedProxies.length === 0 ? null : parseNetworks(trustedProxies))
  const hotPath = createHotPath({
    ...{ answers, uses, credentials, cookie, limits, events, trustProxy, newRequestId, firstHeaders },
    isStopping: () => shutdown.isStopping(),
  })
  const app = createApp(deps, { basePath, trustProxy, newRequestId, firstHeaders, hotPath })
  const routes = collectRoutes(app)
  const shutdown = registerShutdown(app)

  registerFirstHooks(app, deps, firstHeaders)
  registerGatekeeping(app, deps, {
    limits,
    hotPath,
    auth: authDeps({ deps, credentials, cookie, limits, basePath, trustProxy }),
  })
  registerBodyParsers(app)
  app.setErrorHandler((error, request, reply) =>
    answerError(error, { request, reply, events, registryUrl: deps.self.url }),
  )
  app.setNotFoundHandler((request) => {
    throw noRoute(request.method, pathOf(request), routes)
  })
  registerOpenApi(app, deps)
  // A plugin, so that the API document is ready to take in the routes.
  app.register((inner, _options, done) => {
    registerRoutes(inner.withTypeProvider<SchemaTypes>(), deps, {
      ...{ credentials, cookie, limits, answers, uses, onAnswered: hotPath.remember },
      ...shutdown,
    })
    done()
  })
  return app
}

function createApp(
  deps: HttpDeps,
  {
    basePath,
    trustProxy,
    newRequestId,
    firstHeaders,
    hotPath,
  }: Pick<HotPathDeps, 'trustProxy' | 'newRequestId' | 'firstHeaders'> & {
    readonly basePath: string
    readonly hotPath: HotPath
  },
): App {
  const app = fastify({
    logger: false, // requests are logged by `events`, without what was searched for
    genReqId: newRequestId,
    requestIdHeader: false,
    trustProxy,
    // A proxy may hand over addresses with the path of our public URL or without it.
    rewriteUrl: (request) => withoutBase(request.url ?? '/', basePath),
    serverFactory: (handler) =>
      openNodeServer((request, response) => hotPath.handle(request, response, handler), deps.tls),
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: SERVER_LIMITS.paramChars },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, deps.self.url),
    frameworkErrors(error, request, reply) {
      request.principal = ANONYMOUS
      reply.headers(firstHeaders(request.id))
      reply.header('cache-control', 'no-store') // hooks do not run here
      answerError(error, { request, reply, events: deps.events, registryUrl: deps.self.url })
    },
  }).withTypeProvider<SchemaTypes>()
  app.decorateRequest('principal')
  app.decorateRequest('callerAddress', '')
  app.decorateRequest('rawBody', null)
  app.decorateRequest('signedRequest', null)
  app.setValidatorCompiler(createValidatorCompiler())
  // Schemas of answers are for the API document; what is sent is what the routes build.
  app.setSerializerCompiler(() => JSON.stringify)
  return app
}

function registerFirstHooks(
  app: App,
  { self, config, events, identity, clock }: HttpDeps,
  firstHeaders: FirstHeaders,
): void {
  const checkHost = createHostRule(self.url, config.allowedHosts)
  app.addHook('onRequest', async (request, reply) => {
    request.principal = ANONYMOUS
    // Not `onResponse`: of callers who leave before their answer it is not told.
    reply.raw.once('close', () => events.requestServed(servedOf(request, reply)))
    reply.headers(firstHeaders(request.id))
    request.callerAddress = countedAddress(request.ip)
    if (!isOneOf(ANY_HOST, request)) hostsOf(request).forEach(checkHost)
    refuseNul(request)
    if (answerCors(request, reply, config.corsOrigins)) return reply.code(204).send()
  })
  const signAnswer = createAnswerSigner(identity, clock)
  app.addHook('onSend', async (request, reply, payload) => {
    setCacheControl(request, reply)
    if (request.signedRequest !== null) await signAnswer(request.signedRequest, { reply, payload })
  })
  app.addHook('onResponse', async (request) => endUnfinishedBody(request))
}

/** The connection was gone before there was an answer. nginx has it so in its log, too. */
const GONE = 499

function servedOf(request: FastifyRequest, reply: FastifyReply): ServedRequest {
  const { principal } = request
  const { headersSent: isAnswered } = reply.raw
  return {
    requestId: request.id,
    method: request.method,
    route: request.routeOptions.url ?? null,
    status: isAnswered ? reply.statusCode : GONE,
    durationMs: reply.elapsedTime,
    bodyBytes: isAnswered ? Number(reply.getHeader('content-length') ?? 0) : 0,
    principal: describePrincipal(principal),
    peerName: principal.kind === 'peer' ? principal.name : null,
    traceParent: findTraceParent(request.headers.traceparent),
  }
}

function registerGatekeeping(
  app: App,
  { config, events, self }: HttpDeps,
  {
    limits,
    hotPath,
    auth,
  }: { readonly limits: RateLimits; readonly hotPath: HotPath; readonly auth: AuthDeps },
): void {
  const isLocal = createLocalRule(self.url)
  app.addHook('onRequest', async (request, reply) => {
    if (isOneOf(PROBES, request) || request.routeOptions.config.isSameForAll === true) return
    // Of an address that does not exist nothing depends on who asks.
    let isSpent = false
    const spendOnce = async (principal: Caller): Promise<void> => {
      isSpent = true
      await spend(request, principal, reply)
    }
    if (!request.is404) {
      const options = { address: request.callerAddress, spend: spendOnce }
      const authenticated = await authenticate(request, options, auth)
      request.principal = authenticated.principal
      request.signedRequest = authenticated.signed
    }
    if (!isSpent) await spendOnce(request.principal)
    if (request.is404) return
    const access = findAccess(request.method, request.routeOptions.url ?? '')
    if (access === undefined) throw new Error('a route without access was reached')
    const { anonymousRead } = config
    authorize(request.principal, access, { anonymousRead, isOnThisMachine: () => isLocal(request) })
  })

  async function spend(request: FastifyRequest, principal: Caller, reply: FastifyReply): Promise<void> {
    const { headers, refusal } =
      hotPath.spentFor(request.raw) ?? (await limits.spend(principal, request.callerAddress))
    reply.headers(headers)
    if (refusal === null) return
    events.rateLimited(refusal.policy, request.id)
    throw refusal.problem
  }
}

function authDeps({
  deps,
  basePath,
  trustProxy,
  ...rest
}: Pick<AuthDeps, 'credentials' | 'cookie' | 'limits' | 'basePath'> & {
  readonly deps: HttpDeps
  readonly trustProxy: TrustProxy
}): AuthDeps {
  const { federation } = deps.config
  return {
    ...rest,
    basePath,
    authority: new URL(deps.self.url).host,
    ownOrigin: new URL(deps.self.url).origin,
    nonces: deps.storage.nonces,
    peerViews: deps.storage.peerViews,
    events: deps.events,
    federationEnabled: federation.enabled,
    requireSignature: federation.requireSignature,
    signatureMaxAgeSeconds: federation.signatureMaxAgeSeconds,
    certificateOf: createClientCertificates({ tls: deps.tls, trustProxy, now: () => deps.clock.now() }),
    now: () => deps.clock.now(),
  }
}

function withoutBase(url: string, basePath: string): string {
  if (basePath === '' || !url.startsWith(basePath)) return url
  const rest = url.slice(basePath.length)
  if (rest.startsWith('/')) return rest
  // The address of the registry itself, with or without a slash at its end, is its first page.
  return rest === '' || rest.startsWith('?') ? `/${rest}` : url
}

function isOneOf(routes: readonly string[], request: FastifyRequest): boolean {
  return routes.includes(request.routeOptions.url ?? '')
}

function pathOf({ raw }: FastifyRequest): string {
  return (raw.url ?? '').replace(/\?.*$/s, '')
}

/** The host the caller named, and the one that a proxy of ours says it was asked for: both must be ours. */
function hostsOf(request: FastifyRequest): (string | undefined)[] {
  const { host, 'x-forwarded-host': forwarded } = request.headers
  const isFromProxy = request.ips !== undefined && request.ips.length > 1
  if (!isFromProxy || typeof forwarded !== 'string') return [host]
  return [host, forwarded.split(',').at(-1)?.trim()]
}

/** No text holds a NUL, and databases disagree on what to do with one. */
function refuseNul({ raw }: FastifyRequest): void {
  if (!/%00/.test(raw.url ?? '')) return
  throw new ProblemError(
    'invalid-parameter',
    'The address holds a NUL character (%00), which nothing here has.',
  )
}
