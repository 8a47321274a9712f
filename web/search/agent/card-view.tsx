/** An agent's card, as a list of what it says and as it was published. It is foreign from end to end: text, nothing else. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Code } from '../../design/copy-button.tsx'
import { plainText, webAddress } from '../../design/foreign-text.ts'
import { PeerLink, PeerText } from '../../design/peer-text.tsx'
import { ErrorState, Skeleton } from '../../design/states.tsx'
import { Tabs } from '../../design/tabs.tsx'
import type { FoundAgent, OwnCard } from './use-agent.ts'

/** Deeper than any honest card; what is deeper is shown as it is written. */
const DEEPEST = 8

export function CardView({ agent, card }: { readonly agent: FoundAgent; readonly card: OwnCard }): VNode {
  if (agent.card_url === null) return <p class="quiet">This record was made without a card.</p>
  if (agent.is_federated) {
    return (
      <div class="stack">
        <p>
          The card is kept by <bdi>{plainText(agent.registry_name)}</bdi>. This page asks its own registry
          only, so it is not shown here:
        </p>
        <PeerLink url={agent.card_url} />
      </div>
    )
  }
  return <Published card={card} />
}

function Published({ card }: { readonly card: OwnCard }): VNode {
  const [tab, setTab] = useState('read')
  if (card.kind === 'loading') return <Skeleton label="Loading the card" />
  if (card.kind === 'failed') {
    const { title, sentence } = card.problem
    return <ErrorState title={title} sentence={sentence} onRetry={card.refresh} />
  }
  const text = card.value ?? ''
  return (
    <Tabs
      label="Card"
      selected={tab}
      onSelect={setTab}
      tabs={[
        { id: 'read', title: 'Read', content: () => <Read text={text} /> },
        { id: 'raw', title: 'Raw', content: () => <Code title="The card as it was published" text={text} /> },
      ]}
    />
  )
}

function Read({ text }: { readonly text: string }): VNode {
  try {
    const value: unknown = JSON.parse(text)
    return <Value value={value} depth={0} />
  } catch {
    // Cards are checked when they are taken in; one that is no JSON is shown as text.
    return <PeerText text={text} lines={12} />
  }
}

function Value({ value, depth }: { readonly value: unknown; readonly depth: number }): VNode {
  if (typeof value === 'string') {
    return webAddress(value) === null ? <PeerText text={value} lines={6} /> : <PeerLink url={value} />
  }
  if (typeof value !== 'object' || value === null) return <code>{String(value)}</code>
  if (depth >= DEEPEST) return <PeerText text={JSON.stringify(value)} lines={6} />
  const entries = Object.entries(value)
  if (entries.length === 0) return <span class="quiet">nothing</span>
  if (Array.isArray(value)) {
    return (
      <ol class="card-list">
        {value.map((one: unknown, at) => (
          <li key={at}>
            <Value value={one} depth={depth + 1} />
          </li>
        ))}
      </ol>
    )
  }
  return (
    <dl class="pairs">
      {entries.map(([name, one]) => [
        <dt key={`${name}:`}>
          <bdi>{plainText(name)}</bdi>
        </dt>,
        <dd key={name}>
          <Value value={one} depth={depth + 1} />
        </dd>,
      ])}
    </dl>
  )
}
