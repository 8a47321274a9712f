/** The registries of a search: who was asked, what became of each, how many results in what time; each can be chosen. */
import type { VNode } from 'preact'
import { milliseconds } from '../design/durations.ts'
import { plainText } from '../design/foreign-text.ts'
import { lookOfOutcome } from '../design/looks.ts'
import { Mark } from '../design/mark.tsx'
import { useNow } from '../design/time.tsx'
import { completenessInWords, explanationOf, lineInWords, totalInWords } from './account.ts'
import { rangeInWords } from './counts.ts'
import type { Facets, Range } from './facets.ts'
import type { RegistryLine, SearchState } from './search-state.ts'

type Choosing = {
  readonly facets: Facets | null
  /** What is chosen now; what was asked follows it. */
  readonly chosen: readonly string[]
  readonly onToggle: (name: string) => void
}

export function Registries({
  state,
  ownName,
  facets,
  chosen,
  onToggle,
}: Choosing & { readonly state: SearchState; readonly ownName: string }): VNode {
  const { question, local, peers, phase } = state
  const isChosen = (name: string): boolean => chosen.includes(name)
  const rangeOf = (name: string): Range | undefined => facets?.registry.find((one) => one.name === name)
  const isOwnAsked = question.registries.length === 0 || question.registries.includes(ownName)
  return (
    <div class="registries">
      <ul class="registry-list">
        <li class="registry">
          <Choice name={ownName} isChosen={isChosen(ownName)} range={rangeOf(ownName)} onToggle={onToggle} />
          <OwnFigures local={local} />
          {isOwnAsked ? (
            <OwnMark isDone={local !== null} hasFailed={phase === 'failed'} />
          ) : (
            <Mark tone="off" shape="ring">
              not asked
            </Mark>
          )}
        </li>
        {peers.map((line) => (
          <li key={line.peer_id} class="registry">
            <Choice
              name={line.name}
              isChosen={isChosen(line.name)}
              range={rangeOf(line.name)}
              onToggle={onToggle}
            />
            <Figures line={line} />
            <PeerState line={line} isOver={phase === 'failed'} />
          </li>
        ))}
      </ul>
      <Total state={state} />
    </div>
  )
}

function Choice({
  name,
  isChosen,
  range,
  onToggle,
}: {
  readonly name: string
  readonly isChosen: boolean
  readonly range: Range | undefined
  readonly onToggle: (name: string) => void
}): VNode {
  return (
    <label
      class="registry-name"
      title={range === undefined ? undefined : `${rangeInWords(range)} match here`}
    >
      <input type="checkbox" checked={isChosen} onChange={() => onToggle(name)} />
      <bdi class="peer-name peer-name-cut lines-2">{plainText(name)}</bdi>
    </label>
  )
}

function OwnFigures({ local }: { readonly local: SearchState['local'] }): VNode {
  return (
    <span class="registry-figures figures">
      <span>{local === null ? '' : local.count}</span>
      <span class="quiet">{local === null ? '' : milliseconds(local.ms)}</span>
    </span>
  )
}

function OwnMark({ isDone, hasFailed }: { readonly isDone: boolean; readonly hasFailed: boolean }): VNode {
  if (hasFailed && !isDone) {
    return (
      <Mark tone="bad" shape="cross">
        no answer
      </Mark>
    )
  }
  const look = lookOfOutcome(isDone ? 'answered' : undefined)
  return (
    <Mark tone={look.tone} shape={look.shape}>
      {look.word}, this registry
    </Mark>
  )
}

function Figures({ line }: { readonly line: RegistryLine }): VNode {
  const { results, more, duration_ms } = line
  const hasResults = results !== undefined && (line.outcome === 'answered' || line.outcome === 'stale')
  return (
    <span class="registry-figures figures">
      <span>{hasResults ? `${results}${more === true ? '+' : ''}` : ''}</span>
      <span class="quiet">{duration_ms === undefined ? '' : milliseconds(duration_ms)}</span>
    </span>
  )
}

function PeerState({ line, isOver }: { readonly line: RegistryLine; readonly isOver: boolean }): VNode {
  const look = lookOfOutcome(line.outcome)
  const now = useNow(10_000)
  const explanation = explanationOf(line)
  const isSilent = line.outcome !== undefined && line.outcome !== 'answered'
  if (line.outcome === undefined && isOver) {
    return (
      <Mark tone="off" shape="ring">
        not waited for
      </Mark>
    )
  }
  return (
    <>
      <Mark tone={look.tone} shape={look.shape}>
        {look.word}
        {line.outcome === 'answered' && line.cache !== undefined && line.cache !== 'miss' && ' (kept)'}
      </Mark>
      {isSilent && (
        <p class="registry-why">
          It {lineInWords(line, now)}
          {explanation !== null && (
            <>
              {' '}
              <bdi class="quiet">{plainText(explanation)}</bdi>
            </>
          )}
        </p>
      )}
    </>
  )
}

/** The account as a whole, once it is one. */
function Total({ state }: { readonly state: SearchState }): VNode | null {
  const { ending, phase, needsKeyForPeers, peers } = state
  const now = useNow(10_000)
  if (needsKeyForPeers) {
    return (
      <p class="registries-total">
        Peers are searched here for those who have a key. <a href="console">Sign in</a> to search them, too.
      </p>
    )
  }
  const stats = ending?.federation_stats
  if (phase !== 'done' || stats === undefined) return null
  return (
    <div class="registries-total">
      <p>{totalInWords(stats)}</p>
      {peers.length > 0 && <p>{completenessInWords(stats)}</p>}
      {peers.length > 0 && (
        <details>
          <summary>Each peer in a sentence</summary>
          <ul class="account">
            {stats.peers.map((line) => (
              <li key={line.peer_id}>
                <bdi class="account-name">{plainText(line.name)}</bdi> {lineInWords(line, now)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}
