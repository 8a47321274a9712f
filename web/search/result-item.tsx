/** One result: what it is, whose record it is, how old, how far it can be trusted, and where else it is. */
import type { VNode } from 'preact'
import type { WireDiscoveredAgent } from '../../src/wire/discovery.ts'
import { plainText } from '../design/foreign-text.ts'
import { Mark } from '../design/mark.tsx'
import { Caution, PeerExcerpt } from '../design/peer-text.tsx'
import { copyKey } from './agent/copies.ts'
import { cautionOf, freshnessOf, statusLook, verificationOf } from './result-facts.ts'

const MOST_TAGS = 8

export function ResultItem({
  agent,
  href,
}: {
  readonly agent: WireDiscoveredAgent
  /** Where all of the record is. */
  readonly href: string
}): VNode {
  const status = statusLook(agent.status)
  const caution = cautionOf(agent.provenance)
  return (
    <article class="result">
      <div class="result-head">
        <a class="result-name" href={href}>
          <bdi class="peer-name peer-name-cut lines-2">{plainText(agent.name)}</bdi>
        </a>
        {status !== null && (
          <Mark tone={status.tone} shape={status.shape}>
            {status.word}
          </Mark>
        )}
        <span class="result-type">
          <bdi>{plainText(agent.agent_type)}</bdi>
          {agent.version !== null && <bdi class="quiet"> {plainText(agent.version)}</bdi>}
        </span>
      </div>
      {caution !== null && <Caution>{caution}</Caution>}
      {agent.description !== '' && <PeerExcerpt text={agent.description} />}
      <Origin agent={agent} />
      {agent.tags.length > 0 && <Tags tags={agent.tags} />}
    </article>
  )
}

function Origin({ agent }: { readonly agent: WireDiscoveredAgent }): VNode {
  const freshness = freshnessOf(agent)
  const verification = verificationOf(agent.provenance)
  return (
    <ul class="result-facts">
      <li>
        <span class="visually-hidden">Registry: </span>
        <bdi class="result-origin">{plainText(agent.registry_name)}</bdi>
      </li>
      <li>
        <Mark tone={freshness.tone} shape={freshness.shape}>
          {freshness.word}
        </Mark>
      </li>
      <li title={verification.explained}>{verification.word}</li>
      {agent.also_in.length > 0 && (
        <li>
          also in{' '}
          {agent.also_in.map((copy, at) => (
            <span key={copyKey(copy)}>
              {at > 0 && ', '}
              <bdi>{plainText(copy.registry_name)}</bdi>
            </span>
          ))}
        </li>
      )}
    </ul>
  )
}

export function Tags({
  tags,
  most = MOST_TAGS,
}: {
  readonly tags: readonly string[]
  readonly most?: number
}): VNode {
  return (
    <ul class="tags" aria-label="Tags">
      {tags.slice(0, most).map((tag) => (
        <li key={tag} class="tag">
          <bdi>{plainText(tag)}</bdi>
        </li>
      ))}
      {tags.length > most && <li class="quiet small">and {tags.length - most} more</li>}
    </ul>
  )
}
