/** The way out of a question that was narrowed too far, or by a registry that is no peer any more. */
import type { VNode } from 'preact'
import { Button } from '../design/button.tsx'
import { NO_QUESTION, type Question } from './question.ts'

/** Nothing where nothing is narrowed. */
export function WithoutFilters({
  question: { search, type, tags, registries },
  onChoose,
}: {
  readonly question: Question
  readonly onChoose: (question: Question) => void
}): VNode | null {
  if (type === null && tags.length === 0 && registries.length === 0) return null
  return (
    <Button onClick={() => onChoose({ ...NO_QUESTION, search })}>
      Search without type, tags and registries
    </Button>
  )
}
