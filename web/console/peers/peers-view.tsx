/** All peers, with what shows at a glance who needs a look. */
import type { VNode } from 'preact'
import { listPeerFigures } from '../../api/figures.ts'
import { listPeers, type Peer } from '../../api/peers.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { EmptyState } from '../../design/states.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { useRouter } from '../router.tsx'
import { useApi, useMay } from '../session.tsx'
import {
  NO_PEER_FILTER,
  PeerFilterForm,
  passesFilter,
  readPeerFilter,
  writePeerFilter,
} from './peer-filter.tsx'
import { PeersTable } from './peers-table.tsx'

const EVERY_MS = 5_000
/** The figures are counted over a day: they move slowly. */
const FIGURES_EVERY_MS = 20_000

export function PeersView(): VNode {
  const api = useApi()
  const mayFederate = useMay('federate')
  const peers = useLoaded((signal) => listPeers(api, signal), { key: 'peers', everyMs: EVERY_MS })
  return (
    <>
      <Head
        title="Peers"
        acts={
          mayFederate && (
            <>
              <a class="button button-main" href="console/invites">
                Invite a registry
              </a>
              <a class="button" href="console/invites/accept">
                Accept an invite
              </a>
              <a class="button" href="console/peers/add">
                Add by address
              </a>
            </>
          )
        }
      />
      <Shown loaded={peers} what="The peers">
        {({ peers: rows }) =>
          rows.length === 0 ? <NoPeers mayFederate={mayFederate} /> : <Peers rows={rows} />
        }
      </Shown>
    </>
  )
}

function NoPeers({ mayFederate }: { readonly mayFederate: boolean }): VNode {
  return (
    <EmptyState title="No peers yet">
      <p>
        A peer is a registry that this one asks in federated searches, or that may ask this one.
        {mayFederate
          ? ' Invite one, or accept an invite that you were sent.'
          : ' Someone with the role federation-admin can invite one.'}
      </p>
    </EmptyState>
  )
}

function Peers({ rows }: { readonly rows: readonly Peer[] }): VNode {
  const api = useApi()
  const { place, go } = useRouter()
  const filter = readPeerFilter(place.search)
  const figures = useLoaded((signal) => listPeerFigures(api, { window: '24h', signal }), {
    ...{ key: 'peer figures', everyMs: FIGURES_EVERY_MS },
  })
  const shown = rows.filter((peer) => passesFilter(peer, filter))
  const byPeer =
    figures.kind === 'ready' ? new Map(figures.value.peers.map((one) => [one.peer_id, one])) : null
  return (
    <>
      <PeerFilterForm
        filter={filter}
        onChange={(changed) => go(`peers${writePeerFilter(changed)}`, { replace: true })}
      />
      <p class="small quiet" role="status">
        {shown.length === rows.length ? `${rows.length} in all` : `${shown.length} of ${rows.length}`}
        {figures.kind === 'failed' && ` · the figures could not be loaded: ${figures.problem.sentence}`}
      </p>
      {shown.length === 0 ? (
        <EmptyState title="No peer passes this filter">
          <a href={`console/peers${writePeerFilter(NO_PEER_FILTER)}`}>Show all peers</a>
        </EmptyState>
      ) : (
        <PeersTable peers={shown} figures={byPeer} />
      )}
    </>
  )
}
