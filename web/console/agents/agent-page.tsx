/** One record of this registry: what it says, what was done to it, and what can be done. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { WireAgent } from '../../../src/wire/agent.ts'
import type { WireWithheld } from '../../../src/wire/withheld.ts'
import type { Answer, Api } from '../../api/api.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { PeerLink, PeerName, PeerText } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { Shown } from '../parts/shown.tsx'
import { Time } from '../parts/time.tsx'
import { useApi, useMay } from '../session.tsx'
import { AgentActs, RestoreAct } from './agent-acts.tsx'
import { AgentReports } from './agent-reports.tsx'
import { EditAgent } from './edit-agent.tsx'
import { StatusMark } from './status-mark.tsx'
import { WhyWithheld } from './withheld-view.tsx'

export type OwnAgent = WireAgent & { readonly withheld?: WireWithheld }
/** A record and the state it was read in: a change made from an older state is refused. */
export type LoadedAgent = { readonly agent: OwnAgent; readonly etag: string | null }

const TAKEN_DOWN = ['agent-taken-down', 'unavailable-for-legal-reasons']

export function AgentPage({ id }: { readonly id: string }): VNode {
  const api = useApi()
  const [publishes, operates] = [useMay('publish'), useMay('operate')]
  // Counts what was done here: what was loaded before is not shown on, not even when the record is gone.
  const [acts, setActs] = useState(0)
  const loaded = useLoaded((signal) => loadAgent(api, id, signal), { key: `agent ${id} ${acts}` })
  const onDone = (): void => setActs((count) => count + 1)
  return (
    <>
      <p class="small">
        <a href="console/agents">← Agents</a>
      </p>
      {loaded.kind === 'failed' && operates && TAKEN_DOWN.includes(loaded.problem.code) ? (
        <>
          <h1>A record that was taken down</h1>
          <ProblemNote problem={loaded.problem} />
          <p class="row">
            <RestoreAct id={id} onDone={onDone} />
          </p>
        </>
      ) : (
        <Shown loaded={loaded} what="The record">
          {({ agent, etag }) => (
            <>
              <Record agent={agent} />
              {publishes && <EditAgent key={etag} {...{ agent, etag, onDone }} />}
              <AgentActs agent={agent} onDone={onDone} />
              {operates && <AgentReports did={agent.did} />}
            </>
          )}
        </Shown>
      )}
    </>
  )
}

async function loadAgent(api: Api, id: string, signal: AbortSignal): Promise<Answer<LoadedAgent>> {
  const answer = await api.call<OwnAgent>('GET', `agents/${encodeURIComponent(id)}`, { signal })
  return answer.ok ? { ...answer, value: { agent: answer.value, etag: answer.etag } } : answer
}

function Record({ agent }: { readonly agent: OwnAgent }): VNode {
  const { withheld } = agent
  return (
    <>
      <h1>
        <span class="quiet">Agent</span> <PeerName name={agent.name} />
      </h1>
      {withheld !== undefined && (
        <div class="notice notice-stale">
          <h2>Withheld: only its owner and admins see it</h2>
          <WhyWithheld withheld={withheld} />
        </div>
      )}
      {agent.description !== '' && <PeerText text={agent.description} />}
      <Facts agent={agent} />
    </>
  )
}

function Facts({ agent }: { readonly agent: OwnAgent }): VNode {
  const { provider, endpoints, tags, skills } = agent
  return (
    <Section title="Record">
      <dl class="pairs">
        <dt>DID</dt>
        <dd>
          <code>{agent.did}</code>
        </dd>
        {agent.claimed_did !== null && (
          <>
            <dt>Claimed DID</dt>
            <dd>
              <code>{agent.claimed_did}</code>
            </dd>
          </>
        )}
        <dt>Type</dt>
        <dd>
          {agent.agent_type}
          {agent.version !== null && <bdi>, version {agent.version}</bdi>}
        </dd>
        <dt>Status</dt>
        <dd>
          <StatusMark status={agent.status} />{' '}
          {agent.status_message !== null && <span dir="auto">{agent.status_message}</span>}
        </dd>
        {agent.successor_did !== null && (
          <>
            <dt>Successor</dt>
            <dd>
              <code>{agent.successor_did}</code>
            </dd>
          </>
        )}
        <dt>Seen by</dt>
        <dd>{agent.visibility}</dd>
        <dt>Provider</dt>
        <dd>{provider === null ? 'not told' : <ProviderName provider={provider} />}</dd>
        <dt>Endpoints</dt>
        <dd>
          {endpoints.length === 0 ? (
            'none'
          ) : (
            <ul>
              {endpoints.map(({ url, protocol, binding }) => (
                <li key={`${url} ${protocol} ${binding}`}>
                  <PeerLink url={url} />{' '}
                  <bdi class="quiet">{[protocol, binding].filter(Boolean).join(', ')}</bdi>
                </li>
              ))}
            </ul>
          )}
        </dd>
        <dt>Tags</dt>
        <dd class="row">{tags.length === 0 ? 'none' : tags.map((tag) => <Tag key={tag} tag={tag} />)}</dd>
        <dt>Skills</dt>
        <dd>
          {skills.length === 0 ? 'none' : <PeerText text={skills.map(({ name }) => name).join('\n')} />}
        </dd>
        <dt>Card</dt>
        <dd>
          {agent.card_format === null ? (
            'none'
          ) : (
            <a href={`api/v1/agents/${encodeURIComponent(agent.id)}/card`} download={`${agent.id}.json`}>
              As it was published ({agent.card_format})
            </a>
          )}
        </dd>
        <dt>Made, changed</dt>
        <dd>
          <Time at={agent.created_at} />, <Time at={agent.updated_at} />
        </dd>
      </dl>
    </Section>
  )
}

function ProviderName({ provider }: { readonly provider: NonNullable<WireAgent['provider']> }): VNode {
  if (provider.url === null) return <PeerName name={provider.organization} />
  return <PeerLink url={provider.url} text={provider.organization} />
}

function Tag({ tag }: { readonly tag: string }): VNode {
  return (
    <bdi class="tag" title={tag}>
      {tag}
    </bdi>
  )
}
