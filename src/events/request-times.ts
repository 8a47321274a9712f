/**
 * How long requests take, by route, method and status, as a histogram in the text form Prometheus reads. Counted by
 * hand: the library looks a series up by all its labels at every observation, which takes as long as anything else
 * that is done for a request whose answer is ready.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
import type { ServedRequest } from '../http/http-events.ts'

export interface RequestTimes {
  /** @throws when the time is no number. */
  observe(request: Pick<ServedRequest, 'route' | 'method' | 'status' | 'durationMs'>): void
  render(): string
}

type Series = {
  readonly method: string
  readonly status: number
  /** One for each bound and one beyond: those that took longer than the bound before. */
  readonly counts: number[]
  sumSeconds: number
}

const NAME = 'http_request_duration_seconds'
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])

export function createRequestTimes(): RequestTimes {
  const byRoute = new Map<string, Series[]>()

  const seriesOf = (route: string, method: string, status: number): Series => {
    const all = byRoute.get(route) ?? []
    const found = all.find((series) => series.status === status && series.method === method)
    if (found !== undefined) return found
    const made = { method, status, counts: new Array<number>(BOUNDS.length + 1).fill(0), sumSeconds: 0 }
    byRoute.set(route, [...all, made])
    return made
  }

  return {
    observe({ route, method, status, durationMs }) {
      if (!Number.isFinite(durationMs)) throw new TypeError(`${durationMs} ms is no time`)
      // What callers invent makes no series.
      const series = seriesOf(route ?? 'none', METHODS.has(method) ? method : 'other', status)
      const seconds = durationMs / 1000
      const place = BOUNDS.findIndex((bound) => seconds <= bound)
      const at = place === -1 ? BOUNDS.length : place
      series.counts[at] = (series.counts[at] ?? 0) + 1
      series.sumSeconds += seconds
    },
    render() {
      const lines = [...byRoute].flatMap(([route, all]) => all.flatMap((series) => linesOf(route, series)))
      return [
        `# HELP ${NAME} Time from a request to the end of its answer, by route pattern.`,
        `# TYPE ${NAME} histogram`,
        ...lines,
        '',
      ].join('\n')
    },
  }
}

/** Buckets are cumulative on paper. Routes are patterns of ours: nothing in them needs to be escaped. */
function linesOf(route: string, { method, status, counts, sumSeconds }: Series): string[] {
  const labels = `route="${route}",method="${method}",status="${status}"`
  let total = 0
  const buckets = counts.map((count, index) => {
    total += count
    return `${NAME}_bucket{le="${BOUNDS[index] ?? '+Inf'}",${labels}} ${total}`
  })
  return [...buckets, `${NAME}_sum{${labels}} ${sumSeconds}`, `${NAME}_count{${labels}} ${total}`]
}
