/** The settings that say where spans go; an address may hold a password. Their names are OpenTelemetry's own. */
import { bad, good, type Kind, plain } from './kinds.ts'
import { maskUrl, showRefusedUrl } from './masked-url.ts'
import type { Config } from './shape.ts'

export function otlpEndpoint(): Kind<string> {
  return {
    ...plain<string>({
      takes: 'an http:// or https:// address',
      parse: (text) => {
        const url = /^https?:\/\//.test(text) ? URL.parse(text) : null
        return url === null ? bad('is not an http address') : good(url.href)
      },
      show: maskUrl,
    }),
    showRefused: showRefusedUrl,
  }
}

/**
 * Where spans go; null where they go nowhere.
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
 */
export function findTracesUrl({ disabled, endpoint, tracesEndpoint }: Config['tracing']): string | null {
  if (disabled) return null
  if (tracesEndpoint !== null) return tracesEndpoint
  const url = endpoint === null ? null : URL.parse(endpoint)
  if (url === null) return null
  url.pathname = url.pathname.replace(/\/?$/, '/v1/traces')
  return url.href
}
