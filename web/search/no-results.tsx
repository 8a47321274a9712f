/** No results: why that may be, and what to do. */
import type { VNode } from 'preact'
import { EmptyState } from '../design/states.tsx'
import { isWhole } from './account.ts'
import { type Question, questionKey } from './question.ts'
import type { SearchState } from './search-state.ts'
import { WithoutFilters } from './without-filters.tsx'

export function NoResults({
  state,
  onChoose,
}: {
  readonly state: SearchState
  readonly onChoose: (question: Question) => void
}): VNode {
  const { question, ending } = state
  const stats = ending?.federation_stats
  const hasHeardAll = stats === undefined || isWhole(stats)
  if (questionKey(question) === '' && hasHeardAll) {
    return (
      <EmptyState title="There are no agents here yet.">
        <p>
          Whoever operates this registry can register some, or invite other registries as peers, in the{' '}
          <a href="console">console</a>.
        </p>
      </EmptyState>
    )
  }
  return (
    <EmptyState title="No agent matches.">
      <p>
        {hasHeardAll
          ? 'Everyone who was asked has answered. Fewer or other words may find more.'
          : 'Nobody who answered has one, but not all did: see who under Registries.'}
      </p>
      <WithoutFilters question={question} onChoose={onChoose} />
    </EmptyState>
  )
}
