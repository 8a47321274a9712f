/** The checks of a peer over time, and what went wrong. */
import type { VNode } from 'preact'
import { getPeerHealth, type HealthCheck, type PeerHealthReport } from '../../api/peer-reports.ts'
import type { Peer } from '../../api/peers.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { ChartFrame } from '../../design/chart-frame.tsx'
import { milliseconds } from '../../design/durations.ts'
import { formatCount, percentOf } from '../../design/figures.ts'
import { lookOfHealth } from '../../design/looks.ts'
import { Mark } from '../../design/mark.tsx'
import { Section } from '../../design/section.tsx'
import { EmptyState } from '../../design/states.tsx'
import { Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { Shown } from '../parts/shown.tsx'
import { TimeChart } from '../parts/time-chart.tsx'
import { useApi } from '../session.tsx'
import type { Span } from './span-choice.tsx'

const EVERY_MS = 15_000
const MOST_ROWS = 100

export function PeerHealthSection({ peer, span }: { readonly peer: Peer; readonly span: Span }): VNode {
  const api = useApi()
  const { window } = span
  const health = useLoaded((signal) => getPeerHealth(api, peer.id, { window, signal }), {
    ...{ key: `health ${peer.id} ${window}`, everyMs: EVERY_MS },
  })
  return (
    <Section title="Health">
      <Shown loaded={health} what="The health checks">
        {(report) =>
          report.checks.length === 0 ? (
            <EmptyState title="No checks in this time">
              <p>While it is asked, the next health check looks at it. “Check now” looks at once.</p>
            </EmptyState>
          ) : (
            <Health report={report} span={span} />
          )
        }
      </Shown>
    </Section>
  )
}

function Health({ report, span }: { readonly report: PeerHealthReport; readonly span: Span }): VNode {
  const { checks, uptime, average_response_time_ms: average, next_before } = report
  const isAll = next_before === null
  const drawn = isAll
    ? `over the last ${span.words}`
    : `of the newest ${formatCount(checks.length)} checks in the last ${span.words}, those before are not drawn`
  const ordered = checks.toReversed()
  return (
    <>
      <p>
        It answered as it should {uptime === null ? 'for an unknown part' : percentOf(uptime, 1)} of the time
        {average !== null && <>, in {milliseconds(average)} on average</>}.
      </p>
      <ChartFrame
        title="Checks"
        note={`Response time in ms ${drawn}; failed checks are marked below`}
        chart={
          <TimeChart
            span={span.ms}
            at={ordered.map(({ at }) => Date.parse(at))}
            series={[
              { label: 'answered', tone: 'accent', values: ordered.map(timeOf) },
              { label: 'failed', tone: 'bad', isMarked: true, values: ordered.map(markOf) },
            ]}
            format={milliseconds}
          />
        }
        table={<Checks checks={checks.slice(0, MOST_ROWS)} isAll={isAll && checks.length <= MOST_ROWS} />}
      />
      <Errors checks={checks} />
    </>
  )
}

function timeOf({ up, response_time_ms: ms }: HealthCheck): number | null {
  return up ? ms : null
}

/** A failed check has no time that says anything: it is marked on the axis. */
function markOf({ up }: HealthCheck): number | null {
  return up ? null : 0
}

function Checks({
  checks,
  isAll,
}: {
  readonly checks: readonly HealthCheck[]
  readonly isAll: boolean
}): VNode {
  return (
    <Table
      caption={isAll ? 'All checks, newest first' : `The newest ${MOST_ROWS} checks`}
      rows={checks}
      keyOf={({ at }) => at}
      columns={[
        { head: 'Time', isName: true, cell: ({ at }) => <Time at={at} /> },
        {
          head: 'Found',
          cell: ({ status }) => {
            const { word, ...look } = lookOfHealth(status)
            return <Mark {...look}>{word}</Mark>
          },
        },
        {
          ...{ head: 'Took', isNumeric: true },
          cell: ({ response_time_ms: ms }) => (ms === null ? '–' : milliseconds(ms)),
        },
      ]}
    />
  )
}

const MOST_ERRORS = 10

function Errors({ checks }: { readonly checks: readonly HealthCheck[] }): VNode | null {
  const failed = checks.filter(({ error }) => error !== null).slice(0, MOST_ERRORS)
  if (failed.length === 0) return null
  return (
    <>
      <h3>Last errors</h3>
      <Table
        caption={`The newest ${failed.length} failed checks`}
        isCaptionHidden
        rows={failed}
        keyOf={({ at }) => at}
        columns={[
          { head: 'Time', isName: true, cell: ({ at }) => <Time at={at} /> },
          { head: 'Error', cell: ({ error }) => <bdi>{error}</bdi> },
        ]}
      />
    </>
  )
}
