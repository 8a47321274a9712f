/** The peers in rows: how each is, how quick, how reliable, and when it was last heard. */
import type { VNode } from 'preact'
import { answeredOf, judgedOf, type PeerFigures } from '../../api/figures.ts'
import type { Peer } from '../../api/peers.ts'
import { milliseconds } from '../../design/durations.ts'
import { formatCount, percentOf } from '../../design/figures.ts'
import { Mark } from '../../design/mark.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { BreakerMark } from './breaker-mark.tsx'
import { DIRECTION_WORDS, directionOf, lookOfPeer } from './peer-words.ts'

type Row = { readonly peer: Peer; readonly figures: PeerFigures | undefined }

export function PeersTable({
  peers,
  figures,
}: {
  readonly peers: readonly Peer[]
  /** Null until they are there. */
  readonly figures: ReadonlyMap<string, PeerFigures> | null
}): VNode {
  const rows = peers.map((peer): Row => ({ peer, figures: figures?.get(peer.id) }))
  return (
    <div class="peer-rows">
      <Table
        caption="Latency and success are of our questions of the last 24 hours; cache hits and breaker as this replica counts them since it was started. – is not known."
        columns={COLUMNS}
        rows={rows}
        keyOf={({ peer }) => peer.id}
      />
    </div>
  )
}

const COLUMNS: readonly Column<Row>[] = [
  {
    ...{ head: 'Peer', isName: true },
    cell: ({ peer }) => (
      <a href={`console/peers/${peer.id}`}>
        <PeerName name={peer.name} />
      </a>
    ),
  },
  {
    head: 'Health',
    cell: ({ peer }) => {
      const { word, ...look } = lookOfPeer(peer)
      return <Mark {...look}>{word}</Mark>
    },
  },
  { head: 'Direction', cell: ({ peer }) => DIRECTION_WORDS[directionOf(peer)] },
  { head: 'p50', isNumeric: true, cell: ({ figures }) => msOf(figures?.outbound.p50_response_time_ms) },
  { head: 'p95', isNumeric: true, cell: ({ figures }) => msOf(figures?.outbound.p95_response_time_ms) },
  {
    ...{ head: 'Success', isNumeric: true },
    cell: ({ figures }) =>
      figures === undefined ? '–' : percentOf(answeredOf(figures.outbound), judgedOf(figures.outbound)),
  },
  {
    ...{ head: 'Cache hits', isNumeric: true },
    cell: ({ figures }) =>
      figures === undefined
        ? '–'
        : percentOf(figures.replica.cache_hits, figures.replica.cache_hits + figures.replica.cache_misses),
  },
  {
    ...{ head: 'Agents', isNumeric: true },
    cell: ({ peer }) => formatCount(peer.agent_count),
  },
  {
    head: 'Last sync',
    cell: ({ peer }) => <Time at={peer.last_sync} as="age" />,
  },
  {
    head: 'Breaker',
    cell: ({ figures }) => (figures === undefined ? '–' : <BreakerMark state={figures.replica.breaker} />),
  },
]

function msOf(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '–' : milliseconds(ms)
}
