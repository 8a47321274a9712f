/** The questions to a peer and from it: how many, how quick, what came of them. */
import type { VNode } from 'preact'
import { answeredOf, judgedOf, type QueryFigures } from '../../api/figures.ts'
import {
  getPeerStats,
  type LoggedQuery,
  listPeerQueries,
  MOST_LOGGED,
  type PeerStats,
} from '../../api/peer-reports.ts'
import type { Peer } from '../../api/peers.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { ChartFrame } from '../../design/chart-frame.tsx'
import { milliseconds } from '../../design/durations.ts'
import { countOf, formatBytes, formatCount, percentOf } from '../../design/figures.ts'
import { lookOfOutcome } from '../../design/looks.ts'
import { Mark } from '../../design/mark.tsx'
import { Section } from '../../design/section.tsx'
import { EmptyState } from '../../design/states.tsx'
import { Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { Shown } from '../parts/shown.tsx'
import { TimeChart } from '../parts/time-chart.tsx'
import { useApi } from '../session.tsx'
import { BreakerMark } from './breaker-mark.tsx'
import type { Span } from './span-choice.tsx'
import { bucketsOf } from './traffic-buckets.ts'

const EVERY_MS = 15_000

export function PeerTraffic({ peer, span }: { readonly peer: Peer; readonly span: Span }): VNode {
  const api = useApi()
  const figures = useLoaded((signal) => getPeerStats(api, peer.id, { window: span.window, signal }), {
    ...{ key: `stats ${peer.id} ${span.window}`, everyMs: EVERY_MS },
  })
  const queries = useLoaded(
    (signal) =>
      listPeerQueries(api, peer.id, { since: new Date(Date.now() - span.ms).toISOString(), signal }),
    { key: `queries ${peer.id} ${span.window}`, everyMs: EVERY_MS },
  )
  return (
    <>
      <Section title="Figures">
        <Shown loaded={figures} what="The figures" lines={4}>
          {(stats) => <Figures figures={stats} />}
        </Shown>
      </Section>
      <Section title="Traffic">
        <Shown loaded={queries} what="The questions">
          {({ queries: rows }) =>
            rows.length === 0 ? (
              <EmptyState title="No questions in this time">
                <p>Federated searches here ask it; its own come when somebody searches there.</p>
              </EmptyState>
            ) : (
              <Traffic rows={rows} span={span} />
            )
          }
        </Shown>
        <p class="small">
          <a href={`console/query-log?peer=${peer.id}`}>All of its questions in the query log</a>
        </p>
      </Section>
    </>
  )
}

function Figures({ figures }: { readonly figures: PeerStats }): VNode {
  const { outbound, inbound, replica } = figures
  const { cache_hits: hits, cache_misses: misses } = replica
  return (
    <>
      <dl class="pairs">
        <dt>We asked it</dt>
        <dd>{asked(outbound)}</dd>
        <dt>It asked us</dt>
        <dd>{asked(inbound)}</dd>
        <dt>Breaker</dt>
        <dd>
          <BreakerMark state={replica.breaker} />
        </dd>
        <dt>Cache hits</dt>
        <dd>
          {percentOf(hits, hits + misses)} of {formatCount(hits + misses)} searches
        </dd>
        <dt>Bytes of answers</dt>
        <dd>
          {formatBytes(replica.bytes_in)} in, {formatBytes(replica.bytes_out)} out
        </dd>
      </dl>
      <p class="small quiet">
        Breaker, cache and bytes as the replica that answered counts them, since <Time at={replica.since} />.
      </p>
    </>
  )
}

function asked(figures: QueryFigures): string {
  const { queries, p50_response_time_ms: p50, p95_response_time_ms: p95 } = figures
  if (queries === 0) return 'never in this time'
  const times =
    p50 === null || p95 === null
      ? ''
      : `; half within ${milliseconds(p50)} (p50), 95 of 100 within ${milliseconds(p95)} (p95)`
  const count = countOf(queries, 'time')
  return `${count}, ${percentOf(answeredOf(figures), judgedOf(figures))} answered${times}`
}

function Traffic({ rows, span }: { readonly rows: readonly LoggedQuery[]; readonly span: Span }): VNode {
  const buckets = bucketsOf(rows, { until: Date.now(), spanMs: span.ms })
  const isCut = rows.length >= MOST_LOGGED
  return (
    <>
      <ChartFrame
        title="Questions"
        note={`Ours and its, per ${Math.round((buckets[1]?.at ?? 0) - (buckets[0]?.at ?? 0)) / 60_000} minutes${isCut ? `; of the newest ${MOST_LOGGED} only` : ''}`}
        chart={
          <TimeChart
            span={span.ms}
            at={buckets.map(({ at }) => at)}
            series={[
              { label: 'ours', tone: 'accent', values: buckets.map(({ outbound }) => outbound) },
              { label: 'its', tone: 'ok', values: buckets.map(({ inbound }) => inbound) },
              { label: 'failed', tone: 'bad', values: buckets.map(({ failed }) => failed) },
            ]}
            format={formatCount}
          />
        }
        table={
          <Table
            caption="Questions of each part of this time"
            rows={buckets.filter(({ outbound, inbound }) => outbound + inbound > 0)}
            keyOf={({ at }) => String(at)}
            columns={[
              { head: 'From', isName: true, cell: ({ at }) => <Time at={at} /> },
              { head: 'Ours', isNumeric: true, cell: ({ outbound }) => outbound },
              { head: 'Its', isNumeric: true, cell: ({ inbound }) => inbound },
              { head: 'Failed', isNumeric: true, cell: ({ failed }) => failed },
            ]}
          />
        }
      />
      <h3>Newest questions</h3>
      <Newest rows={rows.slice(0, 10)} />
    </>
  )
}

function Newest({ rows }: { readonly rows: readonly LoggedQuery[] }): VNode {
  return (
    <Table
      caption="The newest questions"
      isCaptionHidden
      rows={rows}
      keyOf={({ id }) => String(id)}
      columns={[
        { head: 'Time', isName: true, cell: ({ created_at: at }) => <Time at={at} /> },
        { head: 'Who asked', cell: ({ direction }) => (direction === 'outbound' ? 'we' : 'it') },
        {
          head: 'Outcome',
          cell: ({ outcome }) => {
            const { word, ...look } = lookOfOutcome(outcome)
            return <Mark {...look}>{word}</Mark>
          },
        },
        { head: 'Results', isNumeric: true, cell: ({ results }) => results ?? '–' },
        { head: 'Took', isNumeric: true, cell: ({ response_time_ms: ms }) => milliseconds(ms) },
      ]}
    />
  )
}
