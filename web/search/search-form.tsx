/** The field, on a form that works without script, too: then `plain` answers it. */
import type { Ref, VNode } from 'preact'
import { LONGEST_SEARCH, type Question } from './question.ts'

export function SearchForm({
  question,
  field,
  onInput,
  onSubmit,
}: {
  readonly question: Question
  readonly field: Ref<HTMLInputElement>
  readonly onInput: (search: string) => void
  readonly onSubmit: () => void
}): VNode {
  const submit = (event: Event): void => {
    event.preventDefault()
    onSubmit()
  }
  return (
    <search>
      <form class="search-form" action="plain" method="get" onSubmit={submit}>
        <label class="label" for="search">
          Search for agents, here and at every registry this one trusts
        </label>
        <div class="search-line">
          <input
            id="search"
            class="search-field"
            type="search"
            name="search"
            placeholder="What should it do?"
            value={question.search}
            maxLength={LONGEST_SEARCH}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            enterkeyhint="search"
            ref={field}
            onInput={({ currentTarget }) => onInput(currentTarget.value)}
          />
          <button type="submit" class="button button-main">
            Search
          </button>
        </div>
        {question.type !== null && <input type="hidden" name="type" value={question.type} />}
        {question.tags.map((tag) => (
          <input key={tag} type="hidden" name="tag" value={tag} />
        ))}
        {question.registries.map((registry) => (
          <input key={registry} type="hidden" name="registry" value={registry} />
        ))}
      </form>
    </search>
  )
}
