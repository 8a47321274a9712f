/** The search: the field, who answers, what they have, and how to narrow it. */
import type { ComponentChildren, VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Api } from '../api/api.ts'
import { Button } from '../design/button.tsx'
import { ErrorState, Skeleton } from '../design/states.tsx'
import { progressInWords } from './account.ts'
import { type Facets, useFacets } from './facets.ts'
import { Filters } from './filters.tsx'
import { NoResults } from './no-results.tsx'
import { type Question, toggled } from './question.ts'
import { Registries } from './registries.tsx'
import { ResultList } from './result-list.tsx'
import { SearchForm } from './search-form.tsx'
import { isCursorLost } from './search-state.ts'
import { useKeys } from './use-keys.ts'
import type { Search } from './use-search.ts'
import { useWide } from './use-wide.ts'
import { WithoutFilters } from './without-filters.tsx'

export function SearchPage({
  api,
  ownName,
  search,
  question,
  isShown,
  onType,
  onSubmit,
  onChoose,
}: {
  readonly api: Api
  readonly ownName: string
  readonly search: Search
  /** As it is in the field, which may be ahead of what is asked. */
  readonly question: Question
  /** Another page may be in front of it. */
  readonly isShown: boolean
  readonly onType: (question: Question) => void
  readonly onSubmit: () => void
  readonly onChoose: (question: Question) => void
}): VNode {
  const field = useRef<HTMLInputElement>(null)
  const [hasKeys, setHasKeys] = useState(true)
  const { state } = search
  const { needsKeyForPeers } = state
  const facets = useFacets(api, {
    question: state.question,
    phase: state.phase,
    ownName,
    needsKeyForPeers,
  })
  useKeys(field, { isOn: hasKeys, isShown })
  useEffect(() => {
    if (isShown && window.scrollY === 0) field.current?.focus({ preventScroll: true })
  }, [])
  const toggleRegistry = (name: string): void =>
    onChoose({ ...question, registries: toggled(question.registries, name) })
  return (
    <>
      <SearchForm
        question={question}
        field={field}
        onInput={(text) => onType({ ...question, search: text })}
        onSubmit={onSubmit}
      />
      <div class="search-columns">
        <Aside title="Registries" summary={progressInWords(state)} area="registries">
          <Registries
            {...{ state, ownName, facets }}
            chosen={question.registries}
            onToggle={toggleRegistry}
          />
        </Aside>
        {canNarrow(question, facets) && (
          <Aside title="Narrow it down" summary={narrowedInWords(question)} area="filters">
            <Filters question={question} facets={facets} onChange={onChoose} />
          </Aside>
        )}
        <section class="search-results" aria-labelledby="results-title">
          <h2 id="results-title" class="visually-hidden">
            Results
          </h2>
          <Results search={search} onRetry={() => search.ask(state.question)} onChoose={onChoose} />
        </section>
      </div>
      <Keys areOn={hasKeys} onToggle={() => setHasKeys(!hasKeys)} />
    </>
  )
}

/** What the keys do. Single letters can be switched off (WCAG 2.2, 2.1.4). */
function Keys({ areOn, onToggle }: { readonly areOn: boolean; readonly onToggle: () => void }): VNode {
  return (
    <p class="keys quiet small">
      {areOn && (
        <>
          <kbd>/</kbd> to the field, <kbd>↓</kbd> or <kbd>j</kbd> and <kbd>k</kbd> along the results,{' '}
          <kbd>Enter</kbd> opens, <kbd>Esc</kbd> goes back.{' '}
        </>
      )}
      <Button kind="plain" onClick={onToggle}>
        {areOn ? 'Switch single keys off' : 'Switch single keys on'}
      </Button>
    </p>
  )
}

/** Open beside the results where there is room, else a line that opens. */
function Aside({
  title,
  summary,
  area,
  children,
}: {
  readonly title: string
  readonly summary: string
  readonly area: string
  readonly children: ComponentChildren
}): VNode {
  const isWide = useWide()
  const status = (
    <span class="aside-summary figures" role="status">
      {summary}
    </span>
  )
  if (isWide) {
    return (
      <section class={`aside aside-${area}`} aria-label={title}>
        <div class="aside-head">
          <h2>{title}</h2>
          {status}
        </div>
        {children}
      </section>
    )
  }
  return (
    <details class={`aside aside-${area}`}>
      <summary class="aside-head">
        <span class="aside-title">{title}</span>
        {status}
      </summary>
      {children}
    </details>
  )
}

/** Until the counts have come, and where there is something to choose or to take back. */
function canNarrow({ type, tags }: Question, facets: Facets | null): boolean {
  const isNarrowed = type !== null || tags.length > 0
  return isNarrowed || facets === null || facets.agent_type.length + facets.tags.length > 0
}

function narrowedInWords({ type, tags }: Question): string {
  const chosen = [...(type === null ? [] : [type]), ...tags]
  return chosen.length === 0 ? '' : chosen.join(', ')
}

function Results({
  search,
  onRetry,
  onChoose,
}: {
  readonly search: Search
  readonly onRetry: () => void
  readonly onChoose: (question: Question) => void
}): VNode {
  const { state } = search
  const { shown, phase, problem } = state
  // A further page fails where it would have been, and is asked for again there.
  const isOfMore = state.ending !== null
  const isLost = isCursorLost(state)
  const failure = problem !== null && (
    <ErrorState title={problem.title} sentence={problem.sentence} {...(!isOfMore && { onRetry })}>
      <p>{problem.status === 401 ? <a href="console">{problem.advice}</a> : problem.advice}</p>
      {!isOfMore && <WithoutFilters question={state.question} onChoose={onChoose} />}
      {isLost && <Button onClick={onRetry}>Begin this search again</Button>}
    </ErrorState>
  )
  return (
    <>
      {!isOfMore && failure}
      {state.ending?.warnings?.map((warning) => (
        <p key={warning} class="notice notice-stale">
          {warning}
        </p>
      ))}
      {shown.length > 0 && (
        <ResultList state={state} onTouch={search.touch} onShowWaiting={search.showWaiting} />
      )}
      {shown.length === 0 && (phase === 'asking' || phase === 'running') && (
        <Skeleton lines={9} label="Searching" />
      )}
      {shown.length === 0 && phase === 'done' && <NoResults state={state} onChoose={onChoose} />}
      {isOfMore && failure}
      {phase === 'done' && shown.length > 0 && !isLost && <More search={search} />}
    </>
  )
}

function More({ search }: { readonly search: Search }): VNode {
  const [isBusy, setIsBusy] = useState(false)
  const { ending, shown, waiting } = search.state
  const more = async (): Promise<void> => {
    setIsBusy(true)
    await search.more()
    setIsBusy(false)
  }
  if (typeof ending?.next_cursor !== 'string') {
    const count = shown.length + waiting.length
    return (
      <p class="more quiet small figures">
        {count === 1 ? 'That is the one result' : `Those are all ${count} results`} of who answered.
      </p>
    )
  }
  return (
    <div class="more">
      <Button isBusy={isBusy} onClick={() => void more()}>
        {isBusy ? 'Asking for more …' : 'More results'}
      </Button>
    </div>
  )
}
