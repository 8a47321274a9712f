/** What a search is narrowed to: a type, tags; with how many agents each would leave. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { plainText } from '../design/foreign-text.ts'
import { type Option, optionsOf, rangeInFigures, rangeInWords } from './counts.ts'
import type { Facets } from './facets.ts'
import { type Question, toggled } from './question.ts'

const FEW = 8

export function Filters({
  question,
  facets,
  onChange,
}: {
  readonly question: Question
  readonly facets: Facets | null
  readonly onChange: (question: Question) => void
}): VNode {
  const { type, tags } = question
  return (
    <div class="filters">
      <FilterGroup
        title="Type"
        options={optionsOf(facets?.agent_type ?? [], type === null ? [] : [type])}
        onToggle={(value) => onChange({ ...question, type: value === type ? null : value })}
      />
      <FilterGroup
        title="Tags"
        options={optionsOf(facets?.tags ?? [], tags)}
        onToggle={(value) => onChange({ ...question, tags: toggled(tags, value) })}
      />
    </div>
  )
}

function FilterGroup({
  title,
  options,
  onToggle,
}: {
  readonly title: string
  readonly options: readonly Option[]
  readonly onToggle: (value: string) => void
}): VNode | null {
  const [isLong, setIsLong] = useState(false)
  if (options.length === 0) return null
  const shown = isLong ? options : options.slice(0, FEW)
  return (
    <fieldset class="filter">
      <legend class="label">{title}</legend>
      <ul>
        {shown.map(({ value, range, isChosen }) => (
          <li key={value}>
            <button
              type="button"
              class="filter-option"
              aria-pressed={isChosen}
              onClick={() => onToggle(value)}
            >
              <bdi class="filter-value">{plainText(value)}</bdi>
              {range !== null && (
                <span class="figures quiet">
                  <span aria-hidden="true">{rangeInFigures(range)}</span>
                  <span class="visually-hidden">{rangeInWords(range)}</span>
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
      {options.length > FEW && (
        <button
          type="button"
          class="button button-plain"
          aria-expanded={isLong}
          onClick={() => setIsLong(!isLong)}
        >
          {isLong ? 'Fewer' : `${options.length - FEW} more`}
        </button>
      )}
    </fieldset>
  )
}
