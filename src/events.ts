/** One function per fact worth knowing later, and the log they go to. Telemetry never throws. */
import { type DestinationStream, type Logger, pino } from 'pino'
import type { AuditEvents } from './audit/audit-keeper.ts'
import type { LogLevel } from './config/shape.ts'
import type { SharingEvents } from './domain/sharing.ts'
import type { CountedEvents } from './events/metrics.ts'
import type { SpanEvents } from './events/spans.ts'
import type { TracingEvents } from './events/tracing.ts'
import type { FederationEvents } from './federation/federation-events.ts'
import { isUp } from './federation/health.ts'
import type { HttpEvents, ServedRequest } from './http/http-events.ts'
import { maskSecrets, REDACTED, SECRET_HEADERS } from './security/redact.ts'

export type Events = AuditEvents & FederationEvents & HttpEvents & SharingEvents & TracingEvents

export type Log = {
  readonly logger: Logger
  /** Writes the line of a request that was served. */
  readonly writeRequest: (request: ServedRequest) => void
}

/** A log of JSON lines; secrets are masked in error texts and known headers. */
export function createLog(level: LogLevel, destination: DestinationStream): Log {
  const options = {
    level,
    base: null,
    timestamp: createTimestamps(),
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: SECRET_HEADERS.flatMap((name) => [`headers["${name}"]`, `*.headers["${name}"]`]),
      censor: REDACTED,
    },
  }
  const logger = pino(options, destination)
  return { logger, writeRequest: createRequestWriter(logger, destination) }
}

/**
 * By far the most lines are of this kind, and the logger spends as much on one as all else that is done for a request
 * whose answer is ready. None of its texts needs to be escaped, or looked at for secrets: methods are those that node
 * knows, routes are patterns of ours, ids are minted here or hex digits.
 */
function createRequestWriter(logger: Logger, destination: DestinationStream): Log['writeRequest'] {
  if (!logger.isLevelEnabled('info')) return () => {}
  const time = createTimestamps()
  return ({ requestId, method, route, status, principal, durationMs, traceParent }) => {
    const pattern = route === null ? 'null' : `"${route}"`
    const ms = Math.round(durationMs * 10) / 10
    const trace = traceParent === null ? '' : `,"trace_id":"${traceParent.traceId}"`
    destination.write(
      `{"level":"info"${time()},"requestId":"${requestId}","method":"${method}","route":${pattern},"status":${status},"principal":"${principal}","durationMs":${ms}${trace},"msg":"request served"}\n`,
    )
  }
}

/** The time as a member of a line. Under load many lines share a millisecond, and writing it is a tenth of a line. */
function createTimestamps(): () => string {
  let at = 0
  let text = ''
  return () => {
    const now = Date.now()
    if (now !== at) {
      at = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}

/** Tells the log, the metrics and, where there is a collector, the spans. */
export function createEvents(log: Log, metrics: CountedEvents, spans: SpanEvents | null = null): Events {
  const logged = logEvents(log)
  return {
    ...logged,
    requestServed(request) {
      metrics.requestServed(request)
      logged.requestServed(request)
      spans?.requestServed(request)
    },
    authRefused(reason, context) {
      metrics.authRefused(reason, context)
      logged.authRefused(reason, context)
    },
    rateLimited(policy, requestId) {
      metrics.rateLimited(policy, requestId)
      logged.rateLimited(policy, requestId)
    },
    quotaExceeded(peer, kind, requestId) {
      metrics.quotaExceeded(peer, kind, requestId)
      logged.quotaExceeded(peer, kind, requestId)
    },
    peersShownAgain: metrics.peersShownAgain,
    peerOutcome(peer, outcome) {
      metrics.peerOutcome(peer, outcome)
      logged.peerOutcome(peer, outcome)
    },
    peerAsked(peer, result, asked) {
      metrics.peerAsked(peer, result, asked)
      logged.peerAsked(peer, result, asked)
      spans?.peerAsked(peer, result, asked)
    },
    peerCalledOff(peer, asked) {
      metrics.peerCalledOff(peer, asked)
      logged.peerCalledOff(peer, asked)
      spans?.peerCalledOff(peer, asked)
    },
    breakerChanged(peerId, state) {
      metrics.breakerChanged(peerId, state)
      logged.breakerChanged(peerId, state)
    },
    healthChanged(peer, change) {
      metrics.healthChanged(peer, change)
      logged.healthChanged(peer, change)
    },
    peerSynced(peer, synced) {
      metrics.peerSynced(peer, synced)
      logged.peerSynced(peer, synced)
    },
    questionsLost(rows, error) {
      metrics.questionsLost(rows, error)
      logged.questionsLost(rows, error)
    },
    recordsLost(records) {
      metrics.recordsLost(records)
      logged.recordsLost(records)
    },
    sharingChanged(state) {
      metrics.sharingChanged(state)
      logged.sharingChanged(state)
    },
    sharingFailed(operation, fault, error) {
      metrics.sharingFailed(operation, fault, error)
      logged.sharingFailed(operation, fault, error)
    },
  }
}

function logEvents({ logger: log, writeRequest }: Log): Events {
  return {
    requestServed: writeRequest,
    requestFailed(error, requestId) {
      log.error({ requestId, error: describeError(error) }, 'request failed')
    },
    authRefused(reason, context) {
      log.warn({ ...context, reason }, 'credentials refused')
    },
    tlsReloaded(reload) {
      if (reload.kind === 'changed') log.info('TLS files read anew')
      else log.error({ reason: reload.reason }, 'TLS files cannot be used, those before are')
    },
    rateLimited(policy, requestId) {
      log.info({ policy, requestId }, 'rate limit reached')
    },
    quotaExceeded({ peerId }, quota, requestId) {
      log.info({ peerId, quota, requestId }, 'quota of a peer used up')
    },
    peersShownAgain() {}, // each of these requests has its line
    peerOutcome(peer, outcome) {
      const reason = outcome.kind === 'answered' ? null : outcome.reason
      log.debug({ peerId: peer.id, outcome: outcome.kind, reason }, 'peer outcome')
    },
    peerAsked(peer, result, { durationMs, traceId }) {
      const asked = { peerId: peer.id, durationMs: Math.round(durationMs), trace_id: traceId }
      if (result.kind === 'answered') {
        const { agents, droppedRecords } = result.answer
        log.debug({ ...asked, records: agents.length, dropped: droppedRecords }, 'peer answered')
      } else if (result.kind === 'unchanged') {
        log.debug(asked, 'peer has nothing new')
      } else {
        log.warn({ ...asked, reason: result.reason, error: maskSecrets(result.error) }, 'peer query failed')
      }
    },
    peerCalledOff(peer, { durationMs, traceId }) {
      const asked = { peerId: peer.id, durationMs: Math.round(durationMs), trace_id: traceId }
      log.debug(asked, 'peer query called off')
    },
    breakerChanged(peerId, state) {
      log.warn({ peerId, state }, 'breaker changed')
    },
    healthChanged(peer, { before, health }) {
      const { status, error } = health
      const change = {
        peerId: peer.id,
        peer: peer.name,
        before,
        status,
        ...(error !== null && { error: maskSecrets(error) }),
      }
      if (isUp(status)) log.info(change, 'peer health changed')
      else log.warn(change, 'peer health changed')
    },
    keyOffered(peer, { publicKey, isAnnounced }) {
      log.warn({ peerId: peer.id, peer: peer.name, publicKey, isAnnounced }, 'peer shows a new key')
    },
    peerSynced(peer, synced) {
      if (synced.kind === 'failed') {
        log.warn(
          { peerId: peer.id, reason: synced.reason, error: maskSecrets(synced.error) },
          'peer changes not read',
        )
      } else log.debug({ peerId: peer.id, ...synced }, 'peer changes read')
    },
    questionsLost(rows, error) {
      log.warn({ rows, error: describeError(error) }, 'rows of the query log lost')
    },
    recordsLost(records) {
      log.warn({ records }, 'last seen records of peers lost')
    },
    auditHeadSigned(head) {
      log.info({ head }, 'audit head signed')
    },
    fault(error, during) {
      log.error({ during, error: describeError(error) }, 'fault')
    },
    collectorChanged(state) {
      if (state.kind === 'up') log.info('the collector takes spans')
      else {
        log.warn(
          { error: describeBriefly(state.error) },
          'the collector takes no spans, they are lost until it does',
        )
      }
    },
    ...logSharing(log),
  }
}

/** While Redis is up, each kind of failure is told once; its metric has the number. That it is down is told once, too. */
function logSharing(log: Logger): SharingEvents {
  const told = new Set<string>()
  return {
    sharingChanged(state) {
      told.clear()
      if (state.kind === 'up') log.info('Redis answers')
      else {
        const error = describeBriefly(state.error)
        log.warn({ fault: state.fault, error }, 'Redis is down, each replica goes on alone')
      }
    },
    sharingFailed(operation, fault, error) {
      const kind = `${operation} ${fault}`
      if (operation === 'connect' || told.has(kind)) return
      told.add(kind)
      log.warn(
        { operation, fault, error: describeBriefly(error) },
        'Redis failed; further failures like it are counted',
      )
    },
  }
}

/** What went wrong where, for faults that have nothing to do with our code. */
function describeBriefly(error: unknown): string {
  if (!(error instanceof Error)) return maskSecrets(String(error))
  const code = 'code' in error ? String(error.code) : error.name
  return maskSecrets(error.message === '' ? code : error.message)
}

const MAX_CAUSES = 5

export type DescribedError = {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: DescribedError
}

/** An error as it is logged: with its causes, and without what looks like a secret. */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error, message: maskSecrets(String(error)) }
  const { name, message, stack, cause } = error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    name,
    message: maskSecrets(message),
    ...(code !== undefined && { code }),
    ...(stack !== undefined && { stack: maskSecrets(stack) }),
    ...(cause !== undefined && depth < MAX_CAUSES && { cause: describeError(cause, depth + 1) }),
  }
}
