/** The first view: who is connected, how they are, and which way records go. */
import type { VNode } from 'preact'
import { getFederationHealth } from '../../api/federation-health.ts'
import { listPeers } from '../../api/peers.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { milliseconds } from '../../design/durations.ts'
import { countOf, formatCount } from '../../design/figures.ts'
import { lookOfHealth } from '../../design/looks.ts'
import { Mark } from '../../design/mark.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { EmptyState } from '../../design/states.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { DIRECTION_WORDS } from '../peers/peer-words.ts'
import { useApi, useMay } from '../session.tsx'
import { FederationMap } from './federation-map.tsx'
import { fromHealth, fromPeers, type MapPeer } from './map-peers.ts'

const EVERY_MS = 5_000
/** What the peers come to as a whole changes when one of them does, and needs no haste. */
const OVERALL_EVERY_MS = 30_000

type Known = {
  /** Null until it is known. */
  readonly overall: string | null
  readonly peers: readonly MapPeer[]
}

export function MapView(): VNode {
  const mayOperate = useMay('operate')
  const mayFederate = useMay('federate')
  const { known, overall } = useMap(mayOperate)
  return (
    <>
      <Head
        title="Federation"
        acts={
          mayFederate && (
            <a class="button" href="console/invites">
              Invite a registry
            </a>
          )
        }
      />
      <Shown loaded={known} what="The federation">
        {({ peers, health }) => (
          <Federation known={{ peers, overall: overall ?? health }} hasLinks={mayOperate} />
        )}
      </Shown>
    </>
  )
}

type Moving = { readonly peers: readonly MapPeer[]; readonly health: string | null }

/** One request brings all that moves on the map; who may see the peers themselves asks for the whole beside it. */
function useMap(mayOperate: boolean) {
  const api = useApi()
  const known = useLoaded<Moving>(
    async (signal) => {
      if (mayOperate) {
        const peers = await listPeers(api, signal)
        return peers.ok ? { ...peers, value: { peers: fromPeers(peers.value.peers), health: null } } : peers
      }
      const health = await getFederationHealth(api, signal)
      if (!health.ok) return health
      const { peers, overall_status } = health.value
      return { ...health, value: { peers: fromHealth(peers), health: overall_status } }
    },
    { key: 'map', everyMs: EVERY_MS },
  )
  const whole = useLoaded<{ readonly overall_status: string | null }>(
    async (signal) =>
      mayOperate
        ? getFederationHealth(api, signal)
        : { ok: true, etag: null, value: { overall_status: null } },
    { key: 'overall', ...(mayOperate && { everyMs: OVERALL_EVERY_MS }) },
  )
  return { known, overall: whole.kind === 'ready' ? whole.value.overall_status : null }
}

function Overall({ status }: { readonly status: string }): VNode {
  const { word, ...look } = lookOfHealth(status)
  return (
    <Mark {...look} isBoxed>
      {word}
    </Mark>
  )
}

function Federation({
  known: { overall, peers },
  hasLinks,
}: {
  readonly known: Known
  /** Whether peers lead to their pages. */
  readonly hasLinks: boolean
}): VNode {
  if (peers.length === 0) {
    return (
      <EmptyState title="No peers yet">
        <p>
          Searches here find this registry’s own agents only. Peers appear on this map as they are enrolled.
        </p>
      </EmptyState>
    )
  }
  return (
    <>
      <p>
        {overall !== null && <Overall status={overall} />} {countInWords(peers)}
      </p>
      <div class="map-beside">
        <figure>
          <FederationMap peers={peers} hasLinks={hasLinks} />
          <figcaption class="small quiet">
            The farther out, the longer its answers take.
            {hasLinks &&
              ' Where there is room, arrows point to where records go: to here from whom we ask, from here to who asks us.'}{' '}
            Disc: healthy. Diamond: degraded, or waiting for you. Square: failing. Broken ring: not asked, or
            not looked at yet.
          </figcaption>
        </figure>
        <div class="peer-rows">
          <Table
            caption="The peers, numbered as on the map"
            rows={peers}
            keyOf={({ id }) => id}
            columns={columnsOf(peers, hasLinks)}
          />
        </div>
      </div>
    </>
  )
}

function countInWords(peers: readonly MapPeer[]): string {
  const well = peers.filter(({ look }) => look.tone === 'ok').length
  return `${countOf(peers.length, 'peer')}, ${formatCount(well)} healthy`
}

function columnsOf(peers: readonly MapPeer[], hasLinks: boolean): readonly Column<MapPeer>[] {
  const places = new Map(peers.map(({ id }, place) => [id, place + 1]))
  return [
    { head: 'No.', isNumeric: true, cell: ({ id }) => places.get(id) },
    {
      ...{ head: 'Peer', isName: true },
      cell: ({ id, name }) =>
        hasLinks ? (
          <a href={`console/peers/${id}`}>
            <PeerName name={name} />
          </a>
        ) : (
          <PeerName name={name} />
        ),
    },
    {
      head: 'Health',
      cell: ({ look: { word, ...look } }) => <Mark {...look}>{word}</Mark>,
    },
    {
      ...{ head: 'Latency', isNumeric: true },
      cell: ({ latencyMs }) => (latencyMs === null ? '–' : milliseconds(latencyMs)),
    },
    ...(hasLinks
      ? [
          {
            head: 'Direction',
            cell: ({ direction }: MapPeer) => (direction === null ? '–' : DIRECTION_WORDS[direction]),
          },
        ]
      : []),
  ]
}
