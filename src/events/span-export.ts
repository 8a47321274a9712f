/**
 * Sends spans to a collector with OpenTelemetry's SDK: in batches, later, and those that cannot be sent are lost. What
 * it is to be known by and how it is reached (`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_HEADERS`
 * and its kin), the SDK reads from the environment by itself.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Config } from '../config.ts'
import type { TraceId } from '../domain/trace-context.ts'
import { createSpanEvents, type TraceNames } from './spans.ts'
import type { Tracing, TracingEvents, TracingOptions } from './tracing.ts'

const SERVICE = 'agentvault-registry'
/** For the last spans. The process has 5 s to end. */
const FLUSH_MS = 1_000

export function createTracing(
  url: string,
  { sampler, sampledShare, exportDelayMs }: Config['tracing'],
  { version, clock, collectorChanged }: TracingOptions,
): Tracing {
  const ids = createIds()
  const collector = watch(new OTLPTraceExporter({ url }), collectorChanged)
  const provider = new TracerProvider({
    resource: describeProcess(version),
    sampler: SAMPLERS[sampler](sampledShare),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor({ exporter: collector.exporter, scheduledDelayMillis: exportDelayMs }),
    ],
  })
  const tracer = provider.getTracer(SERVICE, version)
  return {
    events: createSpanEvents({ tracer, names: ids, clock }),
    async [Symbol.asyncDispose]() {
      const { promise: late, resolve } = Promise.withResolvers<void>()
      const callOff = clock.after(FLUSH_MS, () => {
        collector.tell({ kind: 'down', error: new Error(`no answer within ${FLUSH_MS} ms`) })
        resolve()
      })
      // Rejects when the last batch is not taken, which is told already.
      await Promise.race([provider.shutdown().catch(() => {}), late])
      callOff()
    },
  }
}

/** What tells it apart from others, and nothing of its machine or command line. The operator's own words win. */
function describeProcess(version: string): Resource {
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.name': SERVICE, 'service.version': version }))
    .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] }))
}

const SAMPLERS = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (share) => new TraceIdRatioBasedSampler(share),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (share) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
} satisfies Readonly<Record<Config['tracing']['sampler'], (share: number) => Sampler>>

function createIds(): IdGenerator & TraceNames {
  const random = new RandomIdGenerator()
  let next: TraceId | null = null
  return {
    generateSpanId: () => random.generateSpanId(),
    generateTraceId: () => next ?? random.generateTraceId(),
    nameNext(traceId) {
      next = traceId
    },
  }
}

/** Tells what becomes of batches, each time that it is another than before. */
function watch(exporter: SpanExporter, told: TracingEvents['collectorChanged']) {
  let last: 'up' | 'down' | null = null
  const tell: typeof told = (state) => {
    if (state.kind !== last) told(state)
    last = state.kind
  }
  const watched: SpanExporter = {
    export(spans, done) {
      exporter.export(spans, (result) => {
        tell(result.error === undefined ? { kind: 'up' } : { kind: 'down', error: result.error })
        done(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
  return { exporter: watched, tell }
}
