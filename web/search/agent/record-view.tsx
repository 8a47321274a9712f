/** The record, member by member. */
import type { ComponentChildren, VNode } from 'preact'
import { plainText } from '../../design/foreign-text.ts'
import { PeerLink, PeerText } from '../../design/peer-text.tsx'
import { Time } from '../../design/time.tsx'
import { Tags } from '../result-item.tsx'
import type { FoundAgent } from './use-agent.ts'

export function RecordView({ agent }: { readonly agent: FoundAgent }): VNode {
  const { provider } = agent
  return (
    <dl class="pairs">
      <Pair name="DID">
        <code>{plainText(agent.did)}</code>
      </Pair>
      {agent.claimed_did !== null && (
        <Pair name="Claimed DID">
          <code>{plainText(agent.claimed_did)}</code>{' '}
          <span class="quiet">(its own claim, which nobody checked)</span>
        </Pair>
      )}
      <Pair name="Type">
        <bdi>{plainText(agent.agent_type)}</bdi>
      </Pair>
      <Pair name="Version">
        {agent.version === null ? <NotSaid /> : <bdi>{plainText(agent.version)}</bdi>}
      </Pair>
      <Pair name="Status">{agent.status}</Pair>
      <Pair name="Visible">{agent.visibility}</Pair>
      <Pair name="Provider">
        {provider === null && <NotSaid />}
        {provider !== null && provider.url !== null && (
          <PeerLink url={provider.url} text={provider.organization} />
        )}
        {provider !== null && provider.url === null && <PeerText text={provider.organization} lines={2} />}
      </Pair>
      <Pair name="Endpoints">
        {agent.endpoints.length === 0 && <NotSaid />}
        <ul class="endpoints">
          {agent.endpoints.map(({ url, protocol, binding }) => (
            <li key={`${protocol} ${url}`}>
              <bdi class="label">{plainText(binding === null ? protocol : `${protocol}, ${binding}`)}</bdi>{' '}
              <PeerLink url={url} />
            </li>
          ))}
        </ul>
      </Pair>
      <Pair name="Authentication">
        {agent.auth_schemes.length === 0 ? (
          <NotSaid />
        ) : (
          <bdi>{plainText(agent.auth_schemes.join(', '))}</bdi>
        )}
      </Pair>
      <Pair name="Tags">{agent.tags.length === 0 ? <NotSaid /> : <Tags tags={agent.tags} most={40} />}</Pair>
      <Pair name="Created">{agent.created_at === null ? <NotSaid /> : <Time at={agent.created_at} />}</Pair>
      <Pair name="Changed">{agent.updated_at === null ? <NotSaid /> : <Time at={agent.updated_at} />}</Pair>
    </dl>
  )
}

function Pair({ name, children }: { readonly name: string; readonly children: ComponentChildren }): VNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}

function NotSaid(): VNode {
  return <span class="quiet">not said</span>
}
