/** One record of this registry: what it says, what was done to it, and what can be done. */
import { type ComponentChildren, Fragment, type VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { WireAgent } from '../../../src/wire/agent.ts'
import type { WireWithheld } from '../../../src/wire/withheld.ts'
import type { Answer, Api } from '../../api/api.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { PeerLink, PeerName, PeerText } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { Time } from '../../design/time.tsx'
import { SaveExport } from '../forms/save-export.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { Shown } from '../parts/shown.tsx'
import { useApi, useMay } from '../session.tsx'
import { AgentActs, RestoreAct } from './agent-acts.tsx'
import { AgentReports } from './agent-reports.tsx'
import { EditAgent } from './edit-agent.tsx'
import { StatusMark } from './status-mark.tsx'
import { WhyWithheld } from './withheld-view.tsx'

export type OwnAgent = WireAgent & {
  readonly withheld?: WireWithheld
}
/** A record and the state it was read in: a change made from an older state is refused. */
export type LoadedAgent = {
  readonly agent: OwnAgent
  readonly etag: string | null
  /** Whether whoever is signed in may change it. */
  readonly mayChange: boolean
}

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
          {({ agent, etag, mayChange }) => (
            <>
              <Record agent={agent} />
              {mayChange && <EditAgent key={etag} {...{ agent, etag, onDone }} />}
              {publishes && !mayChange && (
                <p class="quiet">
                  The record belongs to another publisher; only its owner or a key of the role admin may
                  change it.
                </p>
              )}
              <AgentActs {...{ agent, mayChange, onDone }} />
              {operates && <AgentReports did={agent.did} />}
            </>
          )}
        </Shown>
      )}
    </>
  )
}

async function loadAgent(api: Api, id: string, signal: AbortSignal): Promise<Answer<LoadedAgent>> {
  const path = `agents/${encodeURIComponent(id)}`
  const answer = await api.open('GET', path, { accept: 'application/json', signal })
  if (!answer.ok) return answer
  const agent: OwnAgent = await answer.value.json()
  const mayChange = /\bPUT\b/.test(answer.value.headers.get('allow') ?? '')
  return { ...answer, value: { agent, etag: answer.etag, mayChange } }
}

function Record({ agent }: { readonly agent: OwnAgent }): VNode {
  const { withheld } = agent
  return (
    <>
      <h1>
        <span class="label">Agent</span> <PeerName name={agent.name} />
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
  const shown = FACTS.map(({ name, of }) => ({ name, content: of(agent) }))
  return (
    <Section title="Record">
      <dl class="pairs">
        {shown
          .filter(({ content }) => content !== null)
          .map(({ name, content }) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{content}</dd>
            </Fragment>
          ))}
      </dl>
    </Section>
  )
}

type Fact = {
  readonly name: string
  /** Null where there is nothing to say. */
  readonly of: (agent: OwnAgent) => ComponentChildren
}

const FACTS: readonly Fact[] = [
  { name: 'DID', of: ({ did }) => <code>{did}</code> },
  { name: 'Claimed DID', of: ({ claimed_did: did }) => did && <code>{did}</code> },
  {
    name: 'Type',
    of: ({ agent_type: type, version }) =>
      version === null ? type : <bdi>{`${type}, version ${version}`}</bdi>,
  },
  {
    name: 'Status',
    of: ({ status, status_message: message }) => (
      <>
        <StatusMark status={status} /> {message !== null && <PeerText text={message} lines={2} />}
      </>
    ),
  },
  { name: 'Successor', of: ({ successor_did: did }) => did && <code>{did}</code> },
  { name: 'Seen by', of: ({ visibility }) => visibility },
  {
    name: 'Provider',
    of: ({ provider }) => (provider === null ? 'not told' : <ProviderName provider={provider} />),
  },
  {
    name: 'Endpoints',
    of: ({ endpoints }) => (endpoints.length === 0 ? 'none' : <Endpoints endpoints={endpoints} />),
  },
  {
    name: 'Tags',
    of: ({ tags }) =>
      tags.length === 0 ? (
        'none'
      ) : (
        <div class="row">
          {tags.map((tag) => (
            <Tag key={tag} tag={tag} />
          ))}
        </div>
      ),
  },
  {
    name: 'Skills',
    of: ({ skills }) =>
      skills.length === 0 ? 'none' : <PeerText text={skills.map(({ name }) => name).join('\n')} />,
  },
  {
    name: 'Card',
    of: ({ id, card_format: format }) =>
      format === null ? (
        'none'
      ) : (
        <SaveExport path={`agents/${encodeURIComponent(id)}/card`} name={`${id}.json`}>
          As it was published ({format})
        </SaveExport>
      ),
  },
  { name: 'Made', of: ({ created_at }) => <Time at={created_at} /> },
  { name: 'Changed', of: ({ updated_at }) => <Time at={updated_at} /> },
]

function Endpoints({ endpoints }: Pick<WireAgent, 'endpoints'>): VNode {
  return (
    <ul>
      {endpoints.map(({ url, protocol, binding }) => (
        <li key={`${url} ${protocol} ${binding}`}>
          <PeerLink url={url} /> <bdi class="quiet">{[protocol, binding].filter(Boolean).join(', ')}</bdi>
        </li>
      ))}
    </ul>
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
