/** What came of accepting an invite, and what the two operators compare. */
import type { VNode } from 'preact'
import type { AcceptedInvite } from '../../api/invites.ts'
import { Mark } from '../../design/mark.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { Fingerprint } from '../parts/fingerprint.tsx'
import { useFocus } from '../parts/use-focus.ts'

export function Accepted({ peer }: { readonly peer: AcceptedInvite }): VNode {
  // The form that had the focus is gone.
  const ref = useFocus<HTMLDivElement>()
  const isPending = peer.state === 'pending'
  return (
    <div class="stack" ref={ref} tabIndex={-1} role="status">
      <Mark tone={isPending ? 'warn' : 'ok'} shape={isPending ? 'quarter' : 'disc'} isBoxed>
        {isPending
          ? 'Accepted; its operator has to confirm us'
          : 'Accepted; both registries ask each other now'}
      </Mark>
      <dl class="pairs">
        <dt>Peer</dt>
        <dd>
          <a href={`console/peers/${peer.id}`}>
            <PeerName name={peer.name} />
          </a>
        </dd>
        <dt>Address</dt>
        <dd>
          <bdi>{peer.registry_url}</bdi>
        </dd>
        <dt>Its fingerprint</dt>
        <dd>
          <Fingerprint of={peer.key_thumbprint} what="its fingerprint" />
        </dd>
        <dt>Our fingerprint</dt>
        <dd>
          <Fingerprint of={peer.own_key_thumbprint} what="our fingerprint" />
        </dd>
      </dl>
      {isPending && (
        <p>
          Tell its operator our fingerprint. They compare it with what their registry shows and confirm us;
          until then nothing passes between the registries.
        </p>
      )}
      {peer.probe?.problem !== undefined && <p>It does not answer yet: {peer.probe.problem}</p>}
    </div>
  )
}
