/** Figures of what operators keep from being shown, and of what waits for them. */
import { Gauge, type Registry } from 'prom-client'
import { BLOCK_KINDS, type ModerationFigures } from '../domain/moderation.ts'

export interface ModerationMetrics {
  /** Null when they cannot be read: nothing is told then. */
  refresh(figures: ModerationFigures | null): void
}

export function createModerationMetrics(register: Registry): ModerationMetrics {
  const registers = [register]
  const blocks = new Gauge({
    name: 'registry_blocks',
    help: 'What is blocked, by what it names: a DID, an origin or an endpoint.',
    labelNames: ['kind'],
    registers,
  })
  const withheld = new Gauge({
    name: 'registry_agents_withheld',
    help: 'Records of this registry that were taken down, match a block or belong to a suspended owner.',
    registers,
  })
  const reports = new Gauge({
    name: 'registry_reports_open',
    help: 'Reports of users that nobody has resolved yet.',
    registers,
  })
  return {
    refresh(figures) {
      for (const gauge of [blocks, withheld, reports]) gauge.reset()
      if (figures === null) {
        withheld.remove()
        reports.remove()
        return
      }
      for (const kind of BLOCK_KINDS) blocks.set({ kind }, figures.blocks[kind])
      withheld.set(figures.withheldAgents)
      reports.set(figures.openReports)
    },
  }
}
