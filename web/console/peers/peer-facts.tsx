/** What is set and known of a peer just now. */
import type { VNode } from 'preact'
import type { Peer } from '../../api/peers.ts'
import { milliseconds } from '../../design/durations.ts'
import { formatCount } from '../../design/figures.ts'
import { Section } from '../../design/section.tsx'
import { Time } from '../../design/time.tsx'
import { Fingerprint } from '../parts/fingerprint.tsx'
import { linesOf } from '../sharing/policy-draft.ts'
import { DIRECTION_WORDS, directionOf, skewInWords } from './peer-words.ts'

export function PeerFacts({ peer }: { readonly peer: Peer }): VNode {
  const { response_time_ms: tookMs, share_policy: policy } = peer
  return (
    <Section title="Now">
      <dl class="pairs">
        <dt>Direction</dt>
        <dd>{DIRECTION_WORDS[directionOf(peer)]}</dd>
        <dt>Agents it shows us</dt>
        <dd>
          {formatCount(peer.agent_count)}
          {peer.size_confirmed && ', a size confirmed here'}
        </dd>
        <dt>Last check</dt>
        <dd>
          <Time at={peer.last_health_check} as="age" />
          {tookMs !== null && `, ${milliseconds(tookMs)}`}
          {peer.consecutive_failures > 0 && `, ${peer.consecutive_failures} failed in a row`}
        </dd>
        <dt>Last sync</dt>
        <dd>
          <Time at={peer.last_sync} as="age" />
        </dd>
        <dt>Its clock</dt>
        <dd>{peer.clock_skew_seconds === 0 ? 'as ours' : skewInWords(peer.clock_skew_seconds)}</dd>
        <dt>Its fingerprint</dt>
        <dd>
          <Fingerprint of={peer.key_thumbprint} what="its fingerprint" />
        </dd>
        <dt>Signed by</dt>
        <dd>
          {peer.signature_scheme}
          {peer.require_mtls && ', with a client certificate'}
        </dd>
        <dt>What it may see</dt>
        <dd>
          {policy === null ? 'Every record marked federated, whole.' : linesOf(policy).join(' ')}{' '}
          <a href={`console/peers/${peer.id}/sharing`}>Share policy</a>
        </dd>
        <dt>Known since</dt>
        <dd>
          <Time at={peer.created_at} as="age" />
        </dd>
      </dl>
    </Section>
  )
}
