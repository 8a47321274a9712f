/** The first view: who is connected, how they are, and which way records go. */
import type { VNode } from 'preact'
import { type FederationHealth, getFederationHealth } from '../../api/federation-health.ts'
import { listPeers } from '../../api/peers.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { milliseconds } from '../../design/durations.ts'
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

type Known = {
  readonly health: FederationHealth
  readonly self: string
  readonly peers: readonly MapPeer[]
}

export function MapView(): VNode {
  const api = useApi()
  const mayOperate = useMay('operate')
  const mayFederate = useMay('federate')
  const known = useLoaded<Known>(
    async (signal) => {
      const [health, about, peers] = await Promise.all([
        getFederationHealth(api, signal),
        api.call<{ readonly name: string }>('GET', 'health', { signal }),
        mayOperate ? listPeers(api, signal) : null,
      ])
      if (!health.ok) return health
      if (!about.ok) return about
      if (peers?.ok === false) return peers
      const shown = peers === null ? fromHealth(health.value.peers) : fromPeers(peers.value.peers)
      return { ok: true, etag: null, value: { health: health.value, self: about.value.name, peers: shown } }
    },
    { key: 'map', everyMs: EVERY_MS },
  )
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
        {(value) => <Federation known={value} hasLinks={mayOperate} />}
      </Shown>
    </>
  )
}

function Federation({
  known: { health, self, peers },
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
  const { word, ...look } = lookOfHealth(health.overall_status)
  return (
    <>
      <p>
        <Mark {...look} isBoxed>
          {word}
        </Mark>{' '}
        {countInWords(peers)}
      </p>
      <div class="map-beside">
        <figure>
          <FederationMap peers={peers} self={self} hasLinks={hasLinks} />
          <figcaption class="small quiet">
            The farther out, the longer its answers take.
            {hasLinks &&
              ' Where there is room, arrows point to where records go: to here from whom we ask, from here to who asks us.'}{' '}
            Disc: healthy. Diamond: degraded, or waiting for you. Square: failing. Broken ring: not asked.
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
  return `${peers.length} ${peers.length === 1 ? 'peer' : 'peers'}, ${well} healthy`
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
