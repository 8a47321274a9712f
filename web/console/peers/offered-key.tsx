/** A key that a peer shows and nobody here has accepted. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { changePeer, type OfferedKey, type Peer } from '../../api/peers.ts'
import { Button } from '../../design/button.tsx'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { Mark } from '../../design/mark.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { Time } from '../../design/time.tsx'
import { Fingerprint } from '../parts/fingerprint.tsx'
import { granted } from '../parts/use-act.ts'
import { useApi, useMay } from '../session.tsx'

type Props = { readonly peer: Peer; readonly offered: OfferedKey; readonly onAccepted: () => void }

export function OfferedKeyNotice({ peer, offered, onAccepted }: Props): VNode {
  const mayFederate = useMay('federate')
  const [isAsking, setAsking] = useState(false)
  return (
    <div class="notice notice-stale">
      <h2>
        <Mark tone="warn" shape="triangle">
          It shows a new key
        </Mark>
      </h2>
      <p>
        {offered.announced
          ? 'The key we know it by has signed for the new one.'
          : 'The key we know it by has not signed for the new one: it may be another registry at the same address.'}{' '}
        {offered.seen_at !== null && (
          <>
            First seen <Time at={offered.seen_at} />.
          </>
        )}
      </p>
      <dl class="pairs">
        <dt>Known by</dt>
        <dd>
          <Fingerprint of={peer.key_thumbprint} what="the fingerprint it is known by" />
        </dd>
        <dt>Now shows</dt>
        <dd>
          <Fingerprint of={offered.thumbprint} what="the fingerprint it shows now" />
        </dd>
      </dl>
      {mayFederate && <Button onClick={() => setAsking(true)}>Trust the new key</Button>}
      {isAsking && <TrustDialog {...{ peer, offered, onAccepted }} onClose={() => setAsking(false)} />}
    </div>
  )
}

function TrustDialog({
  peer,
  offered,
  onAccepted,
  onClose,
}: Props & { readonly onClose: () => void }): VNode {
  const api = useApi()
  return (
    <ConfirmDialog
      title="Trust this key?"
      act="Trust the new key"
      onConfirm={async () => {
        granted(await changePeer(api, peer.id, { public_key: offered.public_key }))
        onAccepted()
      }}
      onClose={onClose}
    >
      <p>
        From now on <PeerName name={peer.name} /> is known by this key, and whoever has it speaks for that
        registry. Compare it with its operator before.
      </p>
      <Fingerprint of={offered.thumbprint} what="the new fingerprint" />
    </ConfirmDialog>
  )
}
