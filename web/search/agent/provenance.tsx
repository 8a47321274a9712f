/** The way a record came: from its registry, over this one, to whoever looks; and what that proves. */
import type { VNode } from 'preact'
import { plainText } from '../../design/foreign-text.ts'
import { Mark } from '../../design/mark.tsx'
import { PeerLink } from '../../design/peer-text.tsx'
import { Time } from '../../design/time.tsx'
import { freshnessOf, verificationOf } from '../result-facts.ts'
import type { FoundAgent } from './use-agent.ts'

export function Provenance({
  agent,
  ownName,
}: {
  readonly agent: FoundAgent
  readonly ownName: string
}): VNode {
  const { provenance, is_federated, registry_name, registry_url } = agent
  const freshness = freshnessOf(agent)
  const verification = verificationOf(provenance)
  return (
    <div class="stack">
      <ol class="path">
        <li>
          <bdi class="path-name">{plainText(registry_name)}</bdi> keeps the record
          {is_federated ? (
            <>
              , at <PeerLink url={registry_url} />.
            </>
          ) : (
            '. You are asking this registry itself.'
          )}
        </li>
        {is_federated && (
          <li>
            <bdi class="path-name">{plainText(ownName)}</bdi>, this registry, asked it
            {provenance.fetched_at !== null && (
              <>
                {' '}
                <Time at={provenance.fetched_at} as="age" />
              </>
            )}
            .
          </li>
        )}
        <li>
          <span class="path-name">You</span> see it as it {is_federated ? 'was then' : 'is'}.{' '}
          <Mark tone={freshness.tone} shape={freshness.shape}>
            {freshness.word}
          </Mark>
        </li>
      </ol>
      {provenance.stale && (
        <p>
          Its registry did not answer just now, or has not been asked since. The record may have changed
          there.
        </p>
      )}
      <p>
        <Mark tone="off" shape={provenance.verification === 'unverified' ? 'ring' : 'disc'}>
          {verification.word}
        </Mark>{' '}
        {verification.explained}
      </p>
    </div>
  )
}
