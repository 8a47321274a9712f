/** A peer that was added just now, and what the first look at it found. */
import type { VNode } from 'preact'
import type { CheckedPeer } from '../../api/peers.ts'
import { milliseconds } from '../../design/durations.ts'
import { formatCount } from '../../design/figures.ts'
import { Mark } from '../../design/mark.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { useFocus } from '../parts/use-focus.ts'

export function AddedPeer({ peer }: { readonly peer: CheckedPeer }): VNode {
  // The form that had the focus is gone.
  const ref = useFocus<HTMLDivElement>()
  const { probe = {} } = peer
  const isWell = probe.problem === undefined
  return (
    <div class="stack" ref={ref} tabIndex={-1} role="status">
      <Mark tone={isWell ? 'ok' : 'bad'} shape={isWell ? 'disc' : 'cross'} isBoxed>
        {isWell ? 'Added, and it answers' : 'Added, but it does not answer as it should'}
      </Mark>
      {probe.problem !== undefined && (
        <p>
          <bdi>{probe.problem}</bdi> It is looked at again with the next health check.
        </p>
      )}
      <dl class="pairs">
        <dt>Peer</dt>
        <dd>
          <a href={`console/peers/${peer.id}`}>
            <PeerName name={peer.name} />
          </a>
        </dd>
        <dt>Agents it shows us</dt>
        <dd>{probe.agent_count === undefined ? 'not known' : formatCount(probe.agent_count)}</dd>
        <dt>It took</dt>
        <dd>{probe.response_time_ms === undefined ? 'not known' : milliseconds(probe.response_time_ms)}</dd>
      </dl>
      <p>
        Try it: <a href="./">search</a> across all registries.
      </p>
    </div>
  )
}
