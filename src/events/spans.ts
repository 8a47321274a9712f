/**
 * Facts as spans: one for a request that was served, one for a request to a peer. They hold what the metrics hold, routes
 * and words of ours, and the names of configured peers; never an address that was asked, nor what was searched for.
 *
 * A trace id crosses to another registry and nothing else does. So what a peer asks belongs to the trace its log has, but
 * whether that is kept is for us to say; and what we ask of a peer never belongs to the trace of a caller.
 */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { Clock } from '../domain/ports.ts'
import type { TraceId, TraceParent } from '../domain/trace-context.ts'
import type { FederationEvents } from '../federation/federation-events.ts'
import type { HttpEvents, ServedRequest } from '../http/http-events.ts'

export type SpanEvents = Pick<HttpEvents, 'requestServed'> &
  Pick<FederationEvents, 'peerAsked' | 'peerCalledOff'>

/** The ids of traces: of those that begin here, the next may be named beforehand. */
export interface TraceNames {
  /** Null: any. */
  nameNext(traceId: TraceId | null): void
}

type SpanDeps = { readonly tracer: Tracer; readonly names: TraceNames; readonly clock: Pick<Clock, 'now'> }

/** What there is to tell of any span. */
type Fact = {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
  readonly durationMs: number
  /** A word for what went wrong. */
  readonly error: string | null
}

export function createSpanEvents({ tracer, names, clock }: SpanDeps): SpanEvents {
  const tell = ({ name, kind, attributes, durationMs, error }: Fact, context: Context): void => {
    const endTime = clock.now()
    const span = tracer.startSpan(name, { kind, attributes, startTime: endTime - durationMs }, context)
    if (error !== null) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR })
    span.end(endTime)
  }
  const tellFirst = (fact: Fact, traceId: TraceId): void => {
    names.nameNext(traceId)
    tell(fact, ROOT_CONTEXT)
    names.nameNext(null)
  }
  return {
    requestServed(request) {
      const { traceParent, peerName } = request
      const fact = factOf(request)
      if (traceParent === null) tell(fact, ROOT_CONTEXT)
      else if (peerName !== null) tellFirst(fact, traceParent.traceId)
      else tell(fact, contextOf(traceParent))
    },
    peerAsked({ name }, result, { durationMs, traceId }) {
      const error = result.kind === 'failed' ? result.reason : null
      tellFirst(factOfAsking(name, error ?? result.kind, { durationMs, error }), traceId)
    },
    peerCalledOff({ name }, { durationMs, traceId }) {
      tellFirst(factOfAsking(name, 'called-off', { durationMs, error: null }), traceId)
    },
  }
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server */
function factOf({ method, route, status, durationMs, peerName }: ServedRequest): Fact {
  return {
    name: route === null ? method : `${method} ${route}`,
    kind: SpanKind.SERVER,
    attributes: {
      'http.request.method': method,
      ...(route !== null && { 'http.route': route }),
      'http.response.status_code': status,
      ...(peerName !== null && { 'agentvault.peer': peerName }),
    },
    durationMs,
    error: status >= 500 ? String(status) : null,
  }
}

function factOfAsking(peerName: string, outcome: string, rest: Pick<Fact, 'durationMs' | 'error'>): Fact {
  const attributes = { 'agentvault.peer': peerName, 'agentvault.outcome': outcome }
  return { name: 'ask peer', kind: SpanKind.CLIENT, attributes, ...rest }
}

function contextOf({ traceId, spanId, isSampled }: TraceParent): Context {
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}
