/** The views of peers and of what passes between them and this registry. */

import { GreetIfEmpty } from './first-run/first-run.tsx'
import { AcceptInviteView } from './invites/accept-invite-view.tsx'
import { InvitesView } from './invites/invites-view.tsx'
import { MapView } from './map/map-view.tsx'
import { AddPeerView } from './peers/add-peer-view.tsx'
import { PeerView } from './peers/peer-view.tsx'
import { PeersView } from './peers/peers-view.tsx'
import { SharePolicyView } from './sharing/share-policy-view.tsx'
import type { View } from './views.tsx'

export const FEDERATION_VIEWS: readonly View[] = [
  {
    ...{ path: '', title: 'Federation', permission: 'read', group: 'Federation' },
    show: () => (
      <GreetIfEmpty>
        <MapView />
      </GreetIfEmpty>
    ),
  },
  {
    ...{ path: 'peers', title: 'Peers', permission: 'operate', group: 'Federation' },
    show: () => <PeersView />,
  },
  // Before the page of a peer, whose id could be any word.
  {
    ...{ path: 'peers/add', title: 'Add a peer', permission: 'federate', group: null },
    show: () => <AddPeerView />,
  },
  {
    ...{ path: 'peers/:id', title: 'Peer', permission: 'operate', group: null },
    show: ({ id = '' }) => <PeerView id={id} />,
  },
  {
    ...{ path: 'peers/:id/sharing', title: 'Share policy', permission: 'operate', group: null },
    show: ({ id = '' }) => <SharePolicyView id={id} />,
  },
  {
    ...{ path: 'invites', title: 'Invites', permission: 'federate', group: 'Federation' },
    show: () => <InvitesView />,
  },
  {
    ...{ path: 'invites/accept', title: 'Accept an invite', permission: 'federate', group: null },
    show: () => <AcceptInviteView />,
  },
]
