/** An agent: what its record says, where that comes from, how far to trust it, and how to use it. */
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import type { WireDiscoveredAgent } from '../../../src/wire/discovery.ts'
import type { Answer, Api } from '../../api/api.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { Code } from '../../design/copy-button.tsx'
import { plainText } from '../../design/foreign-text.ts'
import { Mark } from '../../design/mark.tsx'
import { Caution, PeerText } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { ErrorState, Skeleton } from '../../design/states.tsx'
import { agentAddress, cautionOf, statusLook } from '../result-facts.ts'
import { CardView } from './card-view.tsx'
import { Copies } from './copies-view.tsx'
import { packageSnippets } from './package-snippets.ts'
import { Provenance } from './provenance.tsx'
import { RecordView } from './record-view.tsx'
import { serverName, snippetsOf } from './snippets.ts'
import {
  type FoundAgent,
  findAgent,
  type LoadedCopy,
  type OwnCard,
  useCopies,
  useOwnCard,
} from './use-agent.ts'

export function AgentPage({
  api,
  did,
  ownName,
  results,
  onBack,
}: {
  readonly api: Api
  readonly did: string
  readonly ownName: string
  /** What the search behind this page has found. */
  readonly results: ReadonlyMap<string, WireDiscoveredAgent>
  readonly onBack: () => void
}): VNode {
  const found = useLoaded((signal) => findAgent(api, did, signal), { key: did })
  const agent = found.kind === 'ready' ? found.value : null
  const copies = useCopies(api, agent, results.values())
  useEffect(() => {
    document.title = `${agent === null ? 'Agent' : plainText(agent.name)} · ${ownName}`
  }, [agent, ownName])
  useWayOut(onBack)

  return (
    <>
      <p class="agent-back">
        <Button kind="plain" onClick={onBack}>
          ← Back
        </Button>
      </p>
      {found.kind === 'loading' && <Skeleton label="Looking for the agent" lines={9} />}
      {found.kind === 'failed' && (
        <>
          <h1>Agent</h1>
          <ErrorState title={found.problem.title} sentence={found.problem.sentence} onRetry={found.refresh}>
            <p>{found.problem.advice}</p>
          </ErrorState>
        </>
      )}
      {agent !== null && <Agent api={api} agent={agent} copies={copies} ownName={ownName} />}
    </>
  )
}

/** The page begins at its top for who hears it, and Escape leads back. */
function useWayOut(onBack: () => void): void {
  useEffect(() => {
    document.getElementById('main')?.focus({ preventScroll: true })
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select')
      if (event.key === 'Escape' && !isTyping && !event.defaultPrevented) onBack()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}

function Agent({
  api,
  agent,
  copies,
  ownName,
}: {
  readonly api: Api
  readonly agent: FoundAgent
  readonly copies: Answer<readonly LoadedCopy[]> | null
  readonly ownName: string
}): VNode {
  const card = useOwnCard(api, agent)
  return (
    <article class="agent">
      <Head agent={agent} />
      <div class="agent-columns">
        <div>
          <Section title="How to use it">
            <Usage agent={agent} card={card} />
          </Section>
          <Section title="What it can do">
            <Skills agent={agent} />
          </Section>
          <Section title="Card">
            <CardView agent={agent} card={card} />
          </Section>
        </div>
        <div>
          <Section title="Where this comes from">
            <Provenance agent={agent} ownName={ownName} />
          </Section>
          <Section title="The record">
            <RecordView agent={agent} />
          </Section>
        </div>
      </div>
      <Section title="In other registries">
        <Copies agent={agent} copies={copies} />
      </Section>
    </article>
  )
}

function Head({ agent }: { readonly agent: FoundAgent }): VNode {
  const status = statusLook(agent.status)
  const caution = cautionOf(agent.provenance)
  return (
    <header class="agent-head">
      <h1>
        <span class="label agent-of">
          Agent of <bdi>{plainText(agent.registry_name)}</bdi>
        </span>{' '}
        <bdi class="peer-name peer-name-cut lines-3">{plainText(agent.name)}</bdi>
      </h1>
      {caution !== null && <Caution>{caution}</Caution>}
      {status !== null && (
        <div class="notice notice-stale">
          <Mark tone={status.tone} shape={status.shape}>
            This agent is {status.word}.
          </Mark>
          {agent.status_message !== null && <PeerText text={agent.status_message} />}
          {agent.successor_did !== null && (
            <p>
              Its record names a successor:{' '}
              <a href={agentAddress(agent.successor_did)}>{agent.successor_did}</a>
            </p>
          )}
        </div>
      )}
      {agent.description !== '' && <PeerText text={agent.description} lines={6} />}
    </header>
  )
}

function Usage({ agent, card }: { readonly agent: FoundAgent; readonly card: OwnCard }): VNode {
  // What of the card cannot be had is told where the card is shown.
  const text = agent.card_format === 'mcp-server' && card.kind === 'ready' ? (card.value ?? '') : ''
  const snippets = [...snippetsOf(agent), ...packageSnippets(serverName(agent.name), text)]
  if (snippets.length === 0) {
    return (
      <p class="quiet">
        The record names no address that an A2A, MCP or HTTP client could be set up with. Its endpoints, if it
        has any, are in the record.
      </p>
    )
  }
  return (
    <div class="stack">
      {snippets.map(({ title, text, note }) => (
        <div key={title + text} class="snippet">
          <Code title={title} text={text} />
          {note !== null && <p class="quiet small">{plainText(note)}</p>}
        </div>
      ))}
      <p class="quiet small">Made from the record alone. Nobody has tried whether the agent answers there.</p>
    </div>
  )
}

function Skills({ agent }: { readonly agent: FoundAgent }): VNode {
  if (agent.skills.length === 0) return <p class="quiet">The record names no skills.</p>
  return (
    <ul class="skills">
      {agent.skills.map(({ id, name, description }) => (
        <li key={id} class="skill">
          <bdi class="peer-name skill-name">{plainText(name)}</bdi>
          {description !== '' && <PeerText text={description} lines={2} />}
        </li>
      ))}
    </ul>
  )
}
