/** What asks before something is done to a peer, naming the effect. */
import type { ComponentChildren, VNode } from 'preact'
import { changePeer, clearPeerCache, type Peer, removePeer } from '../../api/peers.ts'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { countOf } from '../../design/figures.ts'
import { PeerName } from '../../design/peer-text.tsx'
import { granted } from '../parts/use-act.ts'
import { useRouter } from '../router.tsx'
import { useApi } from '../session.tsx'

type PeerDialogProps = {
  readonly peer: Peer
  readonly onChanged: () => void
  /** What came of it, for the page to say. */
  readonly onSaid: (sentence: string) => void
  readonly onClose: () => void
}

export function SwitchDialog({
  peer,
  side,
  onChanged,
  onSaid,
  onClose,
}: PeerDialogProps & {
  /** Our questions to it, or its questions to us. */
  readonly side: 'outbound' | 'inbound'
}): VNode {
  const api = useApi()
  const isOurs = side === 'outbound'
  return (
    <ConfirmDialog
      title={isOurs ? 'Stop asking this peer?' : 'Stop its questions?'}
      act={isOurs ? 'Stop asking it' : 'Stop its questions'}
      onConfirm={async () => {
        granted(await changePeer(api, peer.id, isOurs ? { is_active: false } : { inbound_active: false }))
        onSaid(isOurs ? 'It is not asked any more.' : 'Its questions are refused.')
        onChanged()
      }}
      onClose={onClose}
    >
      <p>
        {isOurs ? (
          <>
            <PeerName name={peer.name} /> is not asked from now on, and its agents are not shown here, cached
            ones neither.
          </>
        ) : (
          <>
            Whatever <PeerName name={peer.name} /> asks is refused from now on. It drops what it keeps of us
            with its next health check.
          </>
        )}{' '}
        The other direction stays as it is, and this can be undone.
      </p>
    </ConfirmDialog>
  )
}

export function ClearCacheDialog({ peer, onChanged, onSaid, onClose }: PeerDialogProps): VNode {
  const api = useApi()
  return (
    <ConfirmDialog
      title="Clear the cache of this peer?"
      act="Clear the cache"
      onConfirm={async () => {
        const { purged_agents: count } = granted(await clearPeerCache(api, peer.id))
        onSaid(`The cache is cleared, with ${countOf(count, 'record')}.`)
        onChanged()
      }}
      onClose={onClose}
    >
      <ClearingEffect>
        <PeerName name={peer.name} />
      </ClearingEffect>
    </ConfirmDialog>
  )
}

/** What clearing does, wherever it is asked. */
export function ClearingEffect({
  children,
}: {
  /** Whose cache it is. */
  readonly children: ComponentChildren
}): VNode {
  return (
    <p>
      All that is kept of the answers and records of {children} is cleared, on every replica. The next
      searches ask anew and take longer; while a peer does not answer, its agents are not found here.
    </p>
  )
}

export function RemovePeerDialog({ peer, onClose }: PeerDialogProps): VNode {
  const api = useApi()
  const { go } = useRouter()
  return (
    <ConfirmDialog
      title="Remove this peer?"
      act="Remove the peer"
      onConfirm={async () => {
        granted(await removePeer(api, peer.id))
        go('peers')
      }}
      onClose={onClose}
    >
      <p>
        <PeerName name={peer.name} /> is asked no more and may ask no more: its tokens are revoked, and the
        copies of {countOf(peer.agent_count, 'agent')} are purged here. What it keeps of us it drops with its
        next health check.
      </p>
      <p>
        To be peers again, you need a new invite. The audit log and the query log keep what they have of it.
      </p>
    </ConfirmDialog>
  )
}
