/** Spans for a collector of OpenTelemetry, where one is configured. Most registries have none and load nothing of it. */
import { findTracesUrl } from '../config/otlp-endpoint.ts'
import type { Config } from '../config.ts'
import type { Clock } from '../domain/ports.ts'
import type { SpanEvents } from './spans.ts'

export interface TracingEvents {
  /** The collector takes spans, or does not any more: told when it changes. */
  collectorChanged(state: CollectorState): void
}

export type CollectorState = { readonly kind: 'up' } | { readonly kind: 'down'; readonly error: unknown }

export interface Tracing extends AsyncDisposable {
  /** Of what becomes spans. Costs the caller their making; they are sent later. */
  readonly events: SpanEvents
}

export type TracingOptions = TracingEvents & { readonly version: string; readonly clock: Clock }

/** Null without a collector. No connection is made before there are spans. */
export async function openTracing(
  settings: Config['tracing'],
  options: TracingOptions,
): Promise<Tracing | null> {
  const url = findTracesUrl(settings)
  if (url === null) return null
  const { createTracing } = await import('./span-export.ts')
  return createTracing(url, settings, options)
}
