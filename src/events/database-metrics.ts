/** Figures of the connections to the database server. A registry over a file has none and tells nothing of them. */
import { Gauge, type Registry } from 'prom-client'
import type { DatabaseConnections } from '../domain/ports.ts'

export interface DatabaseMetrics {
  refresh(connections: DatabaseConnections): void
}

export function createDatabaseMetrics(register: Registry): DatabaseMetrics {
  let metrics: ReturnType<typeof defineMetrics> | undefined
  return {
    refresh({ busy, idle, most, waiting }) {
      metrics ??= defineMetrics(register)
      metrics.connections.set({ state: 'busy' }, busy)
      metrics.connections.set({ state: 'idle' }, idle)
      metrics.most.set(most)
      metrics.waiting.set(waiting)
    },
  }
}

function defineMetrics(register: Registry) {
  const registers = [register]
  return {
    connections: new Gauge({
      name: 'registry_database_connections',
      help: 'Open connections to the database server: busy or idle.',
      labelNames: ['state'],
      registers,
    }),
    most: new Gauge({
      name: 'registry_database_connections_max',
      help: 'How many connections there may be.',
      registers,
    }),
    waiting: new Gauge({
      name: 'registry_database_waiting',
      help: 'Work that waits for a connection to become free.',
      registers,
    }),
  }
}
