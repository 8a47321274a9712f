/** Figures of the Redis that replicas share. A registry without one tells nothing of it. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { SharingEvents } from '../domain/sharing.ts'

export function createSharingMetrics(register: Registry): SharingEvents {
  let metrics: ReturnType<typeof defineMetrics> | undefined
  const defined = () => {
    metrics ??= defineMetrics(register)
    return metrics
  }
  return {
    sharingChanged({ kind }) {
      defined().up.set(kind === 'up' ? 1 : 0)
    },
    sharingFailed(operation, reason) {
      defined().errors.inc({ operation, reason })
    },
  }
}

function defineMetrics(register: Registry) {
  const registers = [register]
  return {
    up: new Gauge({
      name: 'registry_redis_up',
      help: 'Whether Redis answers: 1, or 0 while this replica goes on alone.',
      registers,
    }),
    errors: new Counter({
      name: 'registry_redis_errors_total',
      help: 'What was asked of Redis in vain, by what it was and why; every request went on without.',
      labelNames: ['operation', 'reason'],
      registers,
    }),
  }
}
